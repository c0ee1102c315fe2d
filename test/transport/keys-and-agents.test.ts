import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Secret } from '../../src/core/script.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { credentialsOf } from '../../src/transport/credentials.js';
import { KeyRing } from '../../src/transport/key-ring.js';
import { publicHalf } from '../../src/transport/private-key.js';
import { makeKey, startSshd, type TestSshd } from '../support/sshd.js';

let sshd: TestSshd;
let agentSocket: string;
const [KNOWN, OTHER, LOCKED] = ['in-agent', 'other-in-agent', 'locked'];
let agent: ReturnType<typeof spawn>;
const path = (name: string) => join(sshd.folder, name);

beforeAll(async () => {
  sshd = await startSshd({ config: ['MaxAuthTries 20'] });
  agentSocket = path('agent');
  agent = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' });
  await vi.waitFor(() => statSync(agentSocket));
  for (const name of [KNOWN, OTHER]) {
    makeKey(path(name as string), 'ed25519');
    execFileSync('ssh-add', ['-q', path(name as string)], {
      env: { ...process.env, SSH_AUTH_SOCK: agentSocket },
      stdio: 'ignore',
    });
  }
  makeKey(path(LOCKED as string), 'ed25519', ['-N', 'open sesame']);
  writeFileSync(path('authorized_keys'), readFileSync(`${path(LOCKED as string)}.pub`), { flag: 'a' });
});
afterAll(async () => {
  agent.kill('SIGTERM');
  await sshd.close();
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** What would be tried, without trying it. */
const tried = async (...[more, options]: [Parameters<TestSshd['target']>[0], Parameters<typeof credentialsOf>[1]?]) =>
  (await credentialsOf(sshd.target({ privateKeyFiles: [], ...more }), { agentSocket, ...options })).tried;

describe('the order of keys', () => {
  test('a named key that the agent holds, then named files, the rest of the agent, other files', async () => {
    expect(
      await tried({ privateKeyFiles: [path('user_key')], identityFiles: [path(OTHER as string), path('user_key')] }),
    ).toEqual(['the agent (1 key)', `the key ${path('user_key')}`, 'the agent (1 other key)']);
  });

  test('the agent before default keys', async () => {
    expect(await tried({}, { defaultKeyFiles: [path('user_key')] })).toEqual([
      'the agent (2 keys)',
      `the key ${path('user_key')}`,
    ]);
  });

  test('with IdentitiesOnly, of the agent only what the files name', async () => {
    expect(await tried({ identityFiles: [path(KNOWN as string)], identitiesOnly: true })).toEqual([
      'the agent (1 key)',
    ]);
    expect(await tried({ identityFiles: [path('user_key')], identitiesOnly: true })).toEqual([
      `the key ${path('user_key')}`,
    ]);
  });

  test('the public half is enough to choose a key of the agent, also where the private one is nowhere else', async () => {
    const alone = path('only-public');
    writeFileSync(`${alone}.pub`, readFileSync(`${path(KNOWN as string)}.pub`));
    ends.push(() => rmSync(`${alone}.pub`));
    expect(await tried({ identityFiles: [alone], identitiesOnly: true })).toEqual(['the agent (1 key)']);
    expect(await tried({ privateKeyFiles: [`${alone}.pub`], identitiesOnly: true })).toEqual(['the agent (1 key)']);
  });

  test('files of a configuration that are not there are passed over, and one that is named is not', async () => {
    expect(await tried({ identityFiles: ['/nowhere/key', path('user_key')], agentSocket: '' })).toEqual([
      'not the key /nowhere/key (there is no such file)',
      `the key ${path('user_key')}`,
    ]);
    await expect(tried({ privateKeyFiles: ['/nowhere/key'] })).rejects.toMatchObject({ code: 'ssh/key-file' });
  });

  test('a configuration that names no file (`none`) has no default keys', async () => {
    await expect(
      tried({ identityFiles: [], agentSocket: '' }, { defaultKeyFiles: [path('user_key')] }),
    ).rejects.toMatchObject({
      code: 'ssh/auth',
    });
  });

  test('methods that are turned off, and their order', async () => {
    const password = new Secret('some password');
    expect(await tried({ password, methods: ['password', 'publickey'] })).toEqual(['a password', 'the agent (2 keys)']);
    expect(await tried({ password, methods: ['keyboard-interactive'] })).toEqual(['a password']);
    await expect(tried({ methods: ['password'] })).rejects.toMatchObject({ code: 'ssh/auth' });
  });

  test('they really let us in', async () => {
    writeFileSync(path('authorized_keys'), readFileSync(`${path(OTHER as string)}.pub`), { flag: 'a' });
    const target = sshd.target({ privateKeyFiles: [], identityFiles: [path(OTHER as string)], identitiesOnly: true });
    await (await connectSsh(target, { agentSocket })).close();
    const [last] =
      sshd
        .log()
        .match(/Accepted publickey.*/g)
        ?.slice(-1) ?? [];
    const told = execFileSync('ssh-keygen', ['-l', '-f', `${path(OTHER as string)}.pub`], { encoding: 'utf8' });
    expect(last).toContain(told.split(' ')[1]);
  });
});

describe('locked keys', () => {
  const asking = (...answers: (string | undefined)[]) => {
    const asked: string[] = [];
    const keys = new KeyRing(async (file, attempt) => {
      asked.push(`${file} ${attempt}`);
      const answer = answers.shift();
      return answer === undefined ? undefined : new Secret(answer);
    });
    return { asked, keys };
  };
  const locked = () => sshd.target({ privateKeyFiles: [path(LOCKED as string)], agentSocket: '' });

  test('the passphrase is asked for once, for many hosts at once and for those that come later', async () => {
    const { asked, keys } = asking('open sesame');
    const connections = await Promise.all(Array.from({ length: 5 }, () => connectSsh(locked(), { keys })));
    connections.push(await connectSsh(locked(), { keys }));
    await Promise.all(connections.map((connection) => connection.close()));
    expect(asked).toEqual([`${path(LOCKED as string)} 1`]);
  });

  test('the time that a person takes does not count', async () => {
    const keys = new KeyRing(async () => {
      await new Promise((resolve) => setTimeout(resolve, 2100));
      return new Secret('open sesame');
    });
    await (await connectSsh({ ...locked(), connectTimeoutMs: 2000 }, { keys })).close();
  });

  test('three wrong answers, and no more', async () => {
    const { asked, keys } = asking('a', 'b', 'c', 'open sesame');
    for (const _ of [1, 2]) {
      await expect(connectSsh(locked(), { keys })).rejects.toMatchObject({
        code: 'ssh/key-file',
        at: 'node1',
        hint: expect.stringContaining('passphrase'),
      });
    }
    expect(asked).toHaveLength(3);
  });

  test('nobody to ask: the error says how it could be done', async () => {
    await expect(connectSsh(locked(), { keys: asking(undefined).keys })).rejects.toMatchObject({
      code: 'ssh/key-file',
      hint: expect.stringMatching(/ssh-add .*--key-passphrase-file/),
    });
  });

  test('a key that the agent holds needs no passphrase', async () => {
    const copy = path('locked-copy');
    writeFileSync(copy, readFileSync(path(KNOWN as string)), { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret words', '-f', copy], { stdio: 'ignore' });
    const { asked, keys } = asking('secret words');
    expect(await tried({ privateKeyFiles: [copy] }, { keys })).toEqual([
      'the agent (1 key)',
      'the agent (1 other key)',
    ]);
    expect(asked).toEqual([]);
  });

  test('the public half stands in the open', async () => {
    const [, base64] = readFileSync(`${path(LOCKED as string)}.pub`, 'utf8').split(' ');
    const alone = path('locked-alone');
    writeFileSync(alone, readFileSync(path(LOCKED as string)), { mode: 0o600 });
    expect((await publicHalf(alone))?.toString('base64')).toBe(base64);
    for (const text of ['', 'no key', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----']) {
      writeFileSync(alone, text);
      expect(await publicHalf(alone)).toBeUndefined();
    }
  });
});
