import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Secret } from '../../src/core/script.js';

/** Certificates for tests: a CA, etcd's own, a client's, an expired client's, and another CA that signed none of them. */
export interface Pki {
  readonly folder: string;
  readonly ca: Secret;
  readonly otherCa: Secret;
  readonly client: { readonly cert: Secret; readonly key: Secret };
  readonly expired: { readonly cert: Secret; readonly key: Secret };
  /** Paths, for etcd's flags. */
  readonly files: (name: 'ca' | 'server' | 'client' | 'expired' | 'stranger') => { cert: string; key: string };
  remove(): void;
}

/** Makes them with openssl in a new temporary folder. */
export function makePki(): Pki {
  const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-pki-'));
  const files = (name: string) => ({ cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) });
  authority(files('ca'), 'test CA');
  authority(files('other'), 'other CA');
  signed(folder, 'server', { ca: 'ca', days: 30, names: 'IP:127.0.0.1,DNS:localhost' });
  signed(folder, 'stranger', { ca: 'ca', days: 30, names: 'DNS:elsewhere.example' });
  signed(folder, 'client', { ca: 'ca', days: 30, names: 'DNS:client' });
  signed(folder, 'expired', { ca: 'ca', days: -1, names: 'DNS:client' });
  const text = (path: string) => new Secret(readFileSync(path, 'utf8'));
  const pair = (name: string) => ({ cert: text(files(name).cert), key: text(files(name).key) });
  return {
    folder,
    files,
    ca: text(files('ca').cert),
    otherCa: text(files('other').cert),
    client: pair('client'),
    expired: pair('expired'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}

function authority({ cert, key }: { cert: string; key: string }, name: string): void {
  openssl('req', '-x509', ...CURVE, '-keyout', key, '-out', cert, '-days', '30', '-subj', `/CN=${name}`);
}

function signed(folder: string, name: string, { ca, days, names }: { ca: string; days: number; names: string }): void {
  const path = (file: string) => join(folder, file);
  writeFileSync(path('extensions'), `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  openssl('req', ...CURVE, '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`), '-subj', `/CN=${name}`);
  const signer = ['-CA', path(`${ca}.pem`), '-CAkey', path(`${ca}.key`), '-CAcreateserial'];
  const request = ['-in', path(`${name}.csr`), '-out', path(`${name}.pem`)];
  openssl('x509', '-req', ...request, ...signer, '-days', String(days), '-extfile', path('extensions'));
}

export interface EtcdOptions {
  readonly v2?: boolean;
  /** TLS with client certificates, which etcd asks for. */
  readonly pki?: Pki;
  readonly serverCertificate?: 'server' | 'stranger' | 'expired';
  /** How many members; 1 without it. */
  readonly members?: number;
  /** How long a v3 token lives; 300 without it. */
  readonly tokenSeconds?: number;
}

/** A real etcd on loopback, in a temporary folder. */
export interface RunningEtcd {
  readonly endpoints: readonly string[];
  /** Ends one member, at once. */
  kill(member: number): Promise<void>;
  /** Ends all and removes their data. */
  stop(): Promise<void>;
}

/** Starts Debian's etcd 3.4 and waits until it serves. */
export async function startEtcd(options: EtcdOptions = {}): Promise<RunningEtcd> {
  const size = options.members ?? 1;
  const ports = await freePorts(size * 2);
  const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-etcd-'));
  const scheme = options.pki === undefined ? 'http' : 'https';
  const endpoints = ports.slice(0, size).map((port) => `${scheme}://127.0.0.1:${port}`);
  const peers = ports.slice(size).map((port) => `http://127.0.0.1:${port}`);
  const members = endpoints.map((client, index) =>
    spawnMember({ index, client, peers, data: join(folder, `m${index}`), options }),
  );
  const stop = async () => {
    await Promise.all(members.map(ended));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(members.map(serving));
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { endpoints, kill: (member) => ended(members[member] as ChildProcess), stop };
}

interface MemberOptions {
  readonly index: number;
  readonly client: string;
  readonly peers: readonly string[];
  readonly data: string;
  readonly options: EtcdOptions;
}

function spawnMember({ index, client, peers, data, options }: MemberOptions): ChildProcess {
  const peer = peers[index] as string;
  const cluster = peers.map((url, member) => `m${member}=${url}`).join(',');
  const urls = ['--listen-client-urls', client, '--advertise-client-urls', client, '--listen-peer-urls', peer];
  const flags = ['--name', `m${index}`, '--data-dir', data, '--initial-advertise-peer-urls', peer, ...urls];
  flags.push('--initial-cluster', cluster, `--enable-v2=${options.v2 ?? true}`, ...tls(options));
  flags.push('--initial-cluster-token', dirname(data));
  if (options.tokenSeconds !== undefined) flags.push('--auth-token-ttl', String(options.tokenSeconds));
  const fast = ['--heartbeat-interval', '100', '--election-timeout', '500'];
  const env = { PATH: process.env.PATH, ETCD_UNSUPPORTED_ARCH: process.arch === 'arm64' ? 'arm64' : '' };
  return spawn('etcd', [...flags, ...fast], { stdio: ['ignore', 'ignore', 'pipe'], env });
}

function tls({ pki, serverCertificate }: EtcdOptions): string[] {
  if (pki === undefined) return [];
  const { cert, key } = pki.files(serverCertificate ?? 'server');
  const own = ['--cert-file', cert, '--key-file', key];
  return [...own, '--trusted-ca-file', pki.files('ca').cert, '--client-cert-auth'];
}

/** Less than vitest gives a hook, so that the members are ended before it gives up. */
const START_MS = 8000;

function serving(member: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    const timer = setTimeout(() => reject(new Error(`etcd did not start: ${log.slice(-2000)}`)), START_MS);
    member.once('error', reject);
    member.once('exit', () => reject(new Error(`etcd ended: ${log.slice(-2000)}`)));
    member.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-20_000);
      if (!/ready to serve client requests/.test(log)) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

function ended(member: ChildProcess): Promise<void> {
  if (member.exitCode !== null || member.signalCode !== null || member.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    member.once('exit', () => resolve());
    member.kill('SIGKILL');
  });
}

/** Ports of 127.0.0.1 that nothing listens on now. */
export async function freePorts(howMany: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: howMany }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
