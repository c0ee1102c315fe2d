import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SshTarget } from '../../src/transport/ssh-target.js';

/** A real sshd on a loopback port, with a folder, host key and user key of its own. */
export interface TestSshd {
  readonly port: number;
  /** Its own folder; goes with it. */
  readonly folder: string;
  /** A private key that root may log in with. */
  readonly keyFile: string;
  /** A known_hosts file that knows this sshd. */
  readonly knownHostsFile: string;
  /** `ssh-ed25519 AAAA...`. */
  readonly hostPublicKey: string;
  /** How to reach it as root. */
  target(more?: Partial<SshTarget>): SshTarget;
  /** All that it has logged. */
  log(): string;
  close(): Promise<void>;
}

export interface TestSshdOptions {
  /** Lines for sshd_config, which win over the helper's own. */
  readonly config?: readonly string[];
  readonly hostKeyType?: 'ed25519' | 'ecdsa' | 'rsa';
  /** Shell commands that run before it, in a mount namespace of its own. */
  readonly setup?: string | undefined;
}

/** Starts Debian's sshd as root; it is gone, with its folder and its children, after `close()`. */
export async function startSshd({
  config = [],
  hostKeyType = 'ed25519',
  setup,
}: TestSshdOptions = {}): Promise<TestSshd> {
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  // What runs before it may put something over /tmp.
  const folder = mkdtempSync(join(setup === undefined ? tmpdir() : '/var/tmp', 'test-sshd-'));
  chmodSync(folder, 0o755); // a user that is logged in may read authorized_keys
  const [hostKey, keyFile] = [join(folder, 'host_key'), join(folder, 'user_key')];
  mkdirSync(join(folder, 'home'), { mode: 0o700 });
  makeKey(hostKey, hostKeyType);
  makeKey(keyFile, 'ed25519');
  writeFileSync(join(folder, 'authorized_keys'), readFileSync(`${keyFile}.pub`));
  const port = await freePort();
  writeFileSync(join(folder, 'config'), sshdConfig(folder, hostKey, config));
  const logFile = join(folder, 'log');
  writeFileSync(logFile, '');
  const sshd = ['/usr/sbin/sshd', '-D', '-e', '-f', join(folder, 'config'), '-p', String(port)];
  const inNamespace = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', `set -e; ${setup}\nexec "$@"`, 'sh'];
  const [program = '', ...args] = setup === undefined ? sshd : [...inNamespace, ...sshd];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr?.on('data', (chunk: Buffer) => appendFileSync(logFile, chunk));
  await listening(child, port, () => readFileSync(logFile, 'utf8'));
  const hostPublicKey = readFileSync(`${hostKey}.pub`, 'utf8').split(' ').slice(0, 2).join(' ').trim();
  const knownHostsFile = join(folder, 'known_hosts');
  writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${hostPublicKey}\n`);
  return {
    port,
    folder,
    keyFile,
    knownHostsFile,
    hostPublicKey,
    target: (more = {}) => ({
      name: 'node1',
      address: '127.0.0.1',
      port,
      user: 'root',
      privateKeyFiles: [keyFile],
      knownHostsFiles: [knownHostsFile],
      connectTimeoutMs: 10_000,
      ...more,
    }),
    log: () => readFileSync(logFile, 'utf8'),
    close: () => stop(child, folder),
  };
}

/** A key pair without a passphrase, unless one is given. */
export function makeKey(file: string, type: 'ed25519' | 'ecdsa' | 'rsa', more: readonly string[] = ['-N', '']): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-f', file, '-C', 'test', ...more]);
}

/** A loopback port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** sshd takes the first value that it reads of each option. */
function sshdConfig(folder: string, hostKey: string, config: readonly string[]): string {
  const locked = /^root:!/m.test(readFileSync('/etc/shadow', 'utf8'));
  return [
    ...config,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'PidFile none',
    'PermitRootLogin yes',
    // Of this one the last value counts, not the first.
    ...(config.some((line) => line.startsWith('MaxStartups')) ? [] : ['MaxStartups 200']),
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    // Without PAM, sshd lets nobody in whose password is locked.
    `UsePAM ${locked ? 'yes' : 'no'}`,
    // What this machine's own .bashrc does is no matter of a test, and may take its time.
    'Match User root',
    `SetEnv HOME=${join(folder, 'home')}`,
    '',
  ].join('\n');
}

async function listening(child: ChildProcess, port: number, log: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`sshd did not start: ${log()}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() !== undefined));
      socket.on('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`sshd does not listen: ${log()}`);
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
}
