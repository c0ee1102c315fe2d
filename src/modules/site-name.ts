import { printableLine } from '../core/text.js';
import type { Site } from './flannel-sites.js';

/** What tells a cluster from the others of its inventory: `etcd v2 /kubernetes/network`. */
export function siteName({ spec, nodes }: Pick<Site, 'spec' | 'nodes'>): string {
  if (spec !== undefined) return printableLine(`etcd ${spec.store} ${spec.prefix}`, 200);
  if (nodes.some(({ store }) => store === 'kubernetes')) return 'Kubernetes API';
  return `etcd of ${nodes[0]?.host ?? 'no host'}`;
}
