import { connectLocal } from '../../src/transport/connect-local.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { recordingConnection, replayConnection } from '../../src/transport/replay.js';
import { startSshd } from '../support/sshd.js';
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
