import type { IPv4, IPv4CidrRange } from 'ip-num';

/** One node's claim on a subnet, as it stands in etcd. */
export interface Lease {
  /** The whole key: `/coreos.com/network/subnets/10.1.2.0-24`; in the Kubernetes API `node/` and the node's name. */
  readonly key: string;
  readonly subnet: IPv4CidrRange;
  /** The address under which flannel knows the node: a lease is found by it. */
  readonly publicIp: IPv4;
  readonly backendType: string | undefined;
  /** Lower case, colons. */
  readonly vtepMac: string | undefined;
  /**
   * Seconds until it ends; `undefined` where it has no end: an administrator's reservation, never deleted by us, and
   * every lease in the Kubernetes API, which lives as long as its node.
   */
  readonly ttlSeconds: number | undefined;
  /** v2: modifiedIndex; v3: mod_revision. What a delete by compare names. */
  readonly revision: string;
  /** Kubernetes: the address that an annotation orders (`public-ip-overwrite`, `node-public-ip`), in force or not. */
  readonly orderedIp?: IPv4;
}

/** An entry below `subnets/` that is no lease. */
export interface MalformedLease {
  readonly key: string;
  readonly why: string;
}

export interface LeaseTable {
  readonly leases: readonly Lease[];
  readonly malformed: readonly MalformedLease[];
}
