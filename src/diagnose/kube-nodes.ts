import { valueIfPresent } from '../core/reading.js';
import { cidrText } from '../flannel/address.js';
import type { Lease, LeaseTable } from '../flannel/lease.js';
import type { FlannelNode } from '../flannel/node.js';

/** The name of the node that a lease of the Kubernetes API stands on. */
export function apiNodeName({ key }: { readonly key: string }): string {
  return key.replace(/^node\//, '');
}

/** All nodes that the API has, also those that flannel could make no lease of. */
export function apiNodeNames({ leases, malformed }: LeaseTable): Set<string> {
  return new Set([...leases, ...malformed].map(apiNodeName));
}

/** The names under which the API may have a host: the inventory's and its own. */
export function namesOfHost({ host, readings }: Pick<FlannelNode, 'host' | 'readings'>): string[] {
  const hostname = valueIfPresent(readings.identity)?.hostname;
  return [host, ...(hostname === undefined ? [] : [hostname])].map((name) => name.toLowerCase());
}

/**
 * Finds the lease of the node that a host is: by its name, else by the MAC of its flannel device, else by the subnet
 * that it holds.
 */
export function leasesByHost(leases: readonly Lease[]): (node: FlannelNode) => Lease | undefined {
  const byName = new Map(leases.map((lease) => [apiNodeName(lease), lease]));
  const byMac = new Map(leases.flatMap((lease) => (lease.vtepMac === undefined ? [] : [[lease.vtepMac, lease]])));
  const bySubnet = new Map(leases.map((lease) => [cidrText(lease.subnet), lease]));
  return (node) => {
    const name = namesOfHost(node).find((one) => byName.has(one));
    if (name !== undefined) return byName.get(name);
    const mac = node.device?.vxlan === undefined ? undefined : node.device.mac;
    const held = node.held === undefined ? undefined : cidrText(node.held.subnet);
    return byMac.get(mac ?? '') ?? bySubnet.get(held ?? '');
  };
}
