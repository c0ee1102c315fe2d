import { pingTargets } from '../diagnose/verify-cluster.js';
import type { PathTarget } from '../facts/flannel-paths.js';
import type { FlannelNode } from '../flannel/node.js';

/**
 * Which nodes each node sends packets to: every other one up to fifty nodes, above that a sample that spans them. One
 * that has the node's own address in the overlay is left out: the node itself would answer.
 */
export function pathTargets(nodes: readonly FlannelNode[]): Map<string, PathTarget[]> {
  const byHost = new Map(nodes.map((node) => [node.host, node]));
  return new Map(
    [...pingTargets(nodes)].map(([host, peers]) => {
      const device = byHost.get(host)?.device;
      const own = device?.address?.toString();
      return [
        host,
        peers
          .filter(({ address }) => address !== own)
          .map(({ node, address }) => ({
            node,
            overlay: address,
            underlay: byHost.get(node)?.published?.address.toString(),
            fullBytes: device?.mtuBytes,
          })),
      ];
    }),
  );
}
