import { IPv4, type IPv4CidrRange } from 'ip-num';
import { messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { address4, liesWithin, prefixBits } from '../flannel/address.js';
import type { Lease, LeaseTable, MalformedLease } from '../flannel/lease.js';
import { type LeaseValue, parseLeaseValue } from '../flannel/lease-value.js';
import type { NetworkConfig } from '../flannel/network-config.js';
import { networkOf } from '../flannel/subnet-key.js';

/** What flannel has to do with of a node in the Kubernetes API; nothing in it is believed yet. */
export interface KubernetesNode {
  readonly name: string;
  /** As it is written: IPv4 or IPv6, in CIDR form. */
  readonly podCidrs: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly resourceVersion: string;
}

/** flannel's default; `--kube-annotation-prefix` sets another one. */
const PREFIX = 'flannel.alpha.coreos.com/';

/**
 * What flannel keeps on the nodes, as leases. They have no end, and their subnet is the node's first IPv4 pod CIDR.
 * A node that flannel would pass over, or could make no lease of, is malformed, with the reason.
 *
 * @see flannel `pkg/subnet/kube/kube.go`, `nodeToLease`, at 8f9ffd2
 */
export function nodeLeases(nodes: readonly KubernetesNode[]): LeaseTable {
  const leases: Lease[] = [];
  const malformed: MalformedLease[] = [];
  for (const node of nodes) {
    try {
      leases.push(leaseOf(node));
    } catch (thrown) {
      malformed.push({ key: printableLine(keyOf(node), 270), why: printableLine(messageOf(thrown), 200) });
    }
  }
  return { leases, malformed };
}

const KEY = 'node/';

function keyOf({ name }: KubernetesNode): string {
  return `${KEY}${name}`;
}

function leaseOf(node: KubernetesNode): Lease {
  if (!/^[a-z0-9][a-z0-9.-]{0,252}$/.test(node.name)) throw new Error('its name is no name of a node');
  const annotation = (name: string) => annotationOf(node, name);
  if (annotation('kube-subnet-manager') !== 'true') throw new Error('no flanneld has put its annotations on this node');
  const { publicIp, backendType, vtepMac } = attributesOf(annotation);
  const ordered = annotation('public-ip-overwrite') ?? annotation('node-public-ip');
  return {
    key: keyOf(node),
    subnet: subnetOf(node.podCidrs),
    publicIp,
    backendType,
    vtepMac,
    ttlSeconds: undefined,
    revision: printableLine(node.resourceVersion, 40),
    ...(ordered !== undefined && { orderedIp: addressIn('the address that it is ordered to have', ordered) }),
  };
}

/** An own annotation that says anything: flannel takes an empty one for none. */
function annotationOf({ annotations }: KubernetesNode, name: string): string | undefined {
  const value: unknown = Object.hasOwn(annotations, PREFIX + name) ? annotations[PREFIX + name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Characters; flannel writes fewer than two hundred. */
const MOST_BACKEND_DATA = 4096;

function attributesOf(annotation: (name: string) => string | undefined): LeaseValue {
  const publicIp = annotation('public-ip');
  if (publicIp === undefined) throw new Error(`it has no annotation ${PREFIX}public-ip`);
  const data = annotation('backend-data') ?? 'null';
  if (data.length > MOST_BACKEND_DATA) throw new Error('its backend-data is too long');
  return parseLeaseValue(
    JSON.stringify({
      PublicIP: addressIn('public-ip', publicIp).toString(),
      BackendType: annotation('backend-type'),
      BackendData: json(data),
    }),
  );
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('its backend-data is not JSON');
  }
}

function addressIn(what: string, text: string): IPv4 {
  try {
    return address4(text);
  } catch {
    throw new Error(`${what} is ${JSON.stringify(text.slice(0, 40))}, which is no IPv4 address`);
  }
}

function subnetOf(podCidrs: readonly string[]): IPv4CidrRange {
  if (podCidrs.length === 0) throw new Error('it has no podCIDR');
  if (podCidrs.length > 2) throw new Error('it has more than two podCIDRs');
  const first = podCidrs.find((text) => !text.includes(':'));
  if (first === undefined) throw new Error('it has no IPv4 podCIDR');
  const parts = /^([\d.]{7,15})\/(\d{1,2})$/.exec(first);
  const subnet = parts === null ? undefined : networkOf(parts[1] as string, Number(parts[2]));
  if (subnet === undefined || prefixBits(subnet) > 31) {
    throw new Error(`its podCIDR ${JSON.stringify(first.slice(0, 40))} is no IPv4 network`);
  }
  return subnet;
}

/**
 * The configuration as it is in force where the controller manager cuts the subnets and flannel does not: they are as
 * long as the nodes' pod CIDRs are, and the lowest one is given out too.
 */
export function withPodCidrs(config: NetworkConfig, { leases }: LeaseTable): NetworkConfig {
  const own = leases.filter(({ subnet }) => liesWithin(subnet, config.network));
  const lengths = new Set(own.map(({ subnet }) => prefixBits(subnet)));
  const [only] = lengths;
  const subnetBits = lengths.size === 1 && only !== undefined ? only : config.subnetBits;
  const size = 1n << BigInt(32 - subnetBits);
  return {
    ...config,
    subnetBits,
    subnetMin: config.network.getFirst(),
    subnetMax: new IPv4(config.network.getLast().getValue() + 1n - size),
  };
}
