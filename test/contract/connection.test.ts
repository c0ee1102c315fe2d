import { Secret } from '../../src/core/script.js';
import { connectLocal } from '../../src/transport/connect-local.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { recordingConnection, replayConnection } from '../../src/transport/replay.js';
import { startSshd } from '../support/sshd.js';
import { PASSWORD, testUsers } from '../support/users.js';
import { connectionContract, SCRIPTS } from './connection.js';

connectionContract({
  name: 'over SSH',
  live: true,
  async make() {
    const sshd = await startSshd();
    return { connection: await connectSsh(sshd.target()), end: sshd.close };
  },
});

connectionContract({
  name: 'over SSH, as root by sudo, which asks for a terminal and gives one of its own',
  live: true,
  make: () => onTerminal(['requiretty', 'use_pty'], 'root'),
});

connectionContract({
  name: 'over SSH, as another user by sudo with a password, which asks for a terminal',
  live: true,
  make: () => onTerminal(['requiretty', '!use_pty'], 'another'),
});

connectionContract({
  name: 'local',
  live: true,
  make: async () => ({ connection: await connectLocal('here'), end: async () => {} }),
});

connectionContract({
  name: 'local, in bash',
  live: true,
  make: async () => ({ connection: await connectLocal('here', { shell: '/bin/bash' }), end: async () => {} }),
});

connectionContract({
  name: 'replayed',
  live: false,
  async make() {
    const recorder = recordingConnection(await connectLocal('here'));
    for (const { script } of SCRIPTS) await recorder.run(script, { timeoutMs: 10_000 });
    await recorder.close();
    // As it is kept in a file.
    return { connection: replayConnection(JSON.parse(JSON.stringify(recorder.recording()))), end: async () => {} };
  },
});

/** An account for which sudo has these defaults. */
async function onTerminal(defaults: readonly string[], becomes: 'root' | 'another') {
  const users = testUsers();
  const { name } = users.add();
  const user = becomes === 'root' ? 'root' : users.add().name;
  const rule = becomes === 'root' ? 'NOPASSWD: ALL' : 'ALL';
  users.sudoers([...defaults.map((word) => `Defaults:${name} ${word}`), `${name} ALL=(ALL) ${rule}`]);
  const sshd = await startSshd();
  const password = becomes === 'root' ? undefined : new Secret(PASSWORD);
  const end = async () => {
    await sshd.close();
    users.remove();
  };
  try {
    const becomes = { method: 'sudo', user, password } as const;
    return { connection: await connectSsh(sshd.target({ user: name, becomes })), end };
  } catch (error) {
    await end();
    throw error;
  }
}
