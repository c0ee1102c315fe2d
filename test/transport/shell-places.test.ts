import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Connection } from '../../src/core/connection.js';
import { type Script, sh } from '../../src/core/script.js';
import { writeFileScript } from '../../src/core/write-file.js';
import type { Become } from '../../src/transport/become.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { inTurn } from '../support/in-gate.js';
import { startSshd } from '../support/sshd.js';
import { type TestUser, type TestUsers, testUsers } from '../support/users.js';

let users: TestUsers;
let user: TestUser;
beforeAll(() => {
  users = testUsers();
  user = users.add();
  users.sudoers([`Defaults:${user.name} requiretty`, `${user.name} ALL=(ALL) NOPASSWD: ALL`]);
});
afterAll(() => users.remove());

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Host {
  /** Shell commands that run before sshd, in a mount namespace of its own. */
  readonly setup: string;
  readonly config?: readonly string[];
  /** Sudo that asks for a terminal, which needs a place for the errors of scripts. */
  readonly onTerminal?: boolean;
}

async function connected({ setup, config = [], onTerminal = false }: Host): Promise<Connection> {
  const sshd = await startSshd({ config, setup });
  ends.push(sshd.close);
  const becomes: Become = { method: 'sudo', user: 'root' };
  return connectSsh(sshd.target(onTerminal ? { user: user.name, becomes } : {}));
}

const READ_ONLY = 'mount -o remount,ro,bind /';

/** A host of each kind, and a place there that takes a file. */
const HOSTS: readonly (Host & { readonly about: string; readonly writable: string })[] = [
  { about: 'a /tmp without exec', setup: 'mount -t tmpfs -o noexec,mode=1777 none /tmp', writable: '/tmp' },
  { about: 'a read-only root', setup: `mount -t tmpfs none /mnt; ${READ_ONLY}`, writable: '/mnt' },
  { about: 'no /tmp at all', setup: 'mount -t tmpfs none /mnt; mount -t tmpfs -o mode=0 none /tmp', writable: '/mnt' },
  { about: 'no HOME', setup: 'mount -t tmpfs -o ro none /root', writable: '/run' },
  {
    about: 'a mask of 077 and a PATH of nothing there is',
    setup: 'umask 077',
    config: ['SetEnv PATH=/nowhere HOME='],
    writable: '/run',
  },
];

describe.each(inTurn(HOSTS, [{ onTerminal: true }, { onTerminal: false }]))(
  'a host with $about (on a terminal: $onTerminal)',
  (host) => {
    test('facts are read, a file is written whole where it can be, and nothing is left where it cannot', async () => {
      const connection = await connected(host);
      const run = async (script: Script) => {
        const { stdout, stderr, status } = await connection.run(script, { timeoutMs: 5000 });
        return { stdout: stdout.toString(), stderr: stderr.toString(), status };
      };
      const facts = sh`ip -o addr show lo >/dev/null && cat /proc/mounts >/dev/null && echo read; echo err >&2`;
      expect(await run(facts)).toEqual({ stdout: 'read\n', stderr: 'err\n', status: 0 });

      const folder = `${host.writable}/test-places-${process.pid}`;
      const content = Buffer.from('\u0000a "unit"\r\n\nfile ');
      const path = `${folder}/unit`;
      const write = writeFileScript({ path, content, mode: '0644' }, '0011');
      expect(await run(sh`mkdir -p ${folder} && ${write}`)).toEqual({ stdout: '', stderr: '', status: 0 });
      expect((await run(sh`cat ${path}; ls -A ${folder}; stat -c %a ${path}`)).stdout).toBe(
        `${content.toString('latin1')}unit\n644\n`,
      );
      await run(sh`rm -r ${folder}`);

      const refused = await run(writeFileScript({ path: '/sys/kernel/no', content }, '0022'));
      expect([refused.status, refused.stderr]).toEqual([1, 'cannot create a file in /sys/kernel/\n']);
      if (host.about === 'a read-only root') {
        const failed = await run(writeFileScript({ path: '/etc/hostname', content }, '0033'));
        expect([failed.status, failed.stderr]).toEqual([1, 'cannot create a file in /etc/\n']);
        expect((await run(sh`ls -A /etc | grep -c fix-flannel`)).stdout).toBe('0\n');
      }
      if (host.onTerminal) {
        const left = await run(sh`ls -A /dev/shm /run /tmp /var/tmp 2>/dev/null | grep -c ${'^\\.fix-flannel'}`);
        expect(left.stdout).toBe('0\n');
      }
      await connection.close();
    });
  },
);

test('a full disk: the file is as it was, and the words of the host are told', async () => {
  const connection = await connected({ setup: 'mount -t tmpfs -o size=64k none /mnt; echo old >/mnt/unit' });
  const big = Buffer.alloc(200_000, 'x');
  const write = await connection.run(writeFileScript({ path: '/mnt/unit', content: big }, '0044'), { timeoutMs: 5000 });
  expect(write.stderr.toString()).toMatch(/No space left|cannot write/);
  expect(write.status).toBe(1);
  const after = await connection.run(sh`cat /mnt/unit; ls -A /mnt`, { timeoutMs: 5000 });
  expect(after.stdout.toString()).toBe('old\nunit\n');
  await connection.close();
});

test('sudo on a terminal where no folder takes a file: an error that says so', async () => {
  const folders = ['/dev/shm', '/run', '/tmp', '/var/tmp', '/root'];
  const setup = folders.map((folder) => `mount --bind ${folder} ${folder}; mount -o remount,ro,bind ${folder}`);
  await expect(connected({ setup: setup.join('; '), onTerminal: true })).rejects.toMatchObject({
    code: 'ssh/no-shell',
    message: expect.stringContaining('no folder is writable'),
  });
});
