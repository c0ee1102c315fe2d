import { posix } from 'node:path';
import type { FixError } from '../core/error.js';
import { absent } from '../core/reading.js';
import type { Lease } from '../flannel/lease.js';
import type { Registry, Store } from '../flannel/registry.js';
import { configReading, leaseTable, type RawEntry } from './lease-table.js';

/** What a registry in memory starts with. */
export interface MemoryContent {
  /** Default `v2`. */
  readonly store?: Store;
  /** Default `/coreos.com/network`. */
  readonly prefix?: string;
  /** The JSON text under `<prefix>/config`; none without it. */
  readonly config?: string;
  /** By the last part of the key, `10.1.2.0-24`. */
  readonly leases?: Readonly<Record<string, MemoryLease>>;
}

export interface MemoryLease {
  /** The JSON text, or what stands for it. */
  readonly value: string | Readonly<Record<string, unknown>>;
  /** Without it a reservation. */
  readonly ttlSeconds?: number;
}

/** A registry without etcd, with which a test can do what flanneld and a failing etcd do. */
export interface MemoryRegistry extends Registry {
  /** Writes or renews a lease: its revision changes, as in etcd. */
  put(name: string, lease: MemoryLease): void;
  /** Removes a lease, as its end would. */
  remove(name: string): void;
  setConfig(text: string | undefined): void;
  /** Makes every call fail with this, until it is called with nothing. */
  failWith(error: FixError | undefined): void;
}

/** Keeps leases as texts and reads them as the real registries do, so that bad ones come out the same. */
export function memoryRegistry(initial: MemoryContent = {}): MemoryRegistry {
  const folder = posix.join(initial.prefix ?? '/coreos.com/network', 'subnets');
  const entries = new Map<string, RawEntry>();
  let config = initial.config;
  let failure: FixError | undefined;
  let revision = 1;
  const put = (name: string, { value, ttlSeconds }: MemoryLease) => {
    const key = `${folder}/${name}`;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    entries.set(key, { key, value: text, ttlSeconds, revision: String(++revision) });
  };
  for (const [name, lease] of Object.entries(initial.leases ?? {})) put(name, lease);
  const work = async <T>(job: () => T): Promise<T> => {
    if (failure !== undefined) throw failure;
    return job();
  };
  return {
    store: initial.store ?? 'v2',
    config: () => work(() => (config === undefined ? absent : configReading(config))),
    leases: () => work(() => leaseTable([...entries.values()])),
    deleteLease: (lease) => work(() => deletedFrom(entries, lease)),
    close: async () => {},
    put,
    remove: (name) => void entries.delete(`${folder}/${name}`),
    setConfig(text) {
      config = text;
    },
    failWith(error) {
      failure = error;
    },
  };
}

function deletedFrom(entries: Map<string, RawEntry>, { key, revision }: Lease): 'deleted' | 'changed' | 'gone' {
  const entry = entries.get(key);
  if (entry === undefined) return 'gone';
  if (entry.revision !== revision) return 'changed';
  entries.delete(key);
  return 'deleted';
}
