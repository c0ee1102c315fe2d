import type { ErrorCode } from '../core/error.js';
import type { Reading } from '../core/reading.js';
import type { LeaseTable } from '../flannel/lease.js';
import type { NetworkConfig } from '../flannel/network-config.js';
import type { EtcdHealth } from '../flannel/probes.js';
import type { Registry } from '../flannel/registry.js';

/** What a gathering heard of a fleet, secrets masked or left out: it may be kept and sent. */
export interface Recording {
  /** Of the program that made it. */
  readonly toolVersion: string;
  /** Milliseconds since 1970: leases and certificates are judged as of then. */
  readonly gatheredAt: number;
  readonly inventory: KeptInventory;
  /** By host; a host that is not in here was never asked, or its file is missing. */
  readonly hosts: ReadonlyMap<string, readonly KeptAnswer[]>;
  readonly etcds: readonly KeptEtcd[];
  /** Files of the folder that could not be read, in words. */
  readonly damage: readonly string[];
}

/** What of an inventory a diagnosis needs. */
export interface KeptInventory {
  /** The file's name, without its folder. */
  readonly name: string;
  readonly groups: readonly KeptGroup[];
  readonly hosts: readonly KeptHost[];
}

export interface KeptGroup {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly ownHosts: readonly string[];
  readonly children: readonly string[];
}

export interface KeptHost {
  readonly name: string;
  readonly groups: readonly string[];
  /** `flannel_*` ones that are no secret, rendered; JSON data. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** `inventory.yaml:7:9` */
  readonly at: string;
}

/** One question to a host, and what came of it. */
export interface KeptAnswer {
  /** `flannel.unit` */
  readonly fact: string;
  /** JSON data. */
  readonly query: unknown;
  readonly outcome: AnswerOutcome;
}

export type AnswerOutcome =
  /** `status` is `NaN` where the host said none. */
  | { readonly kind: 'answer'; readonly status: number; readonly stdout: Buffer; readonly stderr: string }
  /** The host broke off before it came to this question. */
  | { readonly kind: 'cut off' }
  | { readonly kind: 'error'; readonly error: KeptError };

/** An error, to be thrown again. */
export interface KeptError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

export type Kept<T> = { readonly value: T } | { readonly error: KeptError };

/** Where leases are kept. */
export interface KeptPlace {
  readonly store: Registry['store'];
  /** Of the Kubernetes API the one kubeconfig by which it was asked. */
  readonly endpoints: readonly string[];
  /** Of the Kubernetes API the context, empty for the one that the kubeconfig calls current. */
  readonly prefix: string;
}

/** What one etcd said, under one prefix of one of its stores. What is `undefined` was not asked. */
export interface KeptEtcd extends KeptPlace {
  readonly config: Kept<Reading<NetworkConfig>> | undefined;
  readonly leases: Kept<LeaseTable> | undefined;
  readonly health: Kept<EtcdHealth> | undefined;
  readonly whereIsConfig: Kept<string> | undefined;
}
