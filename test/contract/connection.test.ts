import { afterAll, beforeAll } from 'vitest';
import { Secret } from '../../src/core/script.js';
import { connectLocal } from '../../src/transport/connect-local.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { recordingConnection, replayConnection } from '../../src/transport/replay.js';
import { startSshd, type TestSshd } from '../support/sshd.js';
import { PASSWORD, type TestUser, type TestUsers, testUsers } from '../support/users.js';
import { connectionContract, SCRIPTS } from './connection.js';

let sshd: TestSshd;
let users: TestUsers;
let login: TestUser;
let other: TestUser;
beforeAll(async () => {
  users = testUsers();
  [login, other] = [users.add(), users.add()];
  sshd = await startSshd();
});
afterAll(async () => {
  await sshd?.close();
  users?.remove();
});

connectionContract({
  name: 'over SSH',
  live: true,
  make: () => connectSsh(sshd.target()),
});

connectionContract({
  name: 'over SSH, as root by sudo, which asks for a terminal and gives one of its own',
  live: true,
  modest: true,
  make() {
    allow(['requiretty', 'use_pty'], 'NOPASSWD: ALL');
    return connectSsh(sshd.target({ user: login.name, becomes: { method: 'sudo', user: 'root' } }));
  },
});

connectionContract({
  name: 'over SSH, as another user by sudo with a password, which asks for a terminal',
  live: true,
  modest: true,
  make() {
    allow(['requiretty', '!use_pty'], 'ALL');
    const becomes = { method: 'sudo', user: other.name, password: new Secret(PASSWORD) } as const;
    return connectSsh(sshd.target({ user: login.name, becomes }));
  },
});

/** Lets the login be anybody, with these defaults, as long as one kit is tried. */
function allow(defaults: readonly string[], what: string): void {
  users.sudoers([...defaults.map((word) => `Defaults:${login.name} ${word}`), `${login.name} ALL=(ALL) ${what}`]);
}

connectionContract({
  name: 'local',
  live: true,
  make: () => connectLocal('here'),
});

connectionContract({
  name: 'local, in bash',
  live: true,
  modest: true,
  make: () => connectLocal('here', { shell: '/bin/bash' }),
});

connectionContract({
  name: 'replayed',
  live: false,
  async make() {
    const recorder = recordingConnection(await connectLocal('here'));
    for (const { script } of SCRIPTS) await recorder.run(script, { timeoutMs: 10_000 });
    await recorder.close();
    // As it is kept in a file.
    return replayConnection(JSON.parse(JSON.stringify(recorder.recording())));
  },
});
