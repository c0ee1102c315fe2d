import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret, sh } from '../../src/core/script.js';
import type { Become } from '../../src/transport/become.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { PasswordMemory } from '../../src/transport/password-memory.js';
import { endsInPasswordPrompt } from '../../src/transport/password-prompt.js';
import type { SshOptions } from '../../src/transport/ssh-target.js';
import { withQuickPassword } from '../support/quick-password.js';
import { startSshd, type TestSshd } from '../support/sshd.js';
import { tcpProxy } from '../support/tcp-proxy.js';
import { PASSWORD, type TestUser, type TestUsers, testUsers } from '../support/users.js';

let sshd: TestSshd;
let users: TestUsers;
let login: TestUser;
let other: TestUser;
let quiet: TestUser;
/** Logins for which sudo has other defaults. */
let odd: readonly TestUser[];
beforeAll(async () => {
  users = testUsers();
  [login, other] = withQuickPassword(users.add(), users.add());
  quiet = users.add({ shell: '/usr/sbin/nologin' });
  odd = [users.add(), users.add(), users.add()];
  sshd = await startSshd({ config: ['LogLevel DEBUG3'] });
});
afterAll(async () => {
  // What the sessions still have to say goes into a folder that is about to be gone.
  for (let said = ''; said !== sshd.log(); await new Promise((resolve) => setTimeout(resolve, 200))) said = sshd.log();
  await sshd.close();
  users.remove();
});
const password = new Secret(PASSWORD);
const wrong = new Secret('wrong horse');
const ASKS = () => `${login.name} ALL=(ALL) ALL`;

const connect = (becomes: Become, options: SshOptions = {}, user = login.name) =>
  connectSsh(sshd.target({ user, becomes }), options);

async function whoIs(becomes: Become, options?: SshOptions, user?: string): Promise<string> {
  const connection = await connect(becomes, options, user);
  const { stdout } = await connection.run(sh`id -un`, { timeoutMs: 20_000 });
  await connection.close();
  return stdout.toString().trim();
}

describe('sudo', () => {
  const root = { method: 'sudo', user: 'root' } as const;

  test.each([
    { about: 'the lecture, each time', defaults: 'lecture=always, passprompt="Other prompt: "' },
    { about: 'a prompt of its own that wins', defaults: 'passprompt_override, passprompt="%p, please: "' },
    { about: 'insults and no time stamps', defaults: 'insults, timestamp_timeout=0' },
    { about: 'one try', defaults: 'passwd_tries=1' },
    { about: 'a terminal of its own for the command', defaults: 'use_pty' },
    { about: 'input and output logged', defaults: 'log_output, iolog_dir=/dev/shm/iolog' },
    { about: 'feedback for each character', defaults: 'pwfeedback' },
    { about: 'no password at all', defaults: '!authenticate' },
  ])('with $about', async ({ defaults }) => {
    users.sudoers([`Defaults:${login.name} ${defaults}`, ASKS()]);
    expect(await whoIs({ ...root, password })).toBe('root');
    execFileSync('rm', ['-rf', '/dev/shm/iolog']);
  });

  test('a shell that has to be opened again becomes again', async () => {
    users.sudoers([ASKS()]);
    const connection = await connect({ ...root, password });
    await expect(connection.run(sh`kill -9 $$`, { timeoutMs: 20_000 })).rejects.toMatchObject({ code: 'ssh/lost' });
    expect((await connection.run(sh`id -un`, { timeoutMs: 20_000 })).stdout.toString()).toBe('root\n');
    await connection.close();
  });

  test('that starts to refuse in the middle: the open shell goes on, a new one is refused clearly', async () => {
    users.sudoers([`${login.name} ALL=(ALL) NOPASSWD: ALL`]);
    const connection = await connect(root);
    const run = (script = sh`id -un`) => connection.run(script, { timeoutMs: 20_000 });
    users.sudoers([`${other.name} ALL=(ALL) NOPASSWD: ALL`]);
    expect((await run()).stdout.toString()).toBe('root\n');
    await expect(run(sh`kill -9 $$`)).rejects.toMatchObject({ code: 'ssh/lost' });
    // Without a password to give, sudo only says that it wants one.
    await expect(run()).rejects.toMatchObject({ code: 'become/password', at: 'node1' });
    await expect(connect({ ...root, password })).rejects.toMatchObject({
      code: 'become/refused',
      message: expect.stringContaining('sudoers'),
    });
    users.sudoers([`${login.name} ALL=(ALL) NOPASSWD: ALL`]);
    expect((await run()).stdout.toString()).toBe('root\n');
    await connection.close();
  });

  test('as root and as a user to another one', async () => {
    users.sudoers([`${login.name} ALL=(${other.name}) NOPASSWD: ALL`]);
    expect(await whoIs({ method: 'sudo', user: other.name })).toBe(other.name);
    expect(await whoIs({ method: 'sudo', user: other.name }, {}, 'root')).toBe(other.name);
    expect(await whoIs({ method: 'sudo', user: quiet.name }, {}, 'root')).toBe(quiet.name);
    await expect(whoIs({ ...root, password })).rejects.toMatchObject({ code: 'become/refused' });
  });

  test('a user that is not there, with a name that would be shell text', async () => {
    await expect(whoIs({ method: 'sudo', user: '$(id); -x' }, {}, 'root')).rejects.toMatchObject({
      code: 'become/refused',
      message: expect.stringContaining('unknown user'),
    });
  });
});

/** All at once: PAM lets each that is wrong wait. */
describe.concurrent('a password that is wrong', () => {
  const root = { method: 'sudo', user: 'root' } as const;
  const DEFAULTS = [
    { about: 'targetpw', defaults: 'targetpw, !requiretty' },
    { about: 'targetpw, on a terminal', defaults: 'targetpw, requiretty' },
    { about: 'runaspw', defaults: 'runas_default=root, runaspw, requiretty' },
  ].map((row, index) => ({ ...row, index }));
  beforeAll(() => {
    execFileSync('chpasswd', { input: `${other.name}:another horse\n` });
    users.sudoers([
      ...[login, ...odd].flatMap(({ name }) => [`${name} ALL=(ALL) ALL`, `Defaults:${name} timestamp_timeout=0`]),
      ...DEFAULTS.map(({ defaults, index }) => `Defaults:${odd[index]?.name} ${defaults}`),
    ]);
  });
  afterAll(() => void withQuickPassword(other));

  test.each(DEFAULTS)('asks for another one than the login has: $about', async ({ defaults, index }) => {
    const becomes = { method: 'sudo', user: other.name } as const;
    const user = odd[index]?.name;
    const needed = defaults.startsWith('targetpw') ? new Secret('another horse') : undefined;
    if (needed) expect(await whoIs({ ...becomes, password: needed }, {}, user)).toBe(other.name);
    await expect(whoIs({ ...becomes, password: wrong }, {}, user)).rejects.toMatchObject({ code: 'become/password' });
  });

  test('a wrong one is told once, and never sent again over any number of connections', async () => {
    const passwords = new PasswordMemory();
    const failures = await Promise.all(
      Array.from({ length: 4 }, () => connect({ ...root, password: wrong }, { passwords }).catch((error) => error)),
    );
    const again = await connect({ ...root, password: wrong }, { passwords }).catch((error) => error);
    const messages = [...failures, again].map((error) => [error.code, error.message]);
    expect(new Set(messages.map(([code]) => code))).toEqual(new Set(['become/password']));
    expect(messages.filter(([, message]) => /does not accept/.test(message))).toHaveLength(1);
    expect(messages.filter(([, message]) => /has refused this password before/.test(message))).toHaveLength(4);
    // Another identity, and another host, have passwords of their own.
    const elsewhere = sshd.target({ name: 'node2', user: login.name, becomes: { ...root, password } });
    await (await connectSsh(elsewhere, { passwords })).close();
  });

  test('a wrong one is told at once and once, by su', async () => {
    const passwords = new PasswordMemory();
    const becomes: Become = { method: 'su', user: other.name, password: wrong };
    await expect(whoIs(becomes, { passwords })).rejects.toMatchObject({ message: expect.stringMatching(/not accept/) });
    await expect(whoIs(becomes, { passwords })).rejects.toMatchObject({ message: expect.stringMatching(/before/) });
  });
});

describe('accounts that have run out', () => {
  afterEach(() => {
    execFileSync('usermod', ['-e', '', '-U', login.name], { stdio: 'ignore' });
    execFileSync('chage', ['-d', '2026-01-01', '-M', '-1', login.name], { stdio: 'ignore' });
    execFileSync('usermod', ['-e', '', other.name], { stdio: 'ignore' });
  });

  test.each([
    { about: 'the password, by sudo', method: 'sudo', expire: '/usr/bin/chage -d 2020-01-01 -M 10' },
    { about: 'the password, to be changed at once', method: 'sudo', expire: '/usr/bin/chage -d 0' },
    { about: 'the account, by sudo', method: 'sudo', expire: '/usr/sbin/usermod -e 2020-01-01' },
    { about: 'the account, by su', method: 'su', expire: '/usr/sbin/usermod -e 2020-01-01' },
  ] as const)('$about: the words of the host', async ({ method, expire }) => {
    const [who, user] = method === 'sudo' ? [login.name, 'root'] : [other.name, other.name];
    users.sudoers([
      `Defaults:${login.name} timestamp_timeout=0`,
      ASKS(),
      `${login.name} ALL=(root) NOPASSWD: /usr/bin/chage, /usr/sbin/usermod`,
    ]);
    // sshd would let nobody in who has run out: it happens after the login.
    const startUp = join(login.home, '.bashrc');
    writeFileSync(startUp, `sudo -n ${expire} ${who}\n`);
    await expect(connect({ method, user, password })).rejects.toMatchObject({
      code: 'become/refused',
      message: expect.stringMatching(/expired|change your password|validation failure/i),
      hint: expect.stringContaining('renewed'),
    });
    rmSync(startUp);
  });
});

describe('su', () => {
  test.each([
    { about: 'with a password', user: () => login.name, to: () => other.name, given: true },
    { about: 'from root, without', user: () => 'root', to: () => other.name, given: false },
    { about: 'from root to who has no login shell', user: () => 'root', to: () => quiet.name, given: false },
  ])('$about', async ({ user, to, given }) => {
    const becomes: Become = { method: 'su', user: to(), ...(given && { password }) };
    expect(await whoIs(becomes, {}, user())).toBe(to());
  });

  test('to who has no login shell, from another than root', async () => {
    await expect(whoIs({ method: 'su', user: quiet.name, password })).rejects.toMatchObject({
      code: 'become/refused',
      message: expect.stringMatching(/not available|restricted/),
      hint: expect.stringContaining('login shell'),
    });
  });
});

test.each([
  { text: 'Password: ', is: true },
  { text: 'Last login: today\nPassword:', is: true },
  { text: 'Passwort: ', is: true },
  { text: 'Mot de passe : ', is: true },
  { text: '密码：', is: true },
  { text: 'パスワード: ', is: true },
  { text: 'LDAP password for admin: ', is: true },
  { text: 'Password: \n', is: false },
  { text: 'Verification code: ', is: false },
  { text: 'the password: is wrong', is: false },
])('$text asks for a password: $is', ({ text, is }) => {
  expect(endsInPasswordPrompt(text)).toBe(is);
});

const OWN = [process.pid, process.ppid];
const UNKNOWN = 'hunter2-hunter2';

describe.concurrent('a password', () => {
  beforeAll(() => {
    users.sudoers([
      ...[login, ...odd].flatMap(({ name }) => [`${name} ALL=(ALL) ALL`, `Defaults:${name} timestamp_timeout=0`]),
      `Defaults:${odd[0]?.name} requiretty`,
    ]);
    timer = setInterval(lookIntoProcesses, 50);
  });

  const found: string[] = [];
  let looks = 0;
  let timer: NodeJS.Timeout;
  afterAll(() => clearInterval(timer));

  /** Everything that other users of the machine could look into. */
  function lookIntoProcesses(): void {
    looks += 1;
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !OWN.includes(Number(name)));
    for (const file of pids.flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])) {
      try {
        const text = readFileSync(file, 'latin1');
        if (text.includes(PASSWORD) || text.includes(UNKNOWN)) found.push(file);
      } catch {} // it has ended
    }
  }

  test.each([
    { about: 'right, by sudo', method: 'sudo', secret: PASSWORD, tty: false },
    { about: 'right, by sudo on a terminal', method: 'sudo', secret: PASSWORD, tty: true },
    { about: 'wrong, by sudo', method: 'sudo', secret: UNKNOWN, tty: false },
    { about: 'right, by su', method: 'su', secret: PASSWORD, tty: false },
    { about: 'wrong, by su', method: 'su', secret: UNKNOWN, tty: false },
  ] as const)('is nowhere but on its way: $about', async ({ method, secret, tty }) => {
    const { name, home } = (tty && odd[0]) || login;
    const proxy = await tcpProxy(sshd.port);
    writeFileSync(sshd.knownHostsFile, `[127.0.0.1]:${proxy.port} ${sshd.hostPublicKey}\n`, { flag: 'a' });
    proxy.fail({ down: { latencyMs: 40 } });
    const becomes: Become = { method, user: method === 'sudo' ? 'root' : other.name, password: new Secret(secret) };
    const records: unknown[] = [];
    const from = looks;
    const opening = connectSsh(sshd.target({ port: proxy.port, user: name, becomes }), {
      onExchange: (record) => records.push(record),
    })
      .then(async (connection) => {
        const { stdout, stderr } = await connection.run(sh`set; env; echo "$0 $*"`, { timeoutMs: 20_000 });
        await connection.close();
        return `${stdout}${stderr}`;
      })
      .catch((error: unknown) => inspect(error, { depth: 10, showHidden: true }));
    const shown = await opening;
    await proxy.close();
    expect(looks - from).toBeGreaterThan(5);
    expect(found).toEqual([]);
    expect(shown + JSON.stringify(records) + sshd.log()).not.toContain(secret);
    // Where it would be if it were written to a file.
    const files = execFileSync('sh', [
      '-c',
      'grep -rlsF -e "$1" /tmp/.fix* /dev/shm /run/sudo /var/log/auth.log "$2" || :',
      'sh',
      secret,
      home,
    ]);
    expect(files.toString()).toBe('');
  });
});
