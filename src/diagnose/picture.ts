import { valueIfPresent } from '../core/reading.js';
import { cidrText } from '../flannel/address.js';
import type { Lease } from '../flannel/lease.js';
import type { FlannelNode } from '../flannel/node.js';
import { type Cluster, type ClusterView, viewOf } from './cluster.js';

/** A cluster as it can be drawn, kept and compared: texts and numbers only. `null` where a thing is not known. */
export interface ClusterPicture {
  /** What tells it from the others of its inventory: `etcd v2 /kubernetes/network`. */
  readonly name: string;
  readonly store: string | null;
  /** `10.1.0.0/16` */
  readonly network: string | null;
  readonly nodes: readonly NodePicture[];
  /** The first ones, in the order of their addresses. */
  readonly leases: readonly LeasePicture[];
  readonly leasesInAll: number | null;
}

export interface NodePicture {
  readonly host: string;
  readonly status: FlannelNode['status'];
  /** Why it is no flannel node, or cannot be judged. */
  readonly why: string | null;
  readonly version: string | null;
  readonly running: boolean;
  /** The address that flanneld publishes, the interface that has it, and how it came to that. */
  readonly published: string | null;
  readonly iface: string | null;
  readonly how: string | null;
  /** The subnet that its containers are given, `10.1.31.0/24`. */
  readonly subnet: string | null;
  readonly unit: string | null;
}

export interface LeasePicture {
  readonly subnet: string;
  readonly publicIp: string;
  /** `null`: it has no end, an administrator's reservation. */
  readonly ttlSeconds: number | null;
  /** Nodes that hold its subnet. */
  readonly holders: readonly string[];
}

/** More leases than this are counted, not drawn. */
const MOST_LEASES = 2000;

/** @param name what tells the cluster from the others of its inventory */
export function pictureOf(cluster: Cluster, { name, store }: Pick<ClusterPicture, 'name' | 'store'>): ClusterPicture {
  const view = viewOf(cluster);
  return {
    name,
    store,
    network: view.config === undefined ? null : cidrText(view.config.network),
    nodes: cluster.nodes.map((node) => nodePicture(node, view)),
    leases: [...(view.leases ?? [])]
      .sort(byAddress)
      .slice(0, MOST_LEASES)
      .map((lease) => leasePicture(lease, view)),
    leasesInAll: valueIfPresent(cluster.leases)?.leases.length ?? null,
  };
}

function nodePicture(node: FlannelNode, view: ClusterView): NodePicture {
  const { host, status, why, version, published, unit, process } = node;
  return {
    host,
    status,
    why: why ?? null,
    version: version?.text ?? null,
    running: process !== undefined,
    published: published?.address.toString() ?? null,
    iface: published?.iface ?? null,
    how: published?.how ?? null,
    subnet: view.heldBy(node)?.cidr ?? null,
    unit: unit?.name ?? null,
  };
}

function leasePicture({ subnet, publicIp, ttlSeconds }: Lease, view: ClusterView): LeasePicture {
  const cidr = cidrText(subnet);
  return {
    subnet: cidr,
    publicIp: publicIp.toString(),
    ttlSeconds: ttlSeconds ?? null,
    holders: (view.holders.get(cidr) ?? []).map(({ host }) => host),
  };
}

function byAddress(one: Lease, other: Lease): number {
  return Number(one.subnet.getFirst().getValue() - other.subnet.getFirst().getValue());
}
