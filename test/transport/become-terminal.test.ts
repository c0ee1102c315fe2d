import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Script, sh } from '../../src/core/script.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { startSshd, type TestSshd } from '../support/sshd.js';
import { type TestUser, type TestUsers, testUsers } from '../support/users.js';

let sshd: TestSshd;
let users: TestUsers;
let user: TestUser;
beforeAll(async () => {
  users = testUsers();
  user = users.add();
  sshd = await startSshd({ config: ['LogLevel DEBUG1'] });
});
afterAll(async () => {
  await sshd.close();
  users.remove();
});

const root = { method: 'sudo', user: 'root' } as const;
const rules = (defaults: string) => [`Defaults:${user.name} ${defaults}`, `${user.name} ALL=(ALL) NOPASSWD: ALL`];
const BINARY = sh`i=0; while [ "$i" -lt 256 ]; do printf "\\$(printf %o "$i")"; i=$((i + 1)); done`;
const LARGE = sh`head -c 5000000 /bin/bash /dev/zero | head -c 5000000; head -c 300000 /bin/bash >&2`;

test.each(['requiretty, use_pty', 'requiretty, !use_pty'])(
  '%s: what comes and goes is as without',
  async (defaults) => {
    users.sudoers(rules(defaults));
    const plain = await connectSsh(sshd.target());
    const onTerminal = await connectSsh(sshd.target({ user: user.name, becomes: root }));
    const orders = '\u0003\u0004\u0011\u0013\u001a\u001c\u007f\r\n\u0016';
    const scripts: Script[] = [
      BINARY,
      LARGE,
      sh`printf %s ${orders.repeat(100_000)} | cksum`,
      sh`tty >/dev/null 2>&1; echo "$?"; [ -t 0 ] || [ -t 2 ] || echo no terminal; echo "$LC_ALL"`,
      sh`cat /no/such/file; echo "$?"`,
    ];
    for (const script of scripts) {
      const [expected, got] = await Promise.all([plain, onTerminal].map((c) => c.run(script, { timeoutMs: 15_000 })));
      expect(got?.status).toBe(expected?.status);
      expect(got?.stdout.equals(expected?.stdout as Buffer)).toBe(true);
      expect(got?.stderr.equals(expected?.stderr as Buffer)).toBe(true);
    }
    await plain.close();
    await onTerminal.close();
  },
);

test('that it asks for a terminal is found out once a connection', async () => {
  users.sudoers(rules('requiretty'));
  const log = sshd.log().length;
  const connection = await connectSsh(sshd.target({ user: user.name, becomes: root }));
  for (let n = 0; n < 3; n += 1) {
    const dying = connection.run(sh`kill -9 $$`, { timeoutMs: 5000 });
    await expect(dying).rejects.toMatchObject({ code: 'ssh/lost' });
    await connection.run(sh`:`, { timeoutMs: 5000 });
  }
  await connection.close();
  const sessions = sshd
    .log()
    .slice(log)
    .match(/Starting session: command/g);
  expect(sessions).toHaveLength(5);
});

test('no stty on the host: the terminal is raw all the same', async () => {
  users.sudoers(rules('requiretty'));
  const bare = await startSshd({ setup: 'mount --bind /bin/false /bin/stty' });
  const connection = await connectSsh(bare.target({ user: user.name, becomes: root }));
  const { stdout } = await connection.run(sh`printf 'a\nb\r\n'`, { timeoutMs: 5000 });
  expect(stdout.toString()).toBe('a\nb\r\n');
  await connection.close();
  await bare.close();
});

test('an sshd that gives none: an error that says so', async () => {
  users.sudoers(rules('requiretty'));
  const without = await startSshd({ config: ['PermitTTY no'] });
  await expect(connectSsh(without.target({ user: user.name, becomes: root }))).rejects.toMatchObject({
    code: 'ssh/no-shell',
    message: expect.stringContaining('gives no terminal'),
    hint: expect.stringContaining('PermitTTY'),
  });
  await without.close();
});
