import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { etcdHealth } from '../../src/etcd/health.js';
import type { RegistrySpec, Tunnel } from '../../src/flannel/registry.js';
import {
  blackHole,
  channelOver,
  connected,
  makeWorld,
  PREFIX,
  STORES,
  type World,
} from '../contract/registry-world.js';
import { slowness } from '../support/cpu.js';
import { freePorts, type RunningEtcd, startEtcd } from '../support/etcd.js';

const DAY_MS = 86_400_000;

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world?.end());

const specOf = (more: Partial<RegistrySpec> = {}): RegistrySpec => ({ ...world.spec, store: 'v2', ...more });

describe('a member with TLS', () => {
  test('is healthy: version, certificates, both stores', async () => {
    const health = await etcdHealth(specOf());
    expect(health).toMatchObject({
      members: [
        { endpoint: world.etcd.endpoints[0], state: 'healthy', version: expect.stringMatching(/^3\.\d+\.\d+$/) },
      ],
      quorum: true,
      v2: 'on',
    });
    expect(health.members[0]?.why).toBeUndefined();
    for (const end of [health.clientCertificateEnds, health.members[0]?.certificateEnds]) {
      expect((end as number) - Date.now()).toBeGreaterThan(28 * DAY_MS);
      expect((end as number) - Date.now()).toBeLessThan(31 * DAY_MS);
    }
  });

  test('that shows an expired certificate is not believed, and its end is told', async () => {
    const other = await startEtcd({ pki: world.pki, serverCertificate: 'expired' });
    const health = await etcdHealth(specOf({ endpoints: other.endpoints }));
    await other.stop();
    expect(health).toMatchObject({
      members: [{ state: 'unreachable', why: expect.stringContaining('its certificate expired on') }],
      quorum: false,
      v2: 'unknown',
    });
    expect(health.members[0]?.certificateEnds).toBeLessThan(Date.now());
  });

  test.each([
    {
      about: 'our certificate has expired',
      tls: () => ({ ca: world.pki.ca, ...world.pki.expired }),
      says: /client certificate expired on/,
    },
    { about: 'its CA is another one', tls: () => ({ ca: world.pki.otherCa, ...world.pki.client }), says: /unknown CA/ },
  ])('where $about', async ({ tls, says }) => {
    const health = await etcdHealth(specOf({ tls: tls() }));
    expect(health).toMatchObject({
      members: [{ state: 'unreachable', why: expect.stringMatching(says) }],
      quorum: false,
    });
    expect(JSON.stringify(health)).not.toMatch(/BEGIN|PRIVATE/);
  });

  test('asked without TLS is none that can be used', async () => {
    const endpoints = world.etcd.endpoints.map((text) => text.replace('https:', 'http:'));
    const { members, quorum } = await etcdHealth(specOf({ endpoints }));
    expect(members).toMatchObject([
      { state: 'unreachable', why: expect.stringMatching(/it speaks TLS|closed by the other side/) },
    ]);
    expect(quorum).toBe(false);
  });

  test('is reached through a tunnel, and every stream of it is closed', async () => {
    const sockets: Socket[] = [];
    const tunnel: Tunnel = async (host, port) => {
      const socket = await connected(host, port);
      sockets.push(socket);
      return channelOver(socket);
    };
    expect(await etcdHealth(specOf(), tunnel)).toMatchObject({ quorum: true, v2: 'on' });
    expect(sockets).toHaveLength(1);
    await vi.waitFor(() => expect(sockets.every(({ destroyed }) => destroyed)).toBe(true), 5000);
  });
});

describe('an etcd without TLS and without the v2 store', () => {
  let plain: RunningEtcd;
  beforeAll(async () => {
    plain = await startEtcd({ v2: false });
  });
  afterAll(() => plain?.stop());

  test.each(STORES)('asked for $store is healthy, has quorum, and v2 is off', async ({ store }) => {
    const spec = { store, endpoints: plain.endpoints, prefix: PREFIX, tls: undefined, deadlineMs: 5000 };
    expect(await etcdHealth(spec)).toEqual({
      members: [
        {
          endpoint: plain.endpoints[0],
          state: 'healthy',
          why: undefined,
          version: expect.any(String),
          certificateEnds: undefined,
        },
      ],
      quorum: true,
      clientCertificateEnds: undefined,
      v2: 'off',
    });
  });
});

describe('a cluster of three', () => {
  let three: RunningEtcd;
  beforeAll(async () => {
    three = await startEtcd({ members: 3 });
  });
  afterAll(() => three?.stop());
  const spec = (store: RegistrySpec['store'], deadlineMs = 4000) => ({
    store,
    endpoints: three.endpoints,
    prefix: PREFIX,
    tls: undefined,
    deadlineMs,
  });
  const states = ({ members }: Awaited<ReturnType<typeof etcdHealth>>) => members.map(({ state }) => state);

  test('all up, then one down, then no quorum', async () => {
    const all = await etcdHealth(spec('v2'));
    expect([states(all), all.quorum]).toEqual([['healthy', 'healthy', 'healthy'], true]);

    await three.kill(0);
    await vi.waitFor(
      async () => {
        const one = await etcdHealth(spec('v2'));
        expect([states(one), one.quorum]).toEqual([['unreachable', 'healthy', 'healthy'], true]);
        expect(one.members[0]?.why).toBe('connection refused');
      },
      { timeout: 15_000, interval: 300 },
    );

    await three.kill(1);
    const both = await Promise.all((['v2', 'v3'] as const).map((store) => etcdHealth(spec(store, 5000))));
    for (const none of both) {
      expect([states(none), none.quorum, none.v2]).toEqual([['unreachable', 'unreachable', 'unhealthy'], false, 'on']);
      expect(none.members[2]?.version).toMatch(/^3\./);
    }
  }, 60_000);
});

describe('what is no member', () => {
  const asked = (endpoints: readonly string[], deadlineMs = 3000): RegistrySpec => ({
    store: 'v2',
    endpoints,
    prefix: PREFIX,
    tls: undefined,
    deadlineMs,
  });

  test('a wrong port, a name that is none, and no URL are told beside a good one', async () => {
    const [port] = await freePorts(1);
    const plain = await startEtcd();
    const endpoints = [
      `http://127.0.0.1:${port}`,
      'http://no-such-host.invalid:2379',
      'ftp://user:word@x',
      '',
      plain.endpoints[0] as string,
    ];
    const health = await etcdHealth(asked(endpoints));
    await plain.stop();
    expect(health.members.map(({ state, why }) => [state, why])).toEqual([
      ['unreachable', 'connection refused'],
      ['unreachable', expect.stringContaining('the name does not resolve')],
      ['unreachable', expect.stringContaining('is not an etcd endpoint')],
      ['healthy', undefined],
    ]);
    expect(JSON.stringify(health)).not.toContain('word');
    expect(health.quorum).toBe(true);
  });

  test('no endpoints at all is an answer too', async () => {
    expect(await etcdHealth(asked([]))).toEqual({
      members: [],
      quorum: false,
      clientCertificateEnds: undefined,
      v2: 'unknown',
    });
  });

  test.concurrent.each(['http', 'https'])(
    'a black hole behind %s holds up the others for one deadline',
    async (scheme) => {
      const hole = await blackHole();
      const endpoints = [`${scheme}://127.0.0.1:${hole.port}`, ...world.etcd.endpoints];
      const started = Date.now();
      const health = await etcdHealth(specOf({ endpoints, deadlineMs: 2500 }));
      const ms = Date.now() - started;
      await hole.close();
      expect(health.members.map(({ state }) => state)).toEqual(['unreachable', 'healthy']);
      expect(health.members[0]?.why).toMatch(
        scheme === 'http' ? /no answer within 2500 ms/ : /no TLS handshake within/,
      );
      expect(ms).toBeGreaterThanOrEqual(2400);
      expect(ms).toBeLessThan(2500 + 2500 * slowness());
    },
  );

  test.each<{
    about: string;
    answers: (path: string) => [number, string];
    member: object;
    quorum?: boolean;
    v2?: string;
  }>([
    {
      about: 'another web server',
      answers: () => [404, '404 page not found\n'],
      member: { state: 'unreachable', why: expect.stringContaining("none of etcd's") },
    },
    {
      about: 'an endless answer',
      answers: () => [200, 'x'.repeat(200_000)],
      member: { state: 'unreachable', why: expect.stringContaining('larger than 64 KB') },
    },
    {
      about: 'a member with an alarm, which reads all the same',
      answers: (path) =>
        path === '/version'
          ? [200, '{"etcdserver":"3.5.9","etcdcluster":"3.5.0"}']
          : path === '/health'
            ? [503, '{"health":"false","reason":"ALARM NOSPACE\\u001b[2J"}']
            : [200, '{"action":"get","node":{"key":"/x","value":"{\\"Network\\":\\"10.1.0.0/16\\"}"}}'],
      member: {
        state: 'unhealthy',
        version: '3.5.9',
        why: 'it says of itself that it is not healthy: ALARM NOSPACE\\x1b[2J',
      },
      quorum: true,
      v2: 'on',
    },
    {
      about: 'a member that asks for a user',
      answers: (path) =>
        path === '/version'
          ? [200, '{"etcdserver":"2.3.7"}']
          : path === '/health'
            ? [200, '{"health": "true"}']
            : [401, '{"message":"Insufficient credentials"}'],
      member: { state: 'healthy', version: '2.3.7' },
      quorum: true,
      v2: 'on',
    },
  ])('$about', async ({ answers, member, quorum = false, v2 = 'unknown' }) => {
    const server = createServer((asking, answer) => {
      const [status, text] = answers(asking.url ?? '');
      answer.writeHead(status).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const health = await etcdHealth(asked([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(health).toMatchObject({ members: [member], quorum, v2 });
  });
});
