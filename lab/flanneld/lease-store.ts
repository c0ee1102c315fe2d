import type { Subnet } from './subnet.js';

/** What a node says of itself in its lease. */
export interface LeaseValue {
  readonly publicIp: string;
  readonly backendType: string;
  readonly vtepMac: string;
  readonly vni: number;
}

export interface StoredLease {
  readonly subnet: Subnet;
  readonly value: LeaseValue;
  /** Nanoseconds since 1970; `undefined` for a reservation. */
  readonly expiresAt: bigint | undefined;
}

/** What a watch brings: everything at once, or one change. */
export type LeaseEvent =
  | { readonly kind: 'snapshot'; readonly leases: readonly StoredLease[] }
  | { readonly kind: 'put'; readonly lease: StoredLease }
  | { readonly kind: 'removed'; readonly subnet: Subnet };

/** Leases in etcd, whichever store they are in. Errors are thrown in the words of flannel's etcd client. */
export interface LeaseStore {
  /** The text of `<prefix>/config`. */
  config(): Promise<string>;
  leases(): Promise<readonly StoredLease[]>;
  /** Create-if-absent, for 24 hours. */
  create(subnet: Subnet, value: LeaseValue): Promise<{ readonly expiresAt: bigint } | 'exists'>;
  /** Overwrites, whoever owns it; a reservation stays one. */
  update(subnet: Subnet, value: LeaseValue, reservation: boolean): Promise<{ readonly expiresAt: bigint | undefined }>;
  remove(subnet: Subnet): Promise<void>;
  /** Starts with a snapshot, goes on until the signal, and reconnects by itself (with a new snapshot). */
  watch(signal: AbortSignal, onError: (why: string) => void): AsyncIterable<LeaseEvent>;
}

export const LEASE_TTL_SECONDS = 86_400;

/** The lease's value as flannel of that age writes it: field order and `null` included. */
export function leaseJson(value: LeaseValue, legacy: boolean): string {
  if (legacy) {
    const { publicIp, backendType, vtepMac } = value;
    return JSON.stringify({ PublicIP: publicIp, BackendType: backendType, BackendData: { VtepMAC: vtepMac } });
  }
  return JSON.stringify({
    PublicIP: value.publicIp,
    PublicIPv6: null,
    BackendType: value.backendType,
    BackendData: { VNI: value.vni, VtepMAC: value.vtepMac },
  });
}

/** A lease's value from etcd; what is not there is an empty word. @throws SyntaxError on text that is no JSON */
export function parseLeaseJson(text: string): LeaseValue {
  const json = JSON.parse(text) as {
    PublicIP?: unknown;
    BackendType?: unknown;
    BackendData?: { VtepMAC?: unknown; VNI?: unknown } | null;
  };
  const word = (value: unknown): string => (typeof value === 'string' ? value : '');
  return {
    publicIp: word(json.PublicIP),
    backendType: word(json.BackendType),
    vtepMac: word(json.BackendData?.VtepMAC),
    vni: typeof json.BackendData?.VNI === 'number' ? json.BackendData.VNI : 1,
  };
}
