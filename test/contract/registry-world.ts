import { connect, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { FixError } from '../../src/core/error.js';
import { openRegistry } from '../../src/etcd/open-registry.js';
import type { RegistrySpec, Tunnel } from '../../src/flannel/registry.js';
import { makePki, type Pki, type RunningEtcd, startEtcd } from '../support/etcd.js';
import { etcdAdmin } from '../support/etcd-admin.js';
import { leaseValue } from './registry.js';

export const STORES = [{ store: 'v2' }, { store: 'v3' }] as const;
export const PREFIX = '/kubernetes/network';
export const CONFIG = '{"Network":"10.1.0.0/16","Backend":{"Type":"vxlan"}}';

/** An etcd with TLS whose two stores hold a configuration and one lease each. */
export interface World {
  readonly pki: Pki;
  readonly etcd: RunningEtcd;
  readonly spec: Omit<RegistrySpec, 'store'>;
  end(): Promise<void>;
}

export async function makeWorld(): Promise<World> {
  const pki = makePki();
  const etcd = await startEtcd({ pki });
  const admin = etcdAdmin(etcd.endpoints[0] as string, pki);
  for (const { store } of STORES) {
    await admin.put(store, `${PREFIX}/config`, CONFIG);
    await admin.put(store, `${PREFIX}/subnets/10.1.31.0-24`, leaseValue('10.0.2.15'), 86_400);
  }
  return {
    pki,
    etcd,
    spec: { endpoints: etcd.endpoints, prefix: PREFIX, tls: { ca: pki.ca, ...pki.client }, deadlineMs: 3000 },
    async end() {
      await etcd.stop();
      pki.remove();
    },
  };
}

/** What a look at the leases ends in: how many, or the error. And how long it took. */
export async function look(
  asked: RegistrySpec,
  tunnel?: Tunnel,
): Promise<{ leases?: number; error?: FixError; ms: number }> {
  const registry = openRegistry(asked, tunnel);
  const started = Date.now();
  try {
    const { leases } = await registry.leases();
    return { leases: leases.length, ms: Date.now() - started };
  } catch (error) {
    if (!(error instanceof FixError)) throw error;
    return { error, ms: Date.now() - started };
  } finally {
    await registry.close();
  }
}

/** A socket that is connected. */
export function connected(host: string, port: number): Promise<Socket> {
  const socket = connect(port, host);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}

/** A stream that is no socket, as a channel of an SSH connection is none. */
export function channelOver(socket: Socket): Duplex {
  const channel = new Duplex({
    read: () => socket.resume(),
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk) => void (channel.push(chunk) || socket.pause()));
  socket.on('end', () => channel.push(null));
  socket.on('close', () => channel.destroy());
  return channel;
}

/** A listener that accepts and never says a word. */
export async function blackHole(): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
