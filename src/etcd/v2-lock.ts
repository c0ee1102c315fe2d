import { posix } from 'node:path';
import type { ClusterLock } from '../flannel/cluster-lock.js';
import type { RegistrySpec, Tunnel } from '../flannel/registry.js';
import { LOCK_NAME, type LockEntry, lockByCompare } from './lock-by-compare.js';
import type { V2Node } from './v2-http.js';
import { openV2Client } from './v2-registry.js';

/**
 * A cluster's lock in etcd's v2 store: a key with a time to live, compared by its value, which no other holding has.
 *
 * @throws FixError `etcd/unreachable` where the endpoints are none; nothing is connected yet
 * @see etcd 3.4 `Documentation/v2/api.md`, "Atomic Compare-and-Swap"
 */
export function openV2Lock(spec: RegistrySpec, tunnel?: Tunnel): ClusterLock {
  const client = openV2Client(spec, tunnel);
  const key = posix.join('/', spec.prefix, LOCK_NAME);
  return lockByCompare({
    name: key,
    async read() {
      const node = await client.get(key, { quorum: 'true' });
      return node && entryOf(node);
    },
    secondsLeft: async ({ ttlSeconds }) => ttlSeconds,
    async create(value, ttlSeconds) {
      const node = await client.putIf(key, { value, ttl: String(ttlSeconds), prevExist: 'false' });
      return node && { ...entryOf(node), value };
    },
    prolong: async ({ value }, ttlSeconds) =>
      (await client.putIf(key, { value, ttl: String(ttlSeconds), prevValue: value })) !== undefined,
    remove: async ({ value }) => void (await client.deleteValue(key, value)),
    removeAt: async (revision) => (await client.deleteAt(key, revision)) === 'deleted',
    close: async () => client.close(),
  });
}

function entryOf({ value, modifiedIndex, ttl }: V2Node): LockEntry {
  return { value: value ?? '', revision: String(modifiedIndex ?? ''), ttlSeconds: ttl };
}
