import type { Duplex } from 'node:stream';
import type { Reading } from '../core/reading.js';
import type { Secret } from '../core/script.js';
import type { Lease, LeaseTable } from './lease.js';
import type { NetworkConfig } from './network-config.js';

/** flannel up to 0.17 keeps its leases in etcd's v2 store, 0.18 and later in the v3 store. */
export type Store = 'v2' | 'v3';

/** Where the leases are and how to get there. Everything in it may be printed: secrets are `Secret`. */
export interface RegistrySpec {
  readonly store: Store;
  /** `https://10.0.0.111:2379`, in the order in which to try them. */
  readonly endpoints: readonly string[];
  /** `/coreos.com/network`, as flanneld has it (a v3 prefix without the leading slash is a different key). */
  readonly prefix: string;
  /** PEM texts. */
  readonly tls: { readonly ca?: Secret; readonly cert?: Secret; readonly key?: Secret } | undefined;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  /** For one call to one endpoint. */
  readonly deadlineMs: number;
}

/** A byte stream to an address, over whatever road there is (an SSH connection, say). */
export type Tunnel = (host: string, port: number) => Promise<Duplex>;

/** flannel's part of etcd, or of the Kubernetes API. */
export interface Registry {
  readonly store: Store | 'kubernetes';
  /** `absent` where the prefix holds no `config`: the wrong prefix, or the wrong store. @throws FixError `etcd/*` */
  config(): Promise<Reading<NetworkConfig>>;
  /** A consistent (quorum) read. @throws FixError `etcd/*` */
  leases(): Promise<LeaseTable>;
  /** Deletes by compare: only while the lease is exactly as it was read. @throws FixError `etcd/*` */
  deleteLease(lease: Lease): Promise<'deleted' | 'changed' | 'gone'>;
  close(): Promise<void>;
}

/** Opens a registry: directly, or through a tunnel where one is given. */
export type OpenRegistry = (spec: RegistrySpec, tunnel?: Tunnel) => Registry;
