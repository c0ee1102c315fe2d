import { posix } from 'node:path';
import { absent } from '../core/reading.js';
import type { Lease } from '../flannel/lease.js';
import type { Registry, RegistrySpec, Tunnel } from '../flannel/registry.js';
import { configReading, leaseTable } from './lease-table.js';
import { openV3Client, type V3Entry, type V3Member } from './v3-client.js';

/**
 * flannel's leases in etcd's v3 store (flannel 0.18 and later).
 *
 * A prefix without a leading slash is another key here, and is kept as it is written.
 *
 * @throws FixError `etcd/unreachable` where the endpoints are none; nothing is connected yet
 */
export function openV3Registry(spec: RegistrySpec, tunnel?: Tunnel): Registry {
  const client = openV3Client(spec, tunnel);
  return {
    store: 'v3',
    async config() {
      const key = posix.join(spec.prefix, 'config');
      const [entry] = await client.atMember((member) => member.range({ key }));
      return entry === undefined ? absent : configReading(entry.value);
    },
    leases: () =>
      client.atMember(async (member) => {
        const entries = await member.range(below(posix.join(spec.prefix, 'subnets')));
        const seconds = await secondsOfLeases(member, entries);
        return leaseTable(entries.map((entry) => ({ ...entry, ttlSeconds: seconds.get(entry.leaseId) })));
      }),
    // Asked again at another member after one that gave no answer, a delete that was done reads as 'gone'.
    deleteLease: (lease: Lease) => client.atMember((member) => member.deleteAt(lease.key, lease.revision)),
    close: () => client.close(),
  };
}

/** The keys below a folder: from `folder/` up to `folder0`, as `0` follows `/`. */
export function below(folder: string): { key: string; end: Buffer } {
  return { key: `${folder}/`, end: Buffer.from(`${folder}0`) };
}

const AT_ONCE = 128;

/** What each etcd lease has left, each asked for once; a key with none (`0`) is an administrator's reservation. */
async function secondsOfLeases(member: V3Member, entries: readonly V3Entry[]): Promise<Map<string, number>> {
  const ids = [...new Set(entries.map(({ leaseId }) => leaseId))].filter((id) => id !== '0');
  const seconds = new Map<string, number>();
  const ask = async () => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) seconds.set(id, await member.leaseSeconds(id));
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, ids.length) }, ask));
  return seconds;
}
