import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Script, sh } from '../../src/core/script.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { inTurn } from '../support/in-gate.js';
import { startSshd, type TestSshd } from '../support/sshd.js';
import { type TestUser, type TestUsers, testUsers } from '../support/users.js';

let sshd: TestSshd;
let users: TestUsers;
/** The account of all tests but those that wait; see {@link dress}. */
let user: TestUser;
let itsShell = '';
const folder = mkdtempSync(join(tmpdir(), 'test-login-'));
beforeAll(async () => {
  chmodSync(folder, 0o755);
  users = testUsers();
  user = users.add();
  users.sudoers([`${user.name} ALL=(ALL) NOPASSWD: ALL`]);
  sshd = await startSshd({ config: [`Banner ${banner()}`, 'PrintMotd yes', 'PermitUserEnvironment yes'] });
});
afterAll(async () => {
  await sshd?.close();
  users?.remove();
  rmSync(folder, { recursive: true });
});

/** A long banner that ends without a line feed. */
function banner(): string {
  const file = join(folder, 'banner');
  writeFileSync(file, `${'Authorised use only. Password: \n'.repeat(200)}L-0 1`, { mode: 0o644 });
  return file;
}

interface Account {
  readonly shell?: string | undefined;
  readonly files?: Readonly<Record<string, string>> | undefined;
}

/** Gives the account this login shell, and these files only. */
function dress({ shell = '/bin/bash', files = {} }: Account): TestUser {
  if (shell !== itsShell) execFileSync('usermod', ['-s', shell, user.name], { stdio: 'ignore' });
  itsShell = shell;
  for (const name of readdirSync(user.home)) rmSync(join(user.home, name), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(user.home, name), text, { mode: 0o644 });
  return user;
}

/** A shell of this test's own: a script with the name of a shell. */
function ownShell(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

const connect = (who: TestUser, becomes = false, connectTimeoutMs = 8000) =>
  connectSsh(
    sshd.target({
      user: who.name,
      connectTimeoutMs,
      ...(becomes && { becomes: { method: 'sudo', user: 'root' } }),
    }),
  );

const BOTH: Script = sh`echo "hello $(id -un)"; echo err >&2; exit 3`;

/** By sudo comes after the login as the user. */
const AS = [
  { as: 'by sudo as root', becomes: true },
  { as: 'as the user', becomes: false },
];

async function runBoth(becomes: boolean) {
  const connection = await connect(user, becomes);
  const { stdout, stderr, status } = await connection.run(BOTH, { timeoutMs: 5000 });
  await connection.close();
  return { stdout: stdout.toString(), stderr: stderr.toString(), status };
}

const MEGABYTE = 'head -c 1000000 /dev/zero | tr "\\000" n';

const START_UP: readonly { readonly about: string; readonly rc: string }[] = [
  { about: 'prints on both streams', rc: 'echo hello there; echo "Password: " >&2; printf "no line feed"' },
  { about: 'prints 1 MB', rc: `${MEGABYTE}; ${MEGABYTE} >&2` },
  { about: 'prints what looks like our marks', rc: 'echo "L-00112233445566778899aabb 1"; echo "R-0 1"; echo "b-0 1"' },
  { about: 'reads a line', rc: 'read -r answer' },
  { about: 'reads two lines', rc: 'read -r one; read -r two' },
  { about: 'puts another shell in its place', rc: 'exec /bin/dash' },
  { about: 'sets -eu and a trap', rc: 'set -eu; trap "echo trapped" EXIT DEBUG' },
  { about: 'ignores signals', rc: "trap '' TERM INT HUP" },
  { about: 'ends with an error', rc: 'false; no-such-command; (exit 7)' },
  { about: 'has an error of syntax', rc: 'if then (\n' },
  { about: 'goes on printing in the background', rc: '(for i in 1 2 3 4 5 6; do echo tick; sleep 0.05; done) &' },
  { about: 'sets words that shells read', rc: 'export ENV=/nope BASH_ENV=/nope PS4=x IFS=abc POSIXLY_CORRECT=1' },
  { about: 'sets umask 077 and another folder', rc: 'umask 077; cd /' },
  { about: 'sets aliases and functions named as our commands', rc: 'alias exec=false echo=false; printf() { :; }' },
  { about: 'sets another locale', rc: 'export LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 LANGUAGE=de' },
];

describe('a .bashrc', () => {
  test.each(inTurn(START_UP, AS))(
    'that $about, as the user and by sudo as root in turn: $as',
    async ({ rc, becomes }) => {
      // Bash reads it in a session of sshd, though it is not interactive.
      dress({ files: { '.bashrc': `${rc}\n`, '.profile': `${rc}\n`, '.bash_profile': `${rc}\n` } });
      const { stdout, stderr, status } = await runBoth(becomes);
      const name = becomes ? 'root' : user.name;
      expect([stdout.replace(/^tick\n/gm, ''), stderr, status]).toEqual([`hello ${name}\n`, 'err\n', 3]);
    },
  );

  test('that ends the login: an error that tells', async () => {
    dress({ files: { '.bashrc': 'echo closed for today; exit 4\n' } });
    await expect(connect(user)).rejects.toMatchObject({
      code: 'ssh/no-shell',
      message: expect.stringMatching(/exited with 4.*closed for today/),
      hint: expect.stringMatching(/start-up file|login shell/),
    });
  });
});

const NOISY_CSH = 'echo hello from csh\nset prompt = "Password: "\nsetenv LC_ALL de_DE.UTF-8\n';
const MENU = '#!/bin/sh\nwhile :; do printf "1) status\\n2) log out\\nchoice: "; read -r choice || exit 0; done\n';

const SHELLS: readonly (Account & { readonly about: string })[] = [
  { about: 'bash', shell: '/bin/bash' },
  { about: 'dash', shell: '/bin/dash' },
  { about: 'mksh', shell: '/bin/mksh' },
  { about: 'zsh', shell: '/usr/bin/zsh', files: { '.zshenv': 'echo hello from zsh\nsetopt nounset\n' } },
  { about: 'tcsh', shell: '/usr/bin/tcsh', files: { '.cshrc': NOISY_CSH, '.tcshrc': NOISY_CSH } },
  { about: 'csh', shell: '/bin/csh', files: { '.cshrc': NOISY_CSH, '.login': NOISY_CSH } },
  { about: 'fish', shell: '/usr/bin/fish' },
];

describe('a login shell', () => {
  const installed = SHELLS.filter(({ shell = '' }) => existsSync(shell));
  const busybox = '#!/bin/busybox ash\nexec /bin/busybox ash "$@"\n';
  const shells = [...installed, { about: 'busybox ash', shell: undefined, files: {} }];
  test.each(inTurn(shells, AS))('$about works, $as', async ({ about, shell, files, becomes }) => {
    dress({ files, shell: about === 'busybox ash' ? ownShell('ash', busybox) : shell });
    const name = becomes ? 'root' : user.name;
    expect(await runBoth(becomes)).toEqual({ stdout: `hello ${name}\n`, stderr: 'err\n', status: 3 });
  });

  // On a busy machine sshd may close the channel before it tells the status.
  const ENDED = /exited with 1|channel was closed/;
  test.each([
    { about: 'nologin', shell: () => '/usr/sbin/nologin', says: /not available/, hint: /connect as another user/ },
    { about: 'false', shell: () => '/bin/false', says: ENDED, hint: /login shell/ },
    { about: 'a restricted bash', shell: () => '/bin/rbash', says: /restricted/, hint: /restricted/ },
    {
      about: 'one that knows no -c',
      shell: () => ownShell('odd', '#!/bin/sh\necho "% Unknown command: $*" >&2; exit 1\n'),
      says: /Unknown command/,
      hint: /login shell/,
    },
    {
      about: 'one that prints escape codes',
      shell: () => ownShell('loud', '#!/bin/sh\nprintf "\\033[2J\\033]0;owned\\007 no\\n"; exit 1\n'),
      says: /\\x1b\[2J/,
      hint: /login shell/,
    },
  ])('$about: an error that tells', async ({ shell, says, hint }) => {
    dress({ shell: shell() });
    await expect(connect(user)).rejects.toMatchObject({
      code: 'ssh/no-shell',
      message: expect.stringMatching(says),
      hint: expect.stringMatching(hint),
    });
  });

  // OpenSSH hides that the account exists: all it says is that it takes no key.
  test('one that is not there is a login that is refused', async () => {
    dress({ shell: '/no/such/shell' });
    await expect(connect(user)).rejects.toMatchObject({ code: 'ssh/auth' });
  });
});

describe('an environment from the login', () => {
  test.each([
    { about: 'an empty PATH', environment: 'PATH=' },
    { about: 'a PATH of nothing there is', environment: 'PATH=/nowhere' },
    { about: 'an empty HOME', environment: 'HOME=' },
    { about: 'a HOME that is not there', environment: 'HOME=/nowhere' },
    { about: 'options for the shell', environment: 'SHELLOPTS=noexec:xtrace\nBASH_ENV=/nowhere\nENV=/nowhere' },
  ])('$about: facts are read', async ({ environment }) => {
    dress({ shell: '/bin/sh', files: { '.bashrc': '' } });
    mkdirSync(join(user.home, '.ssh'), { mode: 0o755 });
    writeFileSync(join(user.home, '.ssh', 'environment'), `${environment}\n`);
    chownSync(join(user.home, '.ssh'), 0, 0);
    const connection = await connect(user);
    const script = sh`ip -o link show lo >/dev/null && cat /proc/1/comm >/dev/null && wc -c </dev/null && echo read`;
    const { stdout } = await connection.run(script, { timeoutMs: 5000 });
    await connection.close();
    expect(stdout.toString()).toMatch(/^ *0\nread\n$/);
  });
});

// All at once, since each waits for the time-out.
describe.concurrent('a login that never answers', () => {
  const start = 'start-up file|login shell';
  const waiting = [
    {
      about: 'its .bashrc reads all its input',
      rc: 'echo waiting; cat >/dev/null',
      says: 'no answer in time.*waiting',
    },
    { about: 'its .bashrc sends all output away', rc: 'exec >/dev/null 2>&1' },
    { about: 'its .bashrc sleeps', rc: 'sleep 30' },
    { about: 'its shell is a menu', menu: MENU, says: 'no answer in time.*2\\) log out', hint: 'menu' },
  ].map((row) => ({ rc: '', menu: undefined, says: 'no answer in time', hint: start, ...row, user: {} as TestUser }));
  beforeAll(() => {
    for (const row of waiting) {
      row.user = users.add(row.menu === undefined ? {} : { shell: ownShell('menu', row.menu) });
      writeFileSync(join(row.user.home, '.bashrc'), `${row.rc}\n`, { mode: 0o644 });
    }
  });
  test.each(waiting)('because $about: an error that tells', async (row) => {
    await expect(connect(row.user, false, 3000)).rejects.toMatchObject({
      code: 'ssh/no-shell',
      message: expect.stringMatching(new RegExp(row.says)),
      hint: expect.stringMatching(new RegExp(row.hint)),
    });
  });
});

describe('sessions that are counted', () => {
  test('MaxSessions 0: an error that names it', async () => {
    const none = await startSshd({ config: ['MaxSessions 0'] });
    await expect(connectSsh(none.target())).rejects.toMatchObject({
      code: 'ssh/no-shell',
      hint: expect.stringContaining('MaxSessions'),
    });
    await none.close();
  });

  test('MaxSessions 1: scripts, a shell that dies, a terminal on the second try, and a time-out', async () => {
    dress({});
    users.sudoers([`Defaults:${user.name} requiretty`, `${user.name} ALL=(ALL) NOPASSWD: ALL`]);
    const one = await startSshd({ config: ['MaxSessions 1'] });
    for (const target of [one.target(), one.target({ user: user.name, becomes: { method: 'sudo', user: 'root' } })]) {
      const connection = await connectSsh(target);
      const text = async (script: Script) => (await connection.run(script, { timeoutMs: 5000 })).stdout.toString();
      expect(await text(sh`id -un`)).toBe('root\n');
      await expect(text(sh`kill -9 $$`)).rejects.toMatchObject({ code: 'ssh/lost' });
      expect(await text(sh`id -un`)).toBe('root\n');
      const all = await Promise.all(Array.from({ length: 20 }, (_, n) => text(sh`echo ${n}`)));
      expect(all).toEqual(Array.from({ length: 20 }, (_, n) => `${n}\n`));
      const slow = connection.run(sh`sleep 1; :`, { timeoutMs: 100 });
      await expect(slow).rejects.toMatchObject({ code: 'ssh/lost', hint: expect.stringContaining('MaxSessions') });
      await connection.close();
    }
    await one.close();
  });
});
