import { valueIfPresent } from '../core/reading.js';
import { cidrText, lies } from '../flannel/address.js';
import type { InterfaceAddress } from '../flannel/host-network.js';
import type { FlannelNode } from '../flannel/node.js';
import { blind, defineCheck, found } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, namedHosts } from './finding.js';

/** FF302: a bridge with an address of the overlay that is not in the subnet its host holds. */
export const containerBridge = defineCheck({
  id: 'FF302',
  title: 'docker0 or cni0 outside the subnet',
  severity: 'warn',
  about:
    'Containers on it have addresses that the overlay takes to another node; new options reach it when docker restarts.',
  look(view) {
    const stale = view.nodes.flatMap((node) => staleBridges(view, node).map((bridge) => ({ node, bridge })));
    const unread = view.nodes.filter(({ readings }) => readings.bridges.state === 'unreadable').map(({ host }) => host);
    const hosts = [...new Set(stale.map(({ node }) => node.host))];
    const finding = () =>
      found(containerBridge, {
        cause: CAUSE.staleBridge,
        hosts,
        summary: `${namedHosts(hosts)}: ${[...new Set(stale.map(({ bridge }) => bridge.iface))].join(', ')} outside the subnet of the host`,
        evidence: stale
          .slice(0, 10)
          .map(
            ({ node, bridge }) =>
              `${node.host}: ${bridge.iface} has ${bridge.address}, and the host holds ${view.heldBy(node)?.cidr}`,
          ),
        mend: 'restart docker on these hosts, which restarts its containers (for cni0: drain the node, delete the bridge)',
      });
    return {
      findings: hosts.length === 0 ? [] : [finding()],
      notEvaluated: blind('FF302', unread, 'the bridges could not be read'),
    };
  },
});

/** Bridges with an address of the overlay network, and not of the held subnet. A docker0 of its own is none of ours. */
export function staleBridges(view: ClusterView, node: FlannelNode): InterfaceAddress[] {
  const held = view.heldBy(node);
  const network = view.config?.network ?? valueIfPresent(node.readings.subnetEnv)?.network;
  if (held === undefined || network === undefined) return [];
  return (valueIfPresent(node.readings.bridges) ?? []).filter(
    ({ address }) => lies(address, network) && !lies(address, held.subnet),
  );
}

/** `docker0 (10.1.31.1/24)` */
export function bridgeText({ iface, address, network }: InterfaceAddress): string {
  return `${iface} (${address}, ${cidrText(network)})`;
}
