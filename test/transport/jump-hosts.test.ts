import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import ssh2 from 'ssh2';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Connection } from '../../src/core/connection.js';
import { sh } from '../../src/core/script.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { JumpHosts } from '../../src/transport/jump-hosts.js';
import type { SshTarget } from '../../src/transport/ssh-target.js';
import { freePort, startSshd, type TestSshd } from '../support/sshd.js';
import { tcpProxy } from '../support/tcp-proxy.js';

let host: TestSshd;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  host = await startSshd();
});
afterAll(() => host.close());
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function bastion(config: readonly string[] = []): Promise<TestSshd> {
  const made = await startSshd({ config });
  ends.push(made.close);
  return made;
}

const behind = (jump: SshTarget, count: number) =>
  Array.from({ length: count }, (_, index) => host.target({ name: `node${index}`, jump, connectTimeoutMs: 15_000 }));
const logins = (sshd: TestSshd) => sshd.log().match(/Accepted publickey/g)?.length ?? 0;
const hello = async (connection: Connection) =>
  (await connection.run(sh`echo hello`, { timeoutMs: 10_000 })).stdout.toString();

test('twenty hosts behind one jump host share one connection to it, which ends with the last of them', async () => {
  const gate = await bastion(['LogLevel VERBOSE']);
  const jumpHosts = new JumpHosts();
  const jump = gate.target({ name: 'gate' });
  const connections = await Promise.all(behind(jump, 20).map((target) => connectSsh(target, { jumpHosts })));
  expect(await Promise.all(connections.map(hello))).toEqual(Array(20).fill('hello\n'));
  expect(logins(gate)).toBe(1);
  await Promise.all(connections.slice(1).map((connection) => connection.close()));
  expect(await hello(connections[0] as Connection)).toBe('hello\n');
  expect(gate.log()).not.toMatch(/Received disconnect|Disconnected from/);
  await connections[0]?.close();
  await vi.waitFor(() => expect(gate.log()).toMatch(/Received disconnect|Disconnected from/), { timeout: 3000 });
  // It is opened again for who comes later.
  const later = await connectSsh(behind(jump, 1)[0] as SshTarget, { jumpHosts });
  expect(await hello(later)).toBe('hello\n');
  await later.close();
  expect(logins(gate)).toBe(2);
});

test('who would log in to it or check it differently does not share', async () => {
  const gate = await bastion();
  const jumpHosts = new JumpHosts();
  const jump = gate.target({ name: 'gate' });
  const careless = { ...jump, strictHostKeyChecking: 'no' as const, knownHostsFiles: [] };
  const [one] = behind(jump, 1);
  const [other] = behind(careless, 1);
  const connections = await Promise.all([one, other].map((target) => connectSsh(target as SshTarget, { jumpHosts })));
  expect(logins(gate)).toBe(2);
  await Promise.all(connections.map((connection) => connection.close()));
  const unknown = { ...jump, knownHostsFiles: [] };
  await expect(connectSsh(behind(unknown, 1)[0] as SshTarget, { jumpHosts })).rejects.toMatchObject({
    code: 'ssh/host-key-unknown',
    at: 'gate',
  });
});

test.each([
  { about: 'cut', fault: { cutAfter: 0 } },
  { about: 'frozen', fault: { freezeAfter: 0 } },
])('with a jump host that is $about all hosts behind it are lost, and it is named', async ({ fault }) => {
  const gate = await bastion();
  const proxy = await tcpProxy(gate.port);
  ends.push(proxy.close);
  const jump = gate.target({
    ...{ name: 'gate', port: proxy.port, keepaliveIntervalMs: 300, keepaliveCountMax: 2 },
  });
  writeFileSync(gate.knownHostsFile, `[127.0.0.1]:${proxy.port} ${gate.hostPublicKey}\n`);
  const jumpHosts = new JumpHosts();
  const connections = await Promise.all(behind(jump, 5).map((target) => connectSsh(target, { jumpHosts })));
  const running = connections.map((connection) => connection.run(sh`sleep 20`, { timeoutMs: 25_000 }));
  proxy.fail({ up: fault, down: fault });
  for (const [index, outcome] of (await Promise.allSettled(running)).entries()) {
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { code: 'ssh/lost', at: `node${index}`, message: expect.stringContaining('jump host gate') },
    });
  }
  await Promise.all(connections.map((connection) => connection.close()));
});

test('a jump host that cannot be reached is tried once for all, and again later', async () => {
  const gate = await bastion();
  const jumpHosts = new JumpHosts();
  let calls = 0;
  const port = await freePort();
  const jump = gate.target({ name: 'gate', port, connectTimeoutMs: 400 });
  const hold = jumpHosts.hold(jump, async () => {
    calls += 1;
    throw new Error('no road');
  });
  const asked = () => hold.channel('h', 22, performance.now() + 1000).catch((error: Error) => error.message);
  expect(await Promise.all([asked(), asked(), asked()])).toEqual(Array(3).fill('no road'));
  expect(await asked()).toBe('no road');
  expect(calls).toBe(1);
  await vi.waitFor(async () => {
    await asked();
    expect(calls).toBe(2);
  });
  await hold.release();
});

test('a jump host that has no room for more channels is given another connection', async () => {
  const { target, connections } = await narrowGate(3);
  const jumpHosts = new JumpHosts();
  const made = await Promise.all(behind(target, 8).map((one) => connectSsh(one, { jumpHosts })));
  expect(await Promise.all(made.map(hello))).toEqual(Array(8).fill('hello\n'));
  expect(connections()).toBe(3);
  await Promise.all(made.map((connection) => connection.close()));
});

/** A server of the SSH library's own, which takes so many forwarded channels on a connection and no more. */
async function narrowGate(room: number): Promise<{ target: SshTarget; connections(): number }> {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  let connections = 0;
  const server = new ssh2.Server({ hostKeys: [privateKey] }, (client) => {
    connections += 1;
    let open = 0;
    // The library refuses for a shortage where its list of channels is full.
    const { _chanMgr: channels } = client as unknown as { _chanMgr: { add(): number } };
    const add = channels.add.bind(channels);
    channels.add = () => (open < room ? add() : -1);
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('tcpip', (accept, _reject, info) => {
      open += 1;
      const channel = accept();
      const onward = connectTcp(info.destPort, '127.0.0.1');
      onward.on('error', () => {});
      channel.on('close', () => {
        open -= 1;
      });
      channel.pipe(onward).pipe(channel);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  const { port } = server.address() as { port: number };
  const target = host.target({ name: 'gate', port, strictHostKeyChecking: 'no', knownHostsFiles: [] });
  return { target, connections: () => connections };
}
