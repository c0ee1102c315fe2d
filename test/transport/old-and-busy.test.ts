import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sh } from '../../src/core/script.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { lookUpHost } from '../../src/transport/ssh-config.js';
import { parseSshConfig } from '../../src/transport/ssh-config-line.js';
import { sshSettings } from '../../src/transport/ssh-settings.js';
import { startSshd, type TestSshd } from '../support/sshd.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function server(config: readonly string[], hostKeyType?: 'rsa') {
  const made = await startSshd({ config, ...(hostKeyType && { hostKeyType }) });
  ends.push(made.close);
  return made;
}

function algorithmsOf(config: string, host: string) {
  const files = [parseSshConfig(config, 'config').map((line) => ({ line }))];
  const asker = { home: '/', localUser: 'me', localHost: 'desk', env: () => undefined };
  return sshSettings(lookUpHost({ host, given: [], files, localUser: 'me' }), host, asker).algorithms;
}

describe('a server as old as OpenSSH 5', () => {
  const OLD = [
    'KexAlgorithms diffie-hellman-group1-sha1',
    'Ciphers 3des-cbc',
    'MACs hmac-md5',
    'HostKeyAlgorithms ssh-rsa',
  ];
  const CONFIG =
    'Host old\n  KexAlgorithms +diffie-hellman-group1-sha1\n  Ciphers +3des-cbc\n  MACs +hmac-md5\n  HostKeyAlgorithms +ssh-rsa\n';

  let old: TestSshd;
  beforeAll(async () => {
    old = await startSshd({ config: OLD, hostKeyType: 'rsa' });
  });
  afterAll(() => old?.close());

  test('is refused where the configuration does not name it, with what to do', async () => {
    const target = old.target({ algorithms: algorithmsOf(CONFIG, 'new') });
    await expect(connectSsh(target)).rejects.toMatchObject({
      code: 'ssh/unreachable',
      hint: expect.stringContaining('KexAlgorithms'),
    });
  });

  test('is reached where it does', async () => {
    const connection = await connectSsh(old.target({ algorithms: algorithmsOf(CONFIG, 'old') }));
    expect((await connection.run(sh`echo hello`, { timeoutMs: 5000 })).stdout.toString()).toBe('hello\n');
    await connection.close();
  });
});

test.each([
  {
    about: 'OpenSSH 7.4, without newer algorithms',
    config: [
      'KexAlgorithms curve25519-sha256@libssh.org,ecdh-sha2-nistp256,diffie-hellman-group14-sha1',
      'Ciphers chacha20-poly1305@openssh.com,aes128-ctr',
      'MACs umac-64-etm@openssh.com,hmac-sha2-256',
    ],
  },
  {
    about: 'one that takes the newest only',
    config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256', 'Ciphers aes256-gcm@openssh.com'],
  },
])('$about is reached with what is usual', async ({ config }) => {
  const made = await server(config);
  await (await connectSsh(made.target())).close();
});

test('of a server with several keys the known one comes, also with a configuration of its own order', async () => {
  const made = await server([], 'rsa');
  await (await connectSsh(made.target())).close();
  const named = algorithmsOf('HostKeyAlgorithms ssh-ed25519,rsa-sha2-256', 'any');
  await (await connectSsh(made.target({ algorithms: named }))).close();
  const without = algorithmsOf('HostKeyAlgorithms ssh-ed25519', 'any');
  await expect(connectSsh(made.target({ algorithms: without }))).rejects.toMatchObject({ code: 'ssh/unreachable' });
});

test('twenty at once get past MaxStartups 2:100:2', async () => {
  const busy = await server(['MaxStartups 2:100:2', 'LogLevel VERBOSE']);
  const target = busy.target({ connectTimeoutMs: 120_000 });
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => connectSsh(target)));
  await Promise.all(all.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
  expect(all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))).toEqual([]);
  expect(busy.log().match(/Accepted publickey/g)).toHaveLength(20);
  // It has really turned some away.
  expect(busy.log()).toMatch(/drop connection|past MaxStartups/);
}, 150_000);
