import { afterAll, beforeAll } from 'vitest';
import { memoryLockStore } from '../../src/etcd/memory-lock.js';
import { openLock } from '../../src/etcd/open-lock.js';
import type { Store } from '../../src/flannel/registry.js';
import { makePki, type Pki, type RunningEtcd, startEtcd } from '../support/etcd.js';
import { etcdAdmin } from '../support/etcd-admin.js';
import { clusterLockContract, type LockBench } from './cluster-lock.js';

let pki: Pki;
let etcd: RunningEtcd;
beforeAll(async () => {
  pki = makePki();
  etcd = await startEtcd({ pki });
});
afterAll(async () => {
  await etcd?.stop();
  pki?.remove();
});

clusterLockContract([
  { about: 'a lock in memory', makeBench: async () => memoryBench() },
  { about: 'a lock in the v2 store of a real etcd', makeBench: async () => etcdBench('v2') },
  { about: 'a lock in the v3 store of a real etcd', makeBench: async () => etcdBench('v3') },
]);

function memoryBench(): LockBench {
  const stores = new Map<string, ReturnType<typeof memoryLockStore>>();
  const at = (prefix: string) => {
    const store = stores.get(prefix) ?? memoryLockStore();
    stores.set(prefix, store);
    return store;
  };
  return {
    open: (prefix) => at(prefix).open(),
    value: async (prefix) => at(prefix).value(),
    overwrite: async (prefix, value, ttlSeconds) => at(prefix).overwrite(value, ttlSeconds),
    close: async () => {},
  };
}

function etcdBench(store: Store): LockBench {
  const admin = etcdAdmin(etcd.endpoints[0] as string, pki);
  const spec = { store, endpoints: etcd.endpoints, tls: { ca: pki.ca, ...pki.client }, deadlineMs: 5000 };
  const key = (prefix: string) => `${prefix}/fix-flannel-lock`;
  return {
    open: (prefix) => openLock({ ...spec, prefix }),
    value: (prefix) => admin.get(store, key(prefix)),
    overwrite: (prefix, value, ttlSeconds) =>
      value === undefined ? admin.remove(store, key(prefix)) : admin.put(store, key(prefix), value, ttlSeconds),
    close: async () => {},
  };
}
