import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { sh } from '../../src/core/script.js';
import { connectSsh } from '../../src/transport/connect-ssh.js';
import { readKnownHosts } from '../../src/transport/known-hosts.js';
import { slowness } from '../support/cpu.js';
import { freePort, makeKey, startSshd, type TestSshd, type TestSshdOptions } from '../support/sshd.js';

let sshd: TestSshd;
const ends: (() => unknown)[] = [];
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.close());
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An sshd for one test. */
async function another(options: TestSshdOptions): Promise<TestSshd> {
  const made = await startSshd(options);
  ends.push(made.close);
  return made;
}

/** A connection that is closed after the test. */
async function connected(...args: Parameters<typeof connectSsh>) {
  const connection = await connectSsh(...args);
  ends.push(connection.close);
  return connection;
}

/** A TCP server on a loopback port, gone with its sockets after the test. */
async function tcpServer(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

const echo = sh`echo hello`;
const limits = { timeoutMs: 5000 };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('reaching a host', () => {
  test('a refused connection', async () => {
    const port = await freePort();
    await expect(connectSsh(sshd.target({ port }))).rejects.toMatchObject({
      code: 'ssh/unreachable',
      message: expect.stringContaining('refused'),
      hint: expect.stringContaining(`127.0.0.1:${port}`),
      at: 'node1',
    });
  });

  test('a name that nobody knows', async () => {
    const failing = connectSsh(sshd.target({ address: 'node.invalid' }));
    await expect(failing).rejects.toMatchObject({
      code: 'ssh/unreachable',
      message: expect.stringMatching(/name node.invalid is not known|no answer/),
    });
  });

  test('a server that says nothing ends at the time-out', async () => {
    const port = await tcpServer(() => {});
    const start = performance.now();
    const failing = connectSsh(sshd.target({ port, connectTimeoutMs: 400 }));
    await expect(failing).rejects.toMatchObject({
      code: 'ssh/unreachable',
      message: expect.stringContaining('no answer in time'),
    });
    expect(performance.now() - start).toBeLessThan(1500 * slowness());
  });

  test('a server of another protocol', async () => {
    const port = await tcpServer((socket) => socket.write(`HTTP/1.1 400 Bad Request\r\n\r\n${'x'.repeat(70_000)}`));
    await expect(connectSsh(sshd.target({ port, connectTimeoutMs: 1500 }))).rejects.toMatchObject({
      code: 'ssh/unreachable',
    });
  });

  test('a server that hangs up is tried again until it lets us in, and no longer than the time-out', async () => {
    let calls = 0;
    const port = await tcpServer((socket) => {
      calls += 1;
      if (calls < 3) return socket.destroy();
      const onward = connectTcp(sshd.port, '127.0.0.1');
      onward.on('error', () => {});
      return socket.pipe(onward).pipe(socket);
    });
    writeFileSync(sshd.knownHostsFile, `[127.0.0.1]:${port} ${sshd.hostPublicKey}\n`, { flag: 'a' });
    const connection = await connected(sshd.target({ port }));
    expect((await connection.run(echo, limits)).stdout.toString()).toBe('hello\n');
    expect(calls).toBe(3);
    const never = await tcpServer((socket) => socket.destroy());
    await expect(connectSsh(sshd.target({ port: never, connectTimeoutMs: 700 }))).rejects.toMatchObject({
      code: 'ssh/unreachable',
    });
  });

  // What a busy server does whose client has greeted it already: what it has not read makes a reset of its hanging up.
  test('a server that resets before it has greeted is tried again', async () => {
    let calls = 0;
    const port = await tcpServer((socket) => {
      calls += 1;
      if (calls < 3) return socket.once('data', () => socket.resetAndDestroy());
      const onward = connectTcp(sshd.port, '127.0.0.1');
      onward.on('error', () => {});
      return socket.pipe(onward).pipe(socket);
    });
    writeFileSync(sshd.knownHostsFile, `[127.0.0.1]:${port} ${sshd.hostPublicKey}\n`, { flag: 'a' });
    await connected(sshd.target({ port }));
    expect(calls).toBe(3);
    const never = await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await expect(connectSsh(sshd.target({ port: never, connectTimeoutMs: 700 }))).rejects.toMatchObject({
      code: 'ssh/unreachable',
    });
  });

  test('an address of IPv6 is told in brackets', async () => {
    const failing = connectSsh(sshd.target({ address: '::1', port: await freePort() }));
    await expect(failing).rejects.toMatchObject({ message: expect.stringContaining('[::1]:') });
  });
});

describe('host keys', () => {
  test('an unknown one is refused with its fingerprint and what to do', async () => {
    const told = execFileSync('ssh-keygen', ['-l', '-f', join(sshd.folder, 'host_key.pub')], { encoding: 'utf8' });
    await expect(connectSsh(sshd.target({ knownHostsFiles: [] }))).rejects.toMatchObject({
      code: 'ssh/host-key-unknown',
      message: expect.stringContaining(told.split(' ')[1] ?? '?'),
      hint: expect.stringContaining('--accept-new-host-keys'),
    });
  });

  test('accept-new records it, for many at once, and it is known from then on', async () => {
    const file = join(sshd.folder, 'new', 'known_hosts');
    const more = { knownHostsFiles: [file], strictHostKeyChecking: 'accept-new' as const };
    const second = await another({});
    await Promise.all([sshd, second, sshd, second].map((server) => connected(server.target(more))));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const lines = readFileSync(file, 'utf8').trim().split('\n').sort();
    expect(lines).toEqual([sshd, second].map((server) => `[127.0.0.1]:${server.port} ${server.hostPublicKey}`).sort());
    await connected(second.target({ knownHostsFiles: [file] }));
  });

  test('a key that the host cannot prove to be its own is not recorded', async () => {
    const file = join(sshd.folder, 'unproven');
    // In between, somebody shows the host's key and spoils its signature (64 bytes, after their own length).
    const port = await tcpServer((socket) => {
      const onward = connectTcp(sshd.port, '127.0.0.1');
      onward.on('error', () => {});
      socket.pipe(onward);
      onward.on('data', (chunk) => {
        const at = chunk.indexOf('ssh-ed25519\u0000\u0000\u0000@');
        if (at >= 0) chunk.writeUInt8(chunk.readUInt8(at + 30) ^ 1, at + 30);
        socket.write(chunk);
      });
      ends.push(() => onward.destroy());
    });
    const target = sshd.target({ port, knownHostsFiles: [file], strictHostKeyChecking: 'accept-new' });
    await expect(connectSsh(target)).rejects.toMatchObject({
      code: 'ssh/unreachable',
      message: expect.stringMatching(/signature|verif/i),
    });
    expect(() => statSync(file)).toThrow('ENOENT');
  });

  test('`no` lets an unknown one pass and records nothing', async () => {
    const file = join(sshd.folder, 'none');
    await connected(sshd.target({ knownHostsFiles: [file], strictHostKeyChecking: 'no' }));
    expect(() => statSync(file)).toThrow();
  });

  test.each(['yes', 'accept-new', 'no'] as const)(
    'a changed one is refused always: %s',
    async (strictHostKeyChecking) => {
      const file = join(sshd.folder, 'changed');
      const mine = readFileSync(`${sshd.keyFile}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
      writeFileSync(file, `# a comment\n[127.0.0.1]:${sshd.port} ${mine}\n`);
      await expect(connectSsh(sshd.target({ knownHostsFiles: [file], strictHostKeyChecking }))).rejects.toMatchObject({
        code: 'ssh/host-key-changed',
        message: expect.stringContaining(`${file}:2`),
      });
      expect(readFileSync(file, 'utf8')).toContain(mine);
    },
  );

  test('a certificate authority is told to be unsupported', async () => {
    const file = join(sshd.folder, 'authority');
    writeFileSync(file, `@cert-authority * ${sshd.hostPublicKey}\n`);
    const target = sshd.target({ knownHostsFiles: [file], strictHostKeyChecking: 'accept-new' });
    await expect(connectSsh(target)).rejects.toMatchObject({
      code: 'ssh/host-key-unknown',
      message: expect.stringContaining(`${file}:1`),
    });
  });

  test('of several keys a host has, the known one is asked for', async () => {
    const extra = join(sshd.folder, 'rsa_host_key');
    makeKey(extra, 'rsa');
    const two = await another({ config: [`HostKey ${extra}`] });
    const known = join(sshd.folder, 'rsa-known');
    writeFileSync(known, `[127.0.0.1]:${two.port} ${readFileSync(`${extra}.pub`, 'utf8')}`);
    const connection = await connected(two.target({ knownHostsFiles: [known] }));
    expect(connection.host).toBe('node1');
  });

  test('an alias is what the key is looked up by', async () => {
    const file = join(sshd.folder, 'alias');
    writeFileSync(file, `the-alias ${sshd.hostPublicKey}\n`);
    await connected(sshd.target({ knownHostsFiles: [file], hostKeyAlias: 'the-alias' }));
  });

  test('rekeying asks the files no second time', async () => {
    const rekeying = await another({ config: ['RekeyLimit 1M'] });
    const known = readKnownHosts([rekeying.knownHostsFile]);
    const judge = vi.spyOn(known, 'judge');
    const connection = await connected(rekeying.target(), { knownHosts: known });
    const { stdout } = await connection.run(sh`head -c 5000000 /dev/zero`, { timeoutMs: 15_000 });
    expect([stdout.length, judge.mock.calls.length]).toEqual([5_000_000, 1]);
  });
});

describe('logging in', () => {
  test('a key the host does not take is named, with the user', async () => {
    const stranger = join(sshd.folder, 'stranger');
    makeKey(stranger, 'rsa');
    await expect(connectSsh(sshd.target({ privateKeyFiles: [stranger] }))).rejects.toMatchObject({
      code: 'ssh/auth',
      message: expect.stringMatching(new RegExp(`root.*${stranger}`)),
    });
  });

  test('an unknown user, one that would forge a line', async () => {
    const failing = connectSsh(sshd.target({ user: 'no\u001b[31mbody\n' }));
    await expect(failing).rejects.toMatchObject({
      code: 'ssh/auth',
      message: expect.stringContaining('no\\x1b[31mbody\\n'),
    });
  });

  test('the second of several keys', async () => {
    const first = join(sshd.folder, 'first');
    makeKey(first, 'ecdsa');
    await connected(sshd.target({ privateKeyFiles: [first, sshd.keyFile] }));
  });

  test('default keys, where none is named; a useless one among them is passed over', async () => {
    const broken = join(sshd.folder, 'broken');
    writeFileSync(broken, 'not a key');
    await connected(sshd.target({ privateKeyFiles: [] }), { defaultKeyFiles: [broken, sshd.keyFile] });
    await expect(connectSsh(sshd.target({ privateKeyFiles: [] }))).rejects.toMatchObject({ code: 'ssh/auth' });
  });

  test('a missing key file', async () => {
    await expect(connectSsh(sshd.target({ privateKeyFiles: ['/nowhere/id'] }))).rejects.toMatchObject({
      code: 'ssh/key-file',
      message: expect.stringContaining('/nowhere/id'),
    });
  });

  test('a locked key: refused without passphrase or agent, taken through an agent that holds it', async () => {
    const locked = join(sshd.folder, 'locked');
    makeKey(locked, 'ed25519', ['-N', 'sesame']);
    writeFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${locked}.pub`), { flag: 'a' });
    await expect(connectSsh(sshd.target({ privateKeyFiles: [locked] }))).rejects.toMatchObject({
      code: 'ssh/key-file',
      hint: expect.stringContaining(`ssh-add ${locked}`),
    });
    const agentSocket = await agentWith(locked, 'sesame');
    await connected(sshd.target({ privateKeyFiles: [locked] }), { agentSocket });
    await connected(sshd.target({ privateKeyFiles: [], agentSocket }));
  });

  test('an agent that is not there does not matter where a key does', async () => {
    await connected(sshd.target({ agentSocket: '/nowhere/agent' }));
    const failing = connectSsh(sshd.target({ privateKeyFiles: [], agentSocket: '/nowhere/agent' }));
    await expect(failing).rejects.toMatchObject({
      code: 'ssh/auth',
      message: expect.stringContaining('not the agent'),
    });
  });

  async function agentWith(file: string, passphrase: string): Promise<string> {
    const socket = join(sshd.folder, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    ends.push(() => agent.kill('SIGTERM'));
    await vi.waitFor(() => statSync(socket));
    const open = join(sshd.folder, 'unlocked');
    writeFileSync(open, readFileSync(file), { mode: 0o600 });
    execFileSync('ssh-keygen', ['-q', '-p', '-P', passphrase, '-N', '', '-f', open], { stdio: 'ignore' });
    execFileSync('ssh-add', ['-q', open], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
    return socket;
  }
});

describe('the shell', () => {
  test.each([
    {
      about: 'noise before and a banner',
      config: ['Banner BANNER', 'ForceCommand echo noise; echo b-noise >&2; eval "$SSH_ORIGINAL_COMMAND"'],
    },
    {
      about: 'noise in the background that goes on',
      config: ['ForceCommand (for i in 1 2 3 4 5 6; do echo tick; sleep 0.05; done) & eval "$SSH_ORIGINAL_COMMAND"'],
    },
    { about: 'bash as the shell', config: ['ForceCommand exec bash --posix'] },
  ])('is not confused by $about', async ({ config }) => {
    const banner = join(sshd.folder, 'banner');
    writeFileSync(banner, 'Authorized use only\n');
    const noisy = await another({ config: config.map((line) => line.replace('BANNER', banner)) });
    const connection = await connected(noisy.target());
    await pause(350);
    const result = await connection.run(sh`echo hello; echo err >&2`, limits);
    expect([result.stdout.toString(), result.stderr.toString()]).toEqual(['hello\n', 'err\n']);
  });

  test.each([
    { about: 'an account that may not log in', command: '/usr/sbin/nologin', says: /not available/ },
    { about: 'a restricted shell', command: 'bash -r -c "$SSH_ORIGINAL_COMMAND"', says: /restricted/ },
    { about: 'a command that ends', command: 'true', says: /exited with 0/ },
    { about: 'an echo of what is sent', command: 'cat', says: /no answer in time/ },
    { about: 'silence', command: 'sleep 5', says: /no answer in time/ },
  ])('none from $about', async ({ command, says }) => {
    const odd = await another({ config: [`ForceCommand ${command}`] });
    const failing = connectSsh(odd.target({ connectTimeoutMs: 1500 }));
    await expect(failing).rejects.toMatchObject({ code: 'ssh/no-shell', message: expect.stringMatching(says) });
  });

  test('each script is one exchange, and its bytes are counted', async () => {
    const exchanges: { sentBytes: number; receivedBytes: number }[] = [];
    const connection = await connected(sshd.target(), { onExchange: (exchange) => exchanges.push(exchange) });
    await connection.run(echo, limits);
    await connection.run(sh`head -c 5000 /dev/zero`, limits);
    expect(exchanges).toHaveLength(2);
    expect(exchanges[0]).toMatchObject({ host: 'node1' });
    expect(exchanges[1]?.receivedBytes).toBeGreaterThan(5000);
    expect(exchanges[1]?.receivedBytes).toBeLessThan(5300);
  });

  test('a script that prints without end is killed at the limit', async () => {
    const connection = await connected(sshd.target(), { maxOutputBytes: 1_000_000 });
    await expect(connection.run(sh`yes`, { timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'script/failed' });
    expect((await connection.run(echo, limits)).stdout.toString()).toBe('hello\n');
  });

  test('with MaxSessions 1 a time-out cannot be enforced: the connection is closed', async () => {
    const narrow = await another({ config: ['MaxSessions 1'] });
    const connection = await connected(narrow.target());
    await expect(connection.run(sh`echo a; sleep 1; :`, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'ssh/lost',
      hint: expect.stringContaining('MaxSessions'),
    });
    await expect(connection.run(echo, limits)).rejects.toMatchObject({ code: 'ssh/lost' });
  });
});

describe('losing the connection', () => {
  test("the server's process dies under a script", async () => {
    const connection = await connected(sshd.target());
    const start = performance.now();
    const dying = connection.run(sh`kill -9 "$PPID"; sleep 50`, { timeoutMs: 60_000 });
    await expect(dying).rejects.toMatchObject({ code: 'ssh/lost', at: 'node1' });
    expect(performance.now() - start).toBeLessThan(4500 * slowness());
    await expect(connection.run(echo, limits)).rejects.toMatchObject({ code: 'ssh/lost' });
    await expect(connection.tunnel('127.0.0.1', 1)).rejects.toMatchObject({ code: 'ssh/lost' });
  });

  /** A way to the sshd that can be cut or frozen. */
  async function throughWire() {
    const ways: Socket[] = [];
    const port = await tcpServer((socket) => {
      const onward = connectTcp(sshd.port, '127.0.0.1');
      onward.on('error', () => {});
      socket.pipe(onward).pipe(socket);
      ways.push(socket, onward);
    });
    writeFileSync(sshd.knownHostsFile, `[127.0.0.1]:${port} ${sshd.hostPublicKey}\n`, { flag: 'a' });
    ends.push(() =>
      ways.forEach((way) => {
        way.destroy();
      }),
    );
    return { target: sshd.target({ port }), ways };
  }

  test('a reset while nothing runs is no uncaught error, and the next run tells', async () => {
    const { target, ways } = await throughWire();
    const connection = await connected(target);
    ways[0]?.resetAndDestroy();
    await pause(100);
    await expect(connection.run(echo, limits)).rejects.toMatchObject({ code: 'ssh/lost' });
  });

  test('keepalive finds a peer that has gone silent', async () => {
    const { target, ways } = await throughWire();
    const connection = await connected(target, { keepaliveIntervalMs: 200, keepaliveCountMax: 2 });
    expect((await connection.run(echo, limits)).status).toBe(0);
    for (const way of ways) way.unpipe().pause();
    const start = performance.now();
    await expect(connection.run(echo, { timeoutMs: 15_000 })).rejects.toMatchObject({
      code: 'ssh/lost',
      message: expect.stringContaining('Keepalive'),
    });
    expect(performance.now() - start).toBeLessThan(10_000 * slowness());
  });

  test('close does not wait for ever on a peer that has gone silent', async () => {
    const { target, ways } = await throughWire();
    const connection = await connected(target, { keepaliveIntervalMs: 0 });
    for (const way of ways) way.unpipe().pause();
    const start = performance.now();
    await connection.close();
    expect(performance.now() - start).toBeLessThan(4000 * slowness());
  });

  test('close while a script runs fails the script', async () => {
    const connection = await connected(sshd.target());
    const running = connection.run(sh`sleep 1; :`, limits);
    const failed = expect(running).rejects.toMatchObject({ code: 'ssh/lost' });
    await pause(100);
    await connection.close();
    await failed;
  });
});

describe('through a jump host', () => {
  test('works, two deep, and each is checked by its own known hosts', async () => {
    const [second, third] = [await another({}), await another({})];
    const jump = second.target({ name: 'jump2', jump: sshd.target({ name: 'jump1' }) });
    const connection = await connected(third.target({ jump }));
    expect((await connection.run(sh`echo "$SSH_CONNECTION"`, limits)).stdout.toString()).toContain(`${third.port}`);
    expect(sshd.log()).toContain('Accepted publickey');
    const careless = third.target({ jump: { ...jump, knownHostsFiles: [] } });
    await expect(connectSsh(careless)).rejects.toMatchObject({ code: 'ssh/host-key-unknown', at: 'jump2' });
  });

  test('a jump host that lets nothing through, or nothing behind it', async () => {
    const closed = await another({ config: ['AllowTcpForwarding no'] });
    await expect(connectSsh(sshd.target({ jump: closed.target({ name: 'bastion' }) }))).rejects.toMatchObject({
      code: 'ssh/unreachable',
      message: expect.stringMatching(/node1.*bastion.*prohibited/),
    });
    const nothing = sshd.target({ port: await freePort(), jump: sshd.target({ name: 'bastion' }) });
    await expect(connectSsh(nothing)).rejects.toMatchObject({
      code: 'ssh/unreachable',
      message: expect.stringContaining('bastion'),
    });
  });
});
