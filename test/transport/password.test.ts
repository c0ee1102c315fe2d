import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import ssh2, { type AuthContext } from 'ssh2';
import { afterEach, expect, test } from 'vitest';
import { Secret, sh } from '../../src/core/script.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import type { SshTarget } from '../../src/transport/ssh-target.js';

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

test('a wrong password is sent once by each method that the server takes, and is not told', async () => {
  const methods: string[] = [];
  const target = await server((context) => {
    methods.push(context.method);
    context.reject(['password']);
  });
  const failure = await hello(target).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'ssh/auth', message: expect.stringContaining('a password') });
  expect(JSON.stringify(failure) + String(failure)).not.toContain('sesame');
  expect(methods).toEqual(['password']);
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
