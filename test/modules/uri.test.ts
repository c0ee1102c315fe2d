import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { runModule } from '../support/run-module.js';
import { SHELLS_IN_TURN } from '../support/taking-turns.js';

/** Answers with what it was asked; `/old` leads to `/new`. */
const SERVER = `require('node:http').createServer((ask, answer) => {
  let body = '';
  ask.on('data', (piece) => { body += piece; }).on('end', () => {
    if (ask.url === '/old') return answer.writeHead(302, { location: '/new' }).end();
    if (ask.url === '/login' && !ask.headers.authorization) {
      return answer.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    }
    answer.setHeader('Set-Cookie', 'a=1; Path=/');
    answer.setHeader('Content-Type', 'application/json');
    answer.end(JSON.stringify({ method: ask.method, url: ask.url, headers: ask.headers, body }));
  });
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

let server: ChildProcess;
let at: string;
let dir: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'uri-'));
  server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise((resolve) => server.stdout?.once('data', (bytes) => resolve(String(bytes).trim())));
  at = `http://127.0.0.1:${port}`;
});
afterAll(() => {
  server.kill();
  rmSync(dir, { recursive: true, force: true });
});

describe.each(SHELLS_IN_TURN)('under $shell', ({ argv, env, turn }) => {
  const uri = (args: object) => runModule('uri', args, { argv, env, cwd: dir }).result;

  turn('an answer, its headers, its JSON', () => {
    const result = uri({
      url: `${at}/x?a=[1]`,
      return_content: true,
      headers: { 'X-Quoted': 'a "b" \\c $(id) \'d\'' },
    });
    expect(result).toMatchObject({
      status: 200,
      changed: false,
      failed: false,
      redirected: false,
      content_type: 'application/json',
      cookies: { a: '1' },
      json: { url: '/x?a=[1]', headers: { 'x-quoted': 'a "b" \\c $(id) \'d\'', 'user-agent': 'ansible-httpget' } },
    });
    expect(JSON.parse(String(result.content))).toEqual(result.json);
  });

  turn.each([
    { args: { body: { a: ['é', 1] }, body_format: 'json' }, sent: '{"a":["é",1]}', type: 'application/json' },
    {
      args: { body: { a: 'b c', d: [1, 2] }, body_format: 'form-urlencoded' },
      sent: 'a=b+c&d=1&d=2',
      type: 'application/x-www-form-urlencoded',
    },
    { args: { body: '@/etc/passwd' }, sent: '@/etc/passwd', type: 'application/x-www-form-urlencoded' },
    { args: { body: 'two\nlines\\n"\t' }, sent: 'two\nlines\\n"\t', type: 'application/x-www-form-urlencoded' },
  ])('the body $sent', ({ args, sent, type }) => {
    const { json } = uri({ url: at, method: 'POST', ...args });
    expect(json).toMatchObject({ method: 'POST', body: sent, headers: { 'content-type': type } });
  });

  turn('a redirect is followed, or not', () => {
    expect(uri({ url: `${at}/old` })).toMatchObject({ status: 200, redirected: true, url: `${at}/new` });
    expect(uri({ url: `${at}/old`, follow_redirects: 'none', status_code: [302] })).toMatchObject({
      status: 302,
      failed: false,
      location: '/new',
    });
    expect(uri({ url: `${at}/old`, method: 'POST' })).toMatchObject({ status: 302, failed: true });
  });

  turn('a password, asked for or at once; other methods', () => {
    const login = { url: `${at}/login`, url_username: 'ada', url_password: 'x"y' };
    const authorization = `Basic ${Buffer.from('ada:x"y').toString('base64')}`;
    expect(uri(login).json).toMatchObject({ headers: { authorization } });
    expect(uri({ ...login, force_basic_auth: true, method: 'PUT', body: 'x' }).json).toMatchObject({
      method: 'PUT',
      headers: { authorization },
    });
    expect(uri({ url: at, method: 'HEAD' })).toMatchObject({ status: 200 });
  });

  turn('a file is written once', () => {
    const to = { url: `${at}/file`, dest: `f-${argv[0]}` };
    expect(uri(to)).toMatchObject({ changed: true, status: 200 });
    expect(readFileSync(join(dir, to.dest), 'utf8')).toContain('"/file"');
    expect(uri(to)).toMatchObject({ changed: false });
  });

  turn('nobody listens', () => {
    expect(uri({ url: 'http://127.0.0.1:1/', timeout: 5 })).toMatchObject({ failed: true, status: -1 });
  });
});
