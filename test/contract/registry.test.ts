import { afterAll, beforeAll } from 'vitest';
import { type MemoryRegistry, memoryRegistry } from '../../src/etcd/memory-registry.js';
import { openRegistry } from '../../src/etcd/open-registry.js';
import type { Store } from '../../src/flannel/registry.js';
import { makePki, type Pki, type RunningEtcd, startEtcd } from '../support/etcd.js';
import { etcdAdmin } from '../support/etcd-admin.js';
import { type RegistryBench, registryContract } from './registry.js';

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

registryContract('a registry in memory', async () => memoryBench());
registryContract('a registry in the v2 store of a real etcd', async () => etcdBench('v2'));
registryContract('a registry in the v3 store of a real etcd', async () => etcdBench('v3'));

function memoryBench(): RegistryBench {
  const registries = new Map<string, MemoryRegistry>();
  const at = (prefix: string) => {
    const registry = registries.get(prefix) ?? memoryRegistry({ prefix });
    registries.set(prefix, registry);
    return registry;
  };
  return {
    open: at,
    setConfig: async (prefix, text) => at(prefix).setConfig(text),
    put: async (prefix, name, value, ttlSeconds) =>
      at(prefix).put(name, { value, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) }),
    remove: async (prefix, name) => at(prefix).remove(name),
    close: async () => {},
  };
}

function etcdBench(store: Store): RegistryBench {
  const admin = etcdAdmin(etcd.endpoints[0] as string, pki);
  const spec = { store, endpoints: etcd.endpoints, tls: { ca: pki.ca, ...pki.client }, deadlineMs: 5000 };
  return {
    open: (prefix) => openRegistry({ ...spec, prefix }),
    setConfig: (prefix, text) => admin.put(store, `${prefix}/config`, text),
    put: (prefix, name, value, ttlSeconds) => admin.put(store, `${prefix}/subnets/${name}`, value, ttlSeconds),
    remove: (prefix, name) => admin.remove(store, `${prefix}/subnets/${name}`),
    close: async () => {},
  };
}
