import { grouped } from '../diagnose/cluster.js';
import type { ClusterPicture, LeasePicture, NodePicture } from '../diagnose/picture.js';

/** A picture's nodes and leases, by what a person has to see first. */
export interface PictureGroups {
  /** Nodes that share a subnet or an address, directly or by way of others; the largest first. */
  readonly shared: readonly SharedGroup[];
  /** Nodes whose subnet and address nobody else has. */
  readonly own: readonly DrawnNode[];
  /** Of the nodes on their own, those with something to remark. */
  readonly odd: readonly DrawnNode[];
  /** Flannel nodes of which no subnet is known. */
  readonly without: readonly DrawnNode[];
  readonly unread: readonly NodePicture[];
  readonly noFlannel: readonly NodePicture[];
  /** Leases whose subnet no node holds. */
  readonly dead: readonly LeasePicture[];
}

export interface SharedGroup {
  readonly nodes: readonly DrawnNode[];
  /** The subnets and the addresses that more than one of them has. */
  readonly subnets: readonly string[];
  readonly addresses: readonly string[];
}

export interface DrawnNode extends NodePicture {
  readonly lease: LeasePicture | undefined;
  /** What does not fit at this node, in a few words. */
  readonly remark: string | null;
}

/** Linear in nodes and leases. */
export function groupsOf(picture: ClusterPicture): PictureGroups {
  const leases = new Map(picture.leases.map((lease) => [lease.subnet, lease]));
  const complete = picture.leasesInAll === picture.leases.length;
  const nodes = picture.nodes
    .filter(({ status }) => status === 'flannel')
    .map((node) => drawn(node, leases.get(node.subnet ?? ''), complete));
  const parts = joined(nodes);
  const single = parts.filter((part) => part.length === 1).flat();
  const own = single.filter(({ subnet }) => subnet !== null);
  return {
    shared: parts
      .filter((part) => part.length > 1)
      .map(sharedGroup)
      .sort((one, other) => other.nodes.length - one.nodes.length),
    own: own.filter(({ remark }) => remark === null),
    odd: own.filter(({ remark }) => remark !== null),
    without: single.filter(({ subnet }) => subnet === null),
    unread: picture.nodes.filter(({ status }) => status === 'unreadable'),
    noFlannel: picture.nodes.filter(({ status }) => status === 'no-flanneld'),
    dead: picture.leases.filter(({ holders }) => holders.length === 0),
  };
}

function drawn(node: NodePicture, lease: LeasePicture | undefined, complete: boolean): DrawnNode {
  return { ...node, lease, remark: remarkOf(node, lease, complete) };
}

function remarkOf({ running, published, subnet }: NodePicture, lease: LeasePicture | undefined, complete: boolean) {
  if (!running) return 'flanneld is not running';
  if (subnet === null) return 'holds no subnet';
  if (lease === undefined) return complete ? 'its subnet has no lease' : null;
  return published !== null && lease.publicIp !== published ? `leased to ${lease.publicIp}` : null;
}

function sharedGroup(nodes: readonly DrawnNode[]): SharedGroup {
  return { nodes, subnets: repeated(nodes, 'subnet'), addresses: repeated(nodes, 'published') };
}

function repeated(nodes: readonly DrawnNode[], what: 'subnet' | 'published'): string[] {
  const groups = grouped(nodes, (node) => node[what] ?? undefined);
  return [...groups].filter(([, users]) => users.length > 1).map(([value]) => value);
}

/** Nodes in the parts that common subnets and addresses join, in the order of their first nodes. */
function joined(nodes: readonly DrawnNode[]): DrawnNode[][] {
  const bySubnet = grouped(nodes, ({ subnet }) => subnet ?? undefined);
  const byAddress = grouped(nodes, ({ published }) => published ?? undefined);
  const order = new Map(nodes.map((node, at) => [node, at]));
  const placeOf = (node: DrawnNode) => order.get(node) ?? 0;
  const seen = new Set<DrawnNode>();
  return nodes.flatMap((start) => {
    const part: DrawnNode[] = [];
    const open = [start];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      part.push(node);
      for (const [groups, key] of [
        [bySubnet, node.subnet],
        [byAddress, node.published],
      ] as const) {
        if (key === null) continue;
        open.push(...(groups.get(key) ?? []));
        groups.delete(key); // all of them are on their way
      }
    }
    return part.length === 0 ? [] : [part.sort((one, other) => placeOf(one) - placeOf(other))];
  });
}
