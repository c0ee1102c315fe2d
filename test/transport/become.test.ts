import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/core/connection.js';
import { Secret, sh } from '../../src/core/script.js';
import type { Become } from '../../src/transport/become.js';
import { connectLocal } from '../../src/transport/connect-local.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { startSshd, type TestSshd } from '../support/sshd.js';

const folder = mkdtempSync(join(tmpdir(), 'test-become-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SECRET = 'correct horse';
const text = async (connection: Connection, script = sh`id -un`) =>
  (await connection.run(script, { timeoutMs: 10_000 })).stdout.toString().trim();

/** Puts a program named `sudo` first in the path; it writes each password that it reads into a file. */
function standIn(name: string, body: string): { env: NodeJS.ProcessEnv; heard(): string } {
  const bin = mkdtempSync(join(folder, name));
  const heard = join(bin, 'heard');
  writeFileSync(heard, '');
  const head = `#!/bin/sh\nask() { printf %s "$4" >&2; IFS= read -r given || exit 1; echo "$given" >>${heard}; }\n`;
  const tail = '\nshift 7; exec "$@"\n';
  writeFileSync(join(bin, 'sudo'), head + body + tail);
  chmodSync(join(bin, 'sudo'), 0o755);
  return { env: { ...process.env, PATH: `${bin}:/usr/bin:/bin` }, heard: () => readFileSync(heard, 'utf8') };
}

describe('the sudo protocol, against a stand-in', () => {
  const right = `[ "$given" = '${SECRET}' ]`;
  const ask = 'ask "$@"';
  const again = `until ${ask}; ${right}; do echo 'Sorry, try again.' >&2; done`;
  const lecture = "echo 'We trust you have received the usual lecture. Password: ' >&2";

  test.each([
    { about: 'no password is asked for: none is sent', body: ':', heard: '' },
    { about: 'a password is asked for: it is sent once', body: again, heard: `${SECRET}\n` },
    { about: 'a lecture comes first', body: `${lecture}; ${again}`, heard: `${SECRET}\n` },
    { about: 'the prompt comes late', body: `sleep 0.3; ${again}`, heard: `${SECRET}\n` },
  ])('$about', async ({ body, heard }) => {
    const sudo = standIn('ok', body);
    const become: Become = { method: 'sudo', user: 'root', password: new Secret(SECRET) };
    const connection = await connectLocal('here', { env: sudo.env, become });
    expect(await text(connection, sh`echo works`)).toBe('works');
    await connection.close();
    expect(sudo.heard()).toBe(heard);
  });

  test.each([
    {
      about: 'a second prompt: the password was wrong and is not sent again',
      body: again,
      password: 'wrong',
      code: 'become/password',
      says: 'does not accept',
      heard: 'wrong\n',
    },
    {
      about: 'one try only',
      body: `${ask}; ${right} || { echo 'sudo: 1 incorrect password attempt' >&2; exit 1; }`,
      password: 'wrong',
      code: 'become/password',
      says: 'does not accept',
      heard: 'wrong\n',
    },
    {
      about: 'a prompt with no password to give',
      body: again,
      password: undefined,
      code: 'become/password',
      says: 'asks for a password',
      heard: '',
    },
    {
      about: 'not allowed',
      body: "echo 'Sorry, user a is not allowed to execute that as root on h.' >&2; exit 1",
      password: undefined,
      code: 'become/refused',
      says: 'user a is not allowed',
      heard: '',
    },
    {
      about: 'a terminal wanted',
      body: "echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1",
      password: undefined,
      code: 'become/refused',
      says: 'must have a tty',
      heard: '',
    },
    {
      about: 'the mark quoted in an error is not taken for the shell',
      body: 'echo "no: $*"; echo "no: $*" >&2; exit 1',
      password: undefined,
      code: 'become/refused',
      says: 'no: ',
      heard: '',
    },
    {
      about: 'silence',
      body: 'sleep 20',
      password: undefined,
      code: 'become/refused',
      says: 'no answer in time',
      heard: '',
    },
    {
      about: 'another question than the prompt',
      body: "printf 'Verification code: ' >&2; read -r x",
      password: SECRET,
      code: 'become/refused',
      says: 'no answer in time',
      heard: '',
    },
  ])('refused: $about', async ({ body, password, code, says, heard }) => {
    const sudo = standIn('no', body);
    const become: Become = {
      method: 'sudo',
      user: 'root',
      password: password === undefined ? undefined : new Secret(password),
    };
    const failing = connectLocal('node7', {
      env: sudo.env,
      become,
      openTimeoutMs: says === 'no answer in time' ? 1500 : 20_000,
    });
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringContaining(says), at: 'node7' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sudo.heard()).toBe(heard);
  });

  test('no sudo at all, in the words of a shell', async () => {
    const sudo = standIn('none', "echo '/bin/sh: 2: exec: sudo: not found' >&2; exit 127");
    const failing = connectLocal('node7', { env: sudo.env, become: { method: 'sudo', user: 'root' } });
    await expect(failing).rejects.toMatchObject({
      code: 'become/refused',
      message: expect.stringMatching(/sudo: not found/),
      hint: expect.stringContaining('Install sudo'),
    });
  });
});

/** Users of this test run; gone after it. */
const USERS = { asks: `t${process.pid}a`, free: `t${process.pid}b`, none: `t${process.pid}c`, tty: `t${process.pid}d` };
const SUDOERS = `/etc/sudoers.d/t${process.pid}`;
const HAS_SUDO = existsSync('/usr/bin/sudo');

describe('real users over a real sshd', () => {
  let sshd: TestSshd;
  beforeAll(async () => {
    for (const user of Object.values(USERS)) {
      execFileSync('useradd', ['-M', '-d', '/tmp', '-s', '/bin/bash', user]);
      execFileSync('chpasswd', { input: `${user}:${SECRET}\n` });
    }
    if (HAS_SUDO) {
      const rules = [`${USERS.asks} ALL=(ALL) ALL`, `${USERS.free} ALL=(ALL) NOPASSWD: ALL`];
      const tty = [`Defaults:${USERS.tty} requiretty`, `${USERS.tty} ALL=(ALL) NOPASSWD: ALL`];
      writeFileSync(SUDOERS, `${[...rules, ...tty].join('\n')}\n`, { mode: 0o440 });
    }
    sshd = await startSshd();
  });
  afterAll(async () => {
    await sshd?.close();
    rmSync(SUDOERS, { force: true });
    for (const user of Object.values(USERS)) execFileSync('userdel', ['-f', user], { stdio: 'ignore' });
  });
  const connectAs = (user: string, becomes: Become | undefined) => connectSsh(sshd.target({ user, becomes }));
  const password = new Secret(SECRET);
  const wrong = new Secret('wrong');

  const allowed: { about: string; user: string; becomes: Become | undefined; is: string }[] = [
    { about: 'nobody else', user: USERS.none, becomes: undefined, is: USERS.none },
    {
      about: 'su with a password',
      user: USERS.none,
      becomes: { method: 'su', user: USERS.free, password },
      is: USERS.free,
    },
    { about: 'su as root, without', user: 'root', becomes: { method: 'su', user: USERS.none }, is: USERS.none },
  ];
  const refused: { about: string; user: string; becomes: Become; code: string; says: RegExp }[] = [
    {
      about: 'su with a wrong password',
      user: USERS.none,
      becomes: { method: 'su', user: USERS.free, password: wrong },
      code: 'become/password',
      says: /not accept/,
    },
    {
      about: 'su with none',
      user: USERS.none,
      becomes: { method: 'su', user: USERS.free },
      code: 'become/password',
      says: /asks for/,
    },
    {
      about: 'su to nobody there is',
      user: 'root',
      becomes: { method: 'su', user: 'no-such-user' },
      code: 'become/refused',
      says: /no-such-user/,
    },
  ];
  if (HAS_SUDO) {
    const sudo = { method: 'sudo', user: 'root' } as const;
    allowed.push(
      { about: 'sudo without a password', user: USERS.free, becomes: sudo, is: 'root' },
      {
        about: 'sudo without a password, though one is given',
        user: USERS.free,
        becomes: { ...sudo, password },
        is: 'root',
      },
      { about: 'sudo that wants a terminal', user: USERS.tty, becomes: sudo, is: 'root' },
      { about: 'sudo with a password', user: USERS.asks, becomes: { ...sudo, password }, is: 'root' },
      {
        about: 'sudo to another user',
        user: USERS.free,
        becomes: { method: 'sudo', user: USERS.none },
        is: USERS.none,
      },
    );
    refused.push(
      {
        about: 'sudo with a wrong password',
        user: USERS.asks,
        becomes: { ...sudo, password: wrong },
        code: 'become/password',
        says: /not accept/,
      },
      { about: 'sudo with none', user: USERS.asks, becomes: sudo, code: 'become/password', says: /asks for/ },
      {
        about: 'sudo, not in the sudoers',
        user: USERS.none,
        becomes: { ...sudo, password },
        code: 'become/refused',
        says: /sudoers/,
      },
    );
  }

  test.each(allowed)('becomes $is: $about', async ({ user, becomes, is }) => {
    const connection = await connectAs(user, becomes);
    expect(await text(connection)).toBe(is);
    expect(
      await text(
        connection,
        sh`echo "$LC_ALL"; cat; command -v ip >/dev/null; echo "$PATH" | tr : '\n' | grep -x /sbin`,
      ),
    ).toBe('C\n/sbin');
    await connection.close();
  });

  test.each(refused)('refused: $about', async ({ user, becomes, code, says }) => {
    const failing = connectAs(user, becomes);
    await expect(failing).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
  });

  test('a time-out kills what runs as the other user', async () => {
    const becomes: Become = HAS_SUDO ? { method: 'sudo', user: 'root' } : { method: 'su', user: USERS.none };
    const connection = await connectAs(HAS_SUDO ? USERS.free : 'root', becomes);
    const mark = `33${process.pid}`;
    const failing = connection.run(sh`sleep ${mark}; :`, { timeoutMs: 300 });
    await expect(failing).rejects.toMatchObject({ code: 'script/timeout' });
    expect(
      await text(connection, sh`cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\000' ' ' | grep -c ${`[s]leep ${mark}`}`),
    ).toBe('0');
    await connection.close();
  });
});
