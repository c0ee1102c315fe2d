import { pingTargets } from '../diagnose/verify-cluster.js';
import type { PathTarget } from '../facts/flannel-paths.js';
import type { FlannelNode } from '../flannel/node.js';

/** Which nodes each node sends packets to: every other one up to fifty nodes, above that a sample that spans them. */
export function pathTargets(nodes: readonly FlannelNode[]): Map<string, PathTarget[]> {
  const byHost = new Map(nodes.map((node) => [node.host, node]));
  return new Map(
    [...pingTargets(nodes)].map(([host, peers]) => {
      const fullBytes = byHost.get(host)?.device?.mtuBytes;
      return [
        host,
        peers.map(({ node, address }) => ({
          node,
          overlay: address,
          underlay: byHost.get(node)?.published?.address.toString(),
          fullBytes,
        })),
      ];
    }),
  );
}
