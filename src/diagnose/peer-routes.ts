import { valueIfPresent } from '../core/reading.js';
import { cidrText, liesWithin } from '../flannel/address.js';
import type { Lease } from '../flannel/lease.js';
import type { FlannelNode } from '../flannel/node.js';
import { blind, defineCheck, found, rootOf, withoutLeases } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, namedHosts } from './finding.js';

const SHOWN = 3;

/** FF304: routes and forwarding entries are not those that the leases call for. */
export const peerRoutes = defineCheck({
  id: 'FF304',
  title: 'routes or forwarding entries of peers missing or left over',
  severity: 'error',
  about: 'Traffic to a peer without a route leaves by the default gateway and is lost.',
  page: {
    reads: [
      'the routes of each running node',
      'the forwarding entries of flannel.1, where the host has a `bridge` program',
      'the leases in etcd',
    ],
    why: 'For every lease of another node, flanneld makes a route to its subnet and an entry that says at which address the node is reached. Where one is missing, packets leave by the default gateway and are lost; where one is left over, they go to a node that is gone. It comes about when flanneld lost its watch on etcd, when somebody flushed routes, or when a network service was restarted under it.',
    byHand: [
      'ip -4 route show',
      'bridge fdb show dev flannel.1',
      'ip neigh show dev flannel.1',
      'etcdctl ls /coreos.com/network/subnets',
    ],
    mend: 'Restart flanneld on the host: it reads all leases and makes the routes anew.',
    task: 'Restart flanneld',
    causes: [CAUSE.peersWrong],
  },
  look(view, earlier) {
    const none = withoutLeases('FF304', view);
    if (none !== undefined) return none;
    const running = view.nodes.filter(({ running, device }) => running !== undefined && device !== undefined);
    const routed = { ...view, leases: view.leases?.filter((lease) => isRouted(lease, view)) };
    const wrong = running.flatMap((node) => {
      const faults = peerFaults(routed, node);
      return faults.length === 0
        ? []
        : [{ host: node.host, faults, root: rootOf(node.host, earlier, ['FF101', 'FF102', 'FF301', 'FF303']) }];
    });
    // Nodes that share a lease cannot have routes to each other: that is said once, by the fault itself.
    const own = wrong.filter(({ root }) => root === undefined);
    const hosts = own.map(({ host }) => host);
    const finding = () =>
      found(peerRoutes, {
        cause: CAUSE.peersWrong,
        hosts,
        summary: `${namedHosts(hosts)}: routes are not in step with the leases`,
        evidence: own.slice(0, 10).map(({ host, faults }) => `${host}: ${faults.join('; ')}`),
        mend: 'restart flanneld on these hosts',
      });
    const unread = running.filter(({ readings }) => readings.routes.state !== 'present').map(({ host }) => host);
    return {
      findings: hosts.length === 0 ? [] : [finding()],
      notEvaluated: blind('FF304', unread, 'the routes could not be read'),
    };
  },
});

/** flanneld passes over leases of another backend than its own; an administrator's reservation mostly names none. */
function isRouted({ backendType = 'udp' }: Lease, { config }: ClusterView): boolean {
  return config === undefined || backendType === config.backendType;
}

/** What is wrong with a node's roads to its peers, in words. Costs as much as the node has routes, not leases. */
export function peerFaults(
  view: Pick<ClusterView, 'leases' | 'leaseOf' | 'heldBy'> & { config: ClusterView['config'] },
  node: FlannelNode,
): string[] {
  const { readings, device } = node;
  const held = view.heldBy(node)?.cidr;
  const routes = valueIfPresent(readings.routes);
  if (routes === undefined || device === undefined || held === undefined || !view.leaseOf.has(held)) return [];
  const network = view.config?.network ?? valueIfPresent(readings.subnetEnv)?.network;
  const there = new Set<string>();
  const leftOver: string[] = [];
  for (const { destination, dev, type } of routes) {
    if (type !== 'unicast' || destination.getPrefix().getValue() === 0n) continue;
    const cidr = cidrText(destination);
    if (cidr !== held && view.leaseOf.has(cidr)) there.add(cidr);
    // udp has one route for the whole network.
    else if (dev === device.name && cidr !== held && (network === undefined || cidr !== cidrText(network)))
      leftOver.push(cidr);
    else if (dev === device.name && network !== undefined && cidr === cidrText(network)) return [];
  }
  const peers = (view.leases ?? []).length - 1;
  const missing = there.size >= peers ? [] : firstMissing(view, held, there, network);
  return [
    ...(missing.length === 0 ? [] : [`no route to ${few(missing, peers - there.size)}`]),
    ...(leftOver.length === 0 ? [] : [`a route to ${few(leftOver, leftOver.length)}, which is leased to nobody`]),
    ...fdbFaults(view, node, there),
  ];
}

function firstMissing(
  view: Pick<ClusterView, 'leases'>,
  held: string,
  there: ReadonlySet<string>,
  network: Lease['subnet'] | undefined,
): string[] {
  const missing: string[] = [];
  for (const { subnet } of view.leases ?? []) {
    const cidr = cidrText(subnet);
    if (cidr === held || there.has(cidr) || (network !== undefined && !liesWithin(subnet, network))) continue;
    missing.push(cidr);
    if (missing.length === SHOWN) break;
  }
  return missing;
}

/** Each routed peer has its MAC in the forwarding table, at the address of its lease. */
function fdbFaults(
  view: Pick<ClusterView, 'leaseOf'>,
  { readings, device }: FlannelNode,
  there: ReadonlySet<string>,
): string[] {
  const fdb = valueIfPresent(readings.peers)?.fdb;
  if (fdb === undefined || device?.vxlan === undefined) return [];
  const entries = new Map(
    fdb.filter((entry) => entry.device === device.name).map(({ mac, dst }) => [mac, dst.toString()]),
  );
  const direct = new Set(
    (valueIfPresent(readings.routes) ?? [])
      .filter(({ dev }) => dev !== device.name)
      .map(({ destination }) => cidrText(destination)),
  );
  const wrong: string[] = [];
  for (const cidr of there) {
    const lease = view.leaseOf.get(cidr);
    if (lease?.vtepMac === undefined || direct.has(cidr)) continue;
    const dst = entries.get(lease.vtepMac);
    if (dst === undefined) wrong.push(`no forwarding entry for ${cidr}`);
    else if (dst !== lease.publicIp.toString())
      wrong.push(`${cidr} is sent to ${dst}, and is leased to ${lease.publicIp}`);
  }
  return wrong.length <= SHOWN ? wrong : [...wrong.slice(0, SHOWN), `and ${wrong.length - SHOWN} more like these`];
}

function few(names: readonly string[], total: number): string {
  return total <= SHOWN ? names.join(', ') : `${names.slice(0, SHOWN).join(', ')} and ${total - SHOWN} more`;
}
