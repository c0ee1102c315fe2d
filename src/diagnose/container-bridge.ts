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
  page: {
    reads: ['the addresses of docker0 and cni0', 'the subnet that the host holds', 'the overlay network'],
    why: "docker0 and cni0 get their address when docker starts or the first pod comes up, and keep it. After flannel has got another subnet they still hand out addresses of the old one. The overlay takes answers to those addresses to whichever node has the old subnet now. A bridge outside the overlay network is not flannel's and is left alone.",
    byHand: [
      'cat /run/flannel/subnet.env',
      'ip -o -4 addr show dev docker0',
      'ip -o -4 addr show dev cni0',
      'systemctl cat docker',
    ],
    mend: 'Restart docker on the host, which restarts its containers. For cni0: drain the node, `ip link delete cni0`, and let the pods start again. No run restarts them unless it is asked to.',
    causes: [CAUSE.staleBridge],
  },
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
