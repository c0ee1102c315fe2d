import type { IPv4CidrRange } from 'ip-num';
import { type Reading, valueIfPresent } from '../core/reading.js';
import { cidrText } from '../flannel/address.js';
import { addressOwners } from '../flannel/choose-interface.js';
import type { Lease, LeaseTable } from '../flannel/lease.js';
import type { NetworkConfig } from '../flannel/network-config.js';
import type { FlannelNode, HeldSubnet } from '../flannel/node.js';
import type { Probes } from '../flannel/probes.js';
import { networkOf } from '../flannel/subnet-key.js';
import { DEFAULT_THRESHOLDS, type Thresholds } from './thresholds.js';

/** All that is known of a cluster. */
export interface Cluster {
  /** All hosts of the inventory, also those without flannel and those that could not be read. */
  readonly nodes: readonly FlannelNode[];
  readonly leases: Reading<LeaseTable>;
  readonly config: Reading<NetworkConfig>;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What only a check reads. */
  readonly probes?: Probes;
  /** What differs from the usual ones. */
  readonly thresholds?: Partial<Thresholds>;
}

/** The cluster, indexed once, so that each check is linear in hosts and leases. */
export interface ClusterView {
  readonly cluster: Cluster;
  /** The flannel nodes. */
  readonly nodes: readonly FlannelNode[];
  /** Hosts that may run flannel and could not be read. */
  readonly unread: readonly FlannelNode[];
  /** `undefined` where etcd could not be read. */
  readonly leases: readonly Lease[] | undefined;
  readonly config: NetworkConfig | undefined;
  readonly leaseOf: ReadonlyMap<string, Lease>;
  /** Leases by PublicIP. */
  readonly leasesTo: ReadonlyMap<string, readonly Lease[]>;
  /** Nodes by the subnet that they hold, `10.1.31.0/24`. */
  readonly holders: ReadonlyMap<string, readonly FlannelNode[]>;
  /** Running nodes by the address that they publish. */
  readonly publishers: ReadonlyMap<string, readonly FlannelNode[]>;
  /** Nodes by the address that they publish, or would if they were started. */
  readonly claimants: ReadonlyMap<string, readonly FlannelNode[]>;
  /** Hosts by the addresses on their interfaces. */
  readonly owners: ReadonlyMap<string, readonly string[]>;
  readonly thresholds: Thresholds;
  heldBy(node: FlannelNode): Held | undefined;
}

/** A held subnet with its CIDR text. */
export interface Held extends HeldSubnet {
  readonly cidr: string;
}

export function viewOf(cluster: Cluster): ClusterView {
  const nodes = cluster.nodes.filter(({ status }) => status === 'flannel');
  const leases = valueIfPresent(cluster.leases)?.leases;
  const config = valueIfPresent(cluster.config);
  const held = new Map(nodes.map((node) => [node.host, heldOf(node, config)]));
  const keyed = (leases ?? []).map((lease) => [cidrText(lease.subnet), lease] as const);
  return {
    cluster,
    nodes,
    unread: cluster.nodes.filter(({ status }) => status === 'unreadable'),
    leases,
    config,
    leaseOf: new Map(keyed),
    leasesTo: grouped(leases ?? [], (lease) => lease.publicIp.toString()),
    holders: grouped(nodes, (node) => held.get(node.host)?.cidr),
    publishers: grouped(nodes, (node) => node.published?.address.toString()),
    claimants: grouped(nodes, ({ published, next }) => (published ?? next)?.address.toString()),
    owners: addressOwners(cluster.nodes),
    thresholds: { ...DEFAULT_THRESHOLDS, ...cluster.thresholds },
    heldBy: (node) => held.get(node.host),
  };
}

/** Where only the device tells, the network's configuration knows how long the prefix is. */
function heldOf({ held }: FlannelNode, config: NetworkConfig | undefined): Held | undefined {
  if (held === undefined) return undefined;
  const subnet: IPv4CidrRange =
    held.from === 'flannel device' && config !== undefined
      ? (networkOf(held.subnet.getFirst().toString(), config.subnetBits) ?? held.subnet)
      : held.subnet;
  return { ...held, subnet, cidr: cidrText(subnet) };
}

/** Items under a key each; those without a key are left out. */
export function grouped<T>(items: readonly T[], key: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const text = key(item);
    if (text === undefined) continue;
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [item]);
    else group.push(item);
  }
  return groups;
}
