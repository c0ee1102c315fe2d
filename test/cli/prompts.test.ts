import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { makeKey, startSshd, type TestSshd } from '../support/sshd.js';
import { onTerminal } from '../support/terminal.js';
import { PASSWORD, type TestUser, type TestUsers, testUsers } from '../support/users.js';
import { warmFlannel } from '../support/warm-cli.js';

const PASSPHRASE = 'a long passphrase';
let sshd: TestSshd;
let users: TestUsers;
let user: TestUser;
let folder: string;
const hasScript = spawnSync('script', ['--version']).status === 0;

beforeAll(async () => {
  sshd = await startSshd({ config: ['PasswordAuthentication yes', 'UsePAM yes', 'MaxAuthTries 20'] });
  users = testUsers();
  user = users.add();
  const locked = join(sshd.folder, 'locked');
  makeKey(locked, 'ed25519', ['-N', PASSPHRASE]);
  writeFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${locked}.pub`), { flag: 'a' });
  const hosts = `  hosts: { a: , b: , c: }
  vars:
    ansible_host: 127.0.0.1
    ansible_port: ${sshd.port}
    ansible_ssh_common_args: -o UserKnownHostsFile=${sshd.knownHostsFile} -F none
`;
  folder = folderWith({
    'keys.yaml': `all:\n${hosts}    ansible_user: root\n    ansible_ssh_private_key_file: ${locked}\n`,
    'passwords.yaml': `all:\n${hosts}    ansible_user: ${user.name}\n    ansible_become: false\n`,
    'ping.yaml':
      '- hosts: all\n  gather_facts: false\n  become: false\n  tasks: [{ name: look, command: id -un, register: who, changed_when: false }]\n',
    passphrase: `${PASSPHRASE}\n`,
  });
  writeFileSync(join(folder, 'secret'), `${PASSPHRASE}\n`, { mode: 0o600 });
});
afterAll(async () => {
  users.remove();
  await sshd.close();
});

const run = (inventory: string, ...more: string[]) => [
  'run',
  join(folder, inventory),
  join(folder, 'ping.yaml'),
  ...more,
];
const env = { SSH_AUTH_SOCK: '' };
const times = (text: string, words: string) => text.split(words).length - 1;

describe.runIf(hasScript)('on a terminal', () => {
  test('a passphrase is asked for once for three hosts, and not shown', async () => {
    const { status, shown } = await onTerminal(
      run('keys.yaml'),
      [[/Passphrase for the key .*: $/, `${PASSPHRASE}\r`]],
      env,
    );
    expect({ status, asked: times(shown, 'Passphrase for') }).toEqual({ status: 0, asked: 1 });
    expect(shown).not.toContain(PASSPHRASE);
  });

  test('a wrong one is asked for again', async () => {
    const answers = [
      [/Passphrase for the key .*: $/, 'mistaken\r'],
      [/wrong\. Passphrase for the key .*: $/, `${PASSPHRASE}\r`],
    ] as const;
    expect((await onTerminal(run('keys.yaml', '-l', 'a'), answers, env)).status).toBe(0);
  });

  test('Ctrl-C at it ends with 130', async () => {
    const words = run('keys.yaml', '-l', 'a');
    const { status, shown } = await onTerminal(words, [[/Passphrase for the key .*: $/, '\x03']], env);
    expect(shown).toContain('Interrupted');
    expect(status).toBe(130);
  });

  test('--ask-pass asks once for all hosts, and does not show what is typed', async () => {
    const { status, shown } = await onTerminal(
      run('passwords.yaml', '-k'),
      [[/SSH password: $/, `${PASSWORD}\r`]],
      env,
    );
    expect({ status, asked: times(shown, 'SSH password') }).toEqual({ status: 0, asked: 1 });
    expect(shown).not.toContain(PASSWORD);
  });

  test('a wrong password is sent once to each host', async () => {
    const before = times(sshd.log(), 'Failed password');
    const { status, shown } = await onTerminal(run('passwords.yaml', '-k'), [[/SSH password: $/, 'mistaken\r']], env);
    expect(status).toBe(3);
    expect(shown.replace(/\s+/g, ' ')).toContain('it was sent once and is not sent again in this run');
    // All three names stand for one place and one account: that is asked once.
    expect(times(sshd.log(), 'Failed password') - before).toBe(1);
  });

  test('Ctrl-C at --ask-become-pass ends with 130 before anything is done', async () => {
    const { status, shown } = await onTerminal(run('passwords.yaml', '-K'), [[/Become password: $/, '\x03']], env);
    expect(status).toBe(130);
    expect(shown).not.toContain('look');
  });
});

describe('off a terminal', () => {
  test.each(['-k', '-K'])('%s is refused at once', async (option) => {
    const { status, stderr } = await warmFlannel(run('passwords.yaml', option), { env });
    expect(status).toBe(64);
    expect(stderr).toMatch(/no terminal/);
  });

  test('a locked key is told, with what to do', async () => {
    const { status, stdout } = await warmFlannel(run('keys.yaml', '-l', 'a'), { env });
    expect(status).toBe(3);
    expect(stdout).toContain('--key-passphrase-file');
  });

  test('--key-passphrase-file opens it, and has to be kept to oneself', async () => {
    const given = (file: string) =>
      warmFlannel(run('keys.yaml', '-l', 'a', '--key-passphrase-file', join(folder, file)), { env });
    expect((await given('secret')).status).toBe(0);
    const open = await given('passphrase');
    expect(open).toMatchObject({ status: 1, stderr: expect.stringContaining('chmod 600') });
  });
});

test('every wait of a connection has a name in the help', async () => {
  const { stdout } = await warmFlannel(['run', '--help']);
  for (const name of [
    '--connect-timeout',
    '--keepalive',
    '--script-timeout',
    '--ssh-config',
    '--ask-pass',
    '--ask-become-pass',
  ]) {
    expect(stdout).toContain(name);
  }
});
