import { expect, test } from 'vitest';
import { sh } from '../../src/core/script.js';
import { connectLocal } from '../../src/transport/connect-local.js';

const limits = { timeoutMs: 5000 };

test.each([
  { about: 'is not there', shell: '/nowhere/sh', says: /ENOENT/ },
  { about: 'ends at once', shell: '/bin/true', says: /exited with 0/ },
  { about: 'is no shell', shell: '/bin/cat', says: /invalid option/ },
])('a shell that $about is told', async ({ shell, says }) => {
  await expect(connectLocal('here', { shell, openTimeoutMs: 500 })).rejects.toMatchObject({
    code: 'ssh/no-shell',
    at: 'here',
    message: expect.stringMatching(says),
  });
});

test('a shell of another process group, so that Ctrl-C in the terminal does not end it', async () => {
  const connection = await connectLocal('here');
  const { stdout } = await connection.run(sh`cut -d' ' -f5 /proc/$$/stat`, limits);
  expect(stdout.toString()).toBe((await connection.run(sh`echo $$`, limits)).stdout.toString());
  await connection.close();
});

test('close ends the shell, and a script that still runs in it', async () => {
  const connection = await connectLocal('here');
  const shell = Number((await connection.run(sh`echo $$`, limits)).stdout);
  const running = connection.run(sh`sleep 1.5; :`, limits).catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await connection.close();
  expect(await running).toMatchObject({ code: 'ssh/lost' });
  expect(() => process.kill(shell, 0)).toThrow('ESRCH');
});

test("a script's environment is what was given, besides the locale and the system folders", async () => {
  const connection = await connectLocal('here', { env: { PATH: '/bin', GIVEN: 'yes', HISTFILE: '/tmp/history' } });
  const { stdout } = await connection.run(sh`echo "$GIVEN $LC_ALL $PATH [$HISTFILE]"`, limits);
  expect(stdout.toString()).toBe('yes C /bin:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin []\n');
  await connection.close();
});
