import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import ssh2, { type AuthContext } from 'ssh2';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret, sh } from '../../src/core/script.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { PasswordMemory } from '../../src/transport/password-memory.js';
import type { SshTarget } from '../../src/transport/ssh-target.js';
import { freePort } from '../support/sshd.js';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const HOST_KEY = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
}).privateKey;

/** A server of the SSH library's own, which can ask for what an sshd is not easily made to ask for. */
async function server(authenticate: (context: AuthContext) => void): Promise<SshTarget> {
  const made = new ssh2.Server({ hostKeys: [HOST_KEY] }, (client) => {
    ends.push(() => client.end());
    client.on('error', () => {});
    client.on('authentication', authenticate);
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec) => {
        const channel = acceptExec();
        const shell = spawn('/bin/sh');
        channel.pipe(shell.stdin);
        shell.stdout.pipe(channel, { end: false });
        shell.stderr.pipe(channel.stderr, { end: false });
        shell.on('exit', (code) => {
          channel.exit(code ?? 1);
          channel.end();
        });
        ends.push(() => shell.kill('SIGKILL'));
      });
    });
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  ends.push(() => made.close());
  const port = (made.address() as { port: number }).port;
  return {
    name: 'node1',
    address: '127.0.0.1',
    port,
    user: 'root',
    privateKeyFiles: [],
    knownHostsFiles: [],
    strictHostKeyChecking: 'no',
    password: new Secret('open sesame'),
    connectTimeoutMs: 3000,
  };
}

async function hello(target: SshTarget): Promise<string> {
  const connection = await connectSsh(target);
  const { stdout } = await connection.run(sh`echo hello`, { timeoutMs: 3000 });
  await connection.close();
  return stdout.toString();
}

const isRight = (context: AuthContext) => context.method === 'password' && context.password === 'open sesame';

test('a password is taken', async () => {
  const target = await server((context) => (isRight(context) ? context.accept() : context.reject(['password'])));
  expect(await hello(target)).toBe('hello\n');
});

test('a server that takes passwords by keyboard-interactive only, with prompts in any language', async () => {
  const asked: string[][] = [];
  const target = await server((context) => {
    if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
    return context.prompt([{ prompt: 'Passwort: ', echo: false }], (answers) => {
      asked.push(answers);
      return answers[0] === 'open sesame' ? context.accept() : context.reject();
    });
  });
  expect(await hello(target)).toBe('hello\n');
  expect(asked).toEqual([['open sesame']]);
});

test('a question that shows its answer never gets the password', async () => {
  const asked: string[][] = [];
  const target = await server((context) => {
    if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
    return context.prompt([{ prompt: 'What is your name? ', echo: true }], (answers) => {
      asked.push(answers);
      context.reject([]);
    });
  });
  await expect(hello(target)).rejects.toMatchObject({ code: 'ssh/auth' });
  expect(asked).toEqual([['']]);
});

test('a wrong password is sent once, whatever the server takes, and is not told', async () => {
  const methods: string[] = [];
  const target = await server((context) => {
    methods.push(context.method);
    context.reject(['keyboard-interactive', 'password']);
  });
  const failure = await hello(target).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ssh/auth', message: expect.stringContaining('a password') });
  expect(JSON.stringify(failure) + String(failure)).not.toContain('sesame');
  expect(methods).toEqual(['none', 'password']);
});

test('two questions that hide their answers: only the first gets the password, and a second round none', async () => {
  const asked: string[][] = [];
  const target = await server((context) => {
    if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
    const hidden = (prompt: string) => ({ prompt, echo: false });
    return context.prompt([hidden('Password: '), hidden('Code: ')], (answers) => {
      asked.push(answers);
      context.prompt([hidden('Again: ')], (again) => {
        asked.push(again);
        context.reject([]);
      });
    });
  });
  await expect(hello(target)).rejects.toMatchObject({ code: 'ssh/auth' });
  expect(asked).toEqual([['open sesame', ''], ['']]);
});

describe('over a run', () => {
  /** A server that counts how often a password comes. */
  async function counting(takes: string) {
    const seen: string[] = [];
    const target = await server((context) => {
      if (context.method !== 'password') return context.reject(['password']);
      seen.push(context.password);
      return context.password === takes ? context.accept() : context.reject(['password']);
    });
    return { seen, target };
  }

  test('a refused password is not sent again, not even by log-ins at the same moment', async () => {
    const { seen, target } = await counting('another');
    const passwords = new PasswordMemory();
    const failures = await Promise.all(
      Array.from({ length: 5 }, () => connectSsh(target, { passwords }).catch((error: unknown) => error)),
    );
    failures.push(await connectSsh(target, { passwords }).catch((error: unknown) => error));
    expect(failures.map((failure) => (failure as { code: string }).code)).toEqual(Array(6).fill('ssh/auth'));
    expect(seen).toEqual(['open sesame']);
    expect(String(failures.at(-1))).toContain('refused before, and not sent again');
  });

  test('other hosts are still tried, and a right one is used again', async () => {
    const [wrong, right] = [await counting('another'), await counting('open sesame')];
    const passwords = new PasswordMemory();
    await expect(connectSsh(wrong.target, { passwords })).rejects.toMatchObject({ code: 'ssh/auth' });
    const connections = await Promise.all([1, 2, 3].map(() => connectSsh(right.target, { passwords })));
    await Promise.all(connections.map((connection) => connection.close()));
    expect([wrong.seen.length, right.seen.length]).toEqual([1, 3]);
  });

  test('a host that went away before it was asked may be asked again', async () => {
    const { seen, target } = await counting('open sesame');
    const passwords = new PasswordMemory();
    const gone = { ...target, port: await freePort() };
    await expect(connectSsh(gone, { passwords })).rejects.toMatchObject({ code: 'ssh/unreachable' });
    const turn = await passwords.turn(`root@127.0.0.1:${gone.port}`);
    expect(turn.mayTry).toBe(true);
    turn.end('not sent');
    expect(seen).toEqual([]);
  });
});

test('a key, then a password, where the server wants both', async () => {
  let keyed = false;
  const target = await server((context) => {
    if (context.method === 'publickey') {
      if (context.signature === undefined) return context.accept();
      keyed = true;
      return context.reject(['password'], true);
    }
    return keyed && isRight(context) ? context.accept() : context.reject(['publickey']);
  });
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const file = `/tmp/test-key-${process.pid}`;
  writeFileSync(file, privateKey, { mode: 0o600 });
  ends.push(() => rmSync(file));
  expect(await hello({ ...target, privateKeyFiles: [file] })).toBe('hello\n');
});

test('a password that has expired', async () => {
  const target = await server((context) => {
    if (context.method !== 'password') return context.reject(['password']);
    return context.requestChange('Choose a new one: ', () => context.reject());
  });
  await expect(hello(target)).rejects.toMatchObject({
    code: 'ssh/auth',
    message: expect.stringContaining('expired'),
  });
});
