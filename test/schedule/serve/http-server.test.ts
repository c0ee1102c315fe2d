import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type HttpPlace, serveHttp } from '../../../src/schedule/serve/http-server.js';
import { Pages } from '../../../src/schedule/serve/pages.js';
import { prometheusSamples, promtoolComplaints } from '../../formats/validators.js';
import { folderWith } from '../../support/cli.js';
import { brokenReport, hostileReport } from '../../support/reports.js';
import { clusterWith, configWith, MadeUpDaemon, MINUTE } from './made-up-daemon.js';

const places: HttpPlace[] = [];
afterEach(async () => {
  for (const place of places.splice(0)) await place.close();
});

async function served({ token, address = '127.0.0.1' }: { token?: string; address?: string } = {}) {
  const clusters = ['prod', 'a.b-c_d'].map((name) => clusterWith({ name }));
  const made = new MadeUpDaemon(configWith({ clusters }));
  made.sees = (name) => (name === 'prod' ? brokenReport() : 'dies');
  await made.time.pass(6 * MINUTE);
  const pages = new Pages(made.daemon, { stateFolder: folderWith({}), now: () => made.time.now() });
  const place = await serveHttp(
    { address, port: 0, token },
    { page: (path) => pages.at(path), token: () => token, log: () => {} },
  );
  places.push(place);
  return { made, ...place };
}

interface Got {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

describe('pages', () => {
  test('index, a cluster, its report, metrics, health', async () => {
    const { port } = await served();
    const index = await get(port, '/');
    expect(index.body).toContain('<a href="/clusters/prod">prod</a>');
    expect(index.body).toContain('Check failed to run');
    expect(index.body).toContain('Faults found');
    expect((await get(port, '/clusters/prod?x=1')).body).toContain('node1, node2, node3: all publish 10.0.2.15');
    expect(JSON.parse((await get(port, '/clusters/prod/report.json')).body)).toEqual(brokenReport());
    expect((await get(port, '/healthz')).body).toBe('ok\n');
    const head = await get(port, '/', {}, 'HEAD');
    expect([head.status, head.body, head.headers['content-length']]).toEqual([
      200,
      '',
      `${Buffer.byteLength(index.body)}`,
    ]);
  });

  test('metrics say what happened, in the format of Prometheus', async () => {
    const { port } = await served();
    const { body } = await get(port, '/metrics');
    const of = (name: string) =>
      prometheusSamples(body)
        .filter((sample) => sample.name === `fix_flannel_serve_${name}`)
        .map(({ labels, value }) => [...Object.values(labels), Number(value)]);
    expect(of('checks_total')).toEqual([
      ['prod', 2],
      ['a.b-c_d', 2],
    ]);
    expect(of('check_failures_total')).toEqual([
      ['prod', 0],
      ['a.b-c_d', 2],
    ]);
    expect(of('findings')).toEqual([
      ['prod', 'error', 2],
      ['prod', 'warn', 0],
    ]);
    expect(of('last_exit_status')).toEqual([['prod', 2]]);
    expect(of('alive')).toEqual([[1]]);
    expect(promtoolComplaints(body)).toBe('');
  });

  test('overdue: health says so', async () => {
    const { made, port } = await served();
    made.time.jump(60 * MINUTE);
    const { status, body } = await get(port, '/healthz');
    expect([status, body]).toEqual([503, 'the schedule stands still\n']);
  });

  test('hostile text of a report is text in the index', async () => {
    const { made, port } = await served();
    made.sees = () => hostileReport('<script>alert(1)</script>');
    await made.time.pass(5 * MINUTE);
    const { body } = await get(port, '/');
    expect(body).toContain('&lt;script&gt;alert(1)');
    expect(body).not.toContain('<script');
  });
});

describe('what is refused', () => {
  test.each([
    ['/clusters/../../etc/passwd', 404],
    ['/clusters/..%2f..%2fetc%2fpasswd', 404],
    ['/clusters/%00', 404],
    ['/clusters/prod/../prod', 404],
    ['/clusters/__proto__', 404],
    ['/clusters/constructor/report.json', 404],
    ['/clusters/a.b-c_d', 404],
    ['//etc/passwd', 404],
    ['/clusters/prod/latest.json', 404],
    [`/${'x'.repeat(2000)}`, 414],
  ])('%s', async (path, status) => {
    const { port } = await served();
    const got = await get(port, path);
    expect(got.status).toBe(status);
    expect(got.body.length).toBeLessThan(100);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('%s', async (method) => {
    const { port } = await served();
    const got = await get(port, '/', {}, method);
    expect([got.status, got.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  test.each([
    ['evil.test', 421],
    ['evil.test:9844', 421],
    ['127.0.0.1.evil.test', 421],
    ['localhost.evil.test', 421],
    ['10.0.0.1', 421],
    ['localhost', 200],
    ['LOCALHOST:1', 200],
    ['127.0.0.1:9844', 200],
    ['[::1]:9844', 200],
  ])("a stranger's name for this machine, %s: %i", async (host, status) => {
    const { port } = await served();
    expect((await get(port, '/', { host })).status).toBe(status);
  });

  const TOKEN = 'a-token-of-32-characters-or-more';
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
  test.each([
    ['no token', '', 401],
    ['another one', 'Bearer another-token-of-32-characters', 401],
    ['the first half', `Bearer ${TOKEN.slice(0, 16)}`, 401],
    ['more than it', `Bearer ${TOKEN}x`, 401],
    ['another way', `Digest ${TOKEN}`, 401],
    ['no password', basic('ann'), 401],
    ['the token as the user', basic(`${TOKEN}:`), 401],
    ['the token', `Bearer ${TOKEN}`, 200],
    ["a browser's password", basic(`ann:${TOKEN}`), 200],
  ])('%s', async (_, authorization, status) => {
    const { port } = await served({ token: TOKEN });
    const headers: Record<string, string> = authorization === '' ? {} : { authorization };
    for (const path of ['/', '/clusters/prod', '/clusters/prod/report.json', '/metrics']) {
      const got = await get(port, path, headers);
      expect([path, got.status]).toEqual([path, status]);
      if (status === 401) expect(got.body).toBe('A token is needed.\n');
    }
    expect((await get(port, '/healthz')).status).toBe(200);
  });

  test('where others can reach it, any name does, as the token decides', async () => {
    const { port } = await served({ token: TOKEN, address: '0.0.0.0' });
    expect((await get(port, '/', { host: 'flannel.test', authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    expect((await get(port, '/', { host: 'flannel.test' })).status).toBe(401);
  });

  test('headers over 8 KB', async () => {
    const { port } = await served();
    expect((await get(port, '/', { 'x-long': 'x'.repeat(9000) })).status).toBe(431);
  });

  test('a request that is none', async () => {
    const { port } = await served();
    const said = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write('\u0000\u0001nonsense\r\n\r\n'));
      socket.on('data', (part) => {
        text += part;
      });
      socket.on('close', () => resolve(text));
    });
    expect(said).toContain('400 Bad Request');
    expect((await get(port, '/healthz')).status).toBe(200);
  });

  test('a port that is taken', async () => {
    const { port } = await served();
    const again = serveHttp(
      { address: '127.0.0.1', port, token: undefined },
      {
        page: async () => {
          throw new Error();
        },
        token: () => undefined,
        log: () => {},
      },
    );
    await expect(again).rejects.toThrow(`cannot listen on 127.0.0.1, port ${port}`);
  });
});

test('every answer tells a browser to be careful', async () => {
  const { port } = await served();
  for (const path of ['/', '/clusters/prod', '/nothing', '/metrics']) {
    const { headers } = await get(port, path);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  }
});
