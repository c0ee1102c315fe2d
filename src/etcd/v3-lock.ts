import { posix } from 'node:path';
import type { ClusterLock } from '../flannel/cluster-lock.js';
import type { RegistrySpec, Tunnel } from '../flannel/registry.js';
import { LOCK_NAME, type LockEntry, lockByCompare } from './lock-by-compare.js';
import { openV3Client, type V3Entry, type V3Member } from './v3-client.js';

/** What `lease` says of a key that lives by none. */
const NO_LEASE = '0';

/**
 * A cluster's lock in etcd's v3 store: a key that lives by an etcd lease, written once and compared by its revision.
 *
 * @throws FixError `etcd/unreachable` where the endpoints are none; nothing is connected yet
 */
export function openV3Lock(spec: RegistrySpec, tunnel?: Tunnel): ClusterLock {
  const client = openV3Client(spec, tunnel);
  const key = posix.join(spec.prefix, LOCK_NAME);
  return lockByCompare({
    name: key,
    read: () => client.atMember((member) => entryAt(member, key)),
    secondsLeft: async ({ leaseId }) =>
      leaseId === undefined ? undefined : client.atMember((member) => member.leaseSeconds(leaseId)),
    create: (value, ttlSeconds) =>
      client.atMember(async (member) => {
        const made = await member.create(key, value, ttlSeconds);
        return made && entryOf(made);
      }),
    prolong: ({ leaseId, revision }) =>
      client.atMember(async (member) => {
        if (leaseId === undefined || (await member.keepAlive(leaseId)) === 0) return false;
        return (await entryAt(member, key))?.revision === revision;
      }),
    remove: ({ leaseId, revision }) =>
      client.atMember(async (member) => {
        await member.deleteAt(key, revision);
        // The key is gone, and the lease goes by itself too.
        if (leaseId !== undefined) await member.revoke(leaseId).catch(() => {});
      }),
    removeAt: async (revision) => (await client.atMember((member) => member.deleteAt(key, revision))) === 'deleted',
    close: () => client.close(),
  });
}

async function entryAt(member: V3Member, key: string): Promise<LockEntry | undefined> {
  const [entry] = await member.range({ key });
  return entry && entryOf(entry);
}

function entryOf({ value, revision, leaseId }: V3Entry): LockEntry {
  return { value, revision, ...(leaseId === NO_LEASE ? {} : { leaseId }) };
}
