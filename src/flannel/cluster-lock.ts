import type { RegistrySpec, Tunnel } from './registry.js';

/** Who holds a cluster, for people, and for whoever judges whether they are still alive. */
export interface LockHolder {
  /** The run's id. */
  readonly run: string;
  /** `user@machine` */
  readonly by: string;
  readonly pid: number;
  /**
   * The machine's boot and the process's start on it, `boot-id/pid-namespace/start-time`: where it is this machine's,
   * it can be seen whether the process still runs. Empty where that cannot be told.
   */
  readonly process: string;
  /** ISO 8601. */
  readonly since: string;
  /** `fix-flannel run inventory.yaml` */
  readonly why: string;
}

export type LockAttempt =
  | { readonly kind: 'held'; readonly lock: HeldLock }
  /** `secondsLeft` until it goes by itself, unless it is renewed. `revision` names this very holding. */
  | {
      readonly kind: 'taken';
      readonly by: LockHolder | undefined;
      readonly secondsLeft: number | undefined;
      readonly revision: string;
      /** `HeldLock.holding` of whoever holds it: one's own where two names lead to the same key. */
      readonly holding?: string | undefined;
    };

/** A lock that is ours for as long as it is renewed in time. */
export interface HeldLock {
  /** Names this holding, and no other ever. */
  readonly holding: string;
  /** Prolongs it by its time to live. `false`: it is somebody else's, or gone. @throws FixError `etcd/*`: not known */
  renew(): Promise<boolean>;
  /** Gives it back, only while it is still ours. Never throws for one that has gone. */
  release(): Promise<void>;
}

/** The right to change a cluster, kept in its own etcd beside flannel's keys. */
export interface ClusterLock {
  /** One attempt, by compare: of many at once exactly one gets it. @throws FixError `etcd/*` */
  acquire(holder: LockHolder, ttlSeconds: number): Promise<LockAttempt>;
  /** Takes away a holding whose process is known to be gone, by compare. @returns whether it was that one */
  evict(revision: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Opens the lock of a cluster: directly, or through a tunnel where one is given. */
export type OpenLock = (spec: RegistrySpec, tunnel?: Tunnel) => ClusterLock;
