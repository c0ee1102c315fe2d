import type { IPv4CidrRange } from 'ip-num';
import { valueIfPresent } from '../core/reading.js';
import { printableLine } from '../core/text.js';
import { cidrText, liesWithin, prefixBits } from '../flannel/address.js';
import type { Route } from '../flannel/host-network.js';
import { interfaceUse } from '../flannel/interface-kind.js';
import type { FlannelNode } from '../flannel/node.js';
import { blind, defineCheck, found } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';

/** FF601: the overlay has addresses that a host's own network has too. */
export const networkOverlap = defineCheck({
  id: 'FF601',
  title: "overlay network overlaps a host's network",
  severity: 'error',
  about: 'One address then means a container and a machine: packets for the one end at the other.',
  onlyInCheck: true,
  page: {
    reads: ['Network in <prefix>/config', 'addresses and routes of the host', 'leases in etcd'],
    why:
      'flannel routes its Network over its own device. Where a host has an interface in that range, or a route to a ' +
      "part of it, the more specific route wins, and the other side's packets are lost. Not counted: routes and " +
      "addresses of flannel's devices, docker0, cni0 and of containers in the host's own subnet; routes by way of " +
      'other nodes (host-gw, DirectRouting); default routes, also in two halves; routes that lead nowhere. A route ' +
      'to a wider network by way of a gateway is told as a warning, as it may be a summary route that means nothing ' +
      'by these addresses.',
    byHand: [
      "# endpoints, certificates and prefix: those of flanneld's command line",
      'ETCDCTL_API=2 etcdctl get /coreos.com/network/config',
      'ip -o -4 addr show',
      'ip -4 route show',
    ],
    mend:
      'Give flannel a Network that nobody uses: write <prefix>/config, clear the run state and restart flanneld on ' +
      'every node, then docker. Or take the other network off the hosts.',
    causes: [CAUSE.networkOverlap],
  },
  look(view) {
    const known = routedByFlannel(view);
    const judged = view.nodes.map((node) => ({ node, overlay: overlayOf(view, node) }));
    const overlaps = judged.flatMap(({ node, overlay }) =>
      overlay === undefined ? [] : overlapsOf(view, node, overlay, known),
    );
    const without = judged.filter(({ overlay }) => overlay === undefined).map(({ node }) => node.host);
    const noRoutes = view.nodes.filter(({ readings }) => readings.routes.state !== 'present').map(({ host }) => host);
    return {
      findings: [
        ...findingOf(
          overlaps.filter(({ isWider }) => !isWider),
          'error',
        ),
        ...findingOf(
          overlaps.filter(({ isWider }) => isWider),
          'warn',
        ),
      ],
      notEvaluated: [
        ...blind(
          'FF601',
          view.unread.map(({ host }) => host),
          'the host could not be read',
        ),
        ...blind('FF601', without, "flannel's network is not known"),
        ...blind('FF601', noRoutes, 'the routes could not be read'),
      ],
    };
  },
});

interface Overlap {
  readonly host: string;
  readonly overlay: string;
  readonly network: string;
  /** `eth0 is in it`, `routed by way of 10.0.0.1 on eth0` */
  readonly where: string;
  /** A route to more than the overlay, by way of a gateway. */
  readonly isWider: boolean;
}

function findingOf(overlaps: readonly Overlap[], severity: Finding['severity']): Finding[] {
  const [first] = overlaps;
  if (first === undefined) return [];
  const hosts = [...new Set(overlaps.map(({ host }) => host))];
  const networks = [...new Set(overlaps.map(({ network }) => network))];
  const few = `${networks.slice(0, 3).join(', ')}${networks.length > 3 ? ` and ${networks.length - 3} more` : ''}`;
  const what = severity === 'error' ? `${few} and the overlay's` : `a route to ${few}, which holds the overlay's`;
  return [
    found(networkOverlap, {
      severity,
      cause: CAUSE.networkOverlap,
      hosts,
      summary: `${namedHosts(hosts)}: ${what} ${first.overlay}${severity === 'error' ? ' overlap' : ''}`,
      evidence: overlaps.slice(0, 10).map(({ host, network, where }) => `${host}: ${network}, ${where}`),
      mend:
        severity === 'error'
          ? 'give flannel a network that nobody uses, or take the other one off these hosts'
          : "make sure that no machine behind this route has an address of flannel's network",
    }),
  ];
}

function overlayOf({ config }: ClusterView, { readings }: FlannelNode): IPv4CidrRange | undefined {
  return config?.network ?? valueIfPresent(readings.subnetEnv)?.network;
}

/** Addresses by way of which flannel routes where it needs no tunnel. */
function routedByFlannel({ leasesTo, owners }: ClusterView): (gateway: string) => boolean {
  return (gateway) => leasesTo.has(gateway) || owners.has(gateway);
}

function overlapsOf(
  view: ClusterView,
  node: FlannelNode,
  overlay: IPv4CidrRange,
  isNode: (gateway: string) => boolean,
): Overlap[] {
  const found = new Map<string, Overlap>();
  const add = (network: IPv4CidrRange, dev: string, where: string, isWider = false) => {
    const key = `${cidrText(network)} ${dev}`;
    if (found.has(key)) return;
    found.set(key, { host: node.host, overlay: cidrText(overlay), network: cidrText(network), where, isWider });
  };
  for (const { iface, network } of valueIfPresent(node.readings.addresses) ?? []) {
    if (OWN_DEVICE.test(iface) || !overlap(network, overlay) || isContainers(view, node, iface, network)) continue;
    add(network, iface, `the network of ${printableLine(iface, 20)}`);
  }
  for (const route of valueIfPresent(node.readings.routes) ?? []) {
    const { type, destination, dev = '', via } = route;
    if (type !== 'unicast' || OWN_DEVICE.test(dev) || prefixBits(destination) <= HALF_OF_ALL) continue;
    if (!overlap(destination, overlay) || isContainers(view, node, dev, destination)) continue;
    if (via !== undefined && liesWithin(destination, overlay) && isNode(via.toString())) continue;
    add(destination, dev, routeText(route), via !== undefined && !liesWithin(destination, overlay));
  }
  return [...found.values()];
}

/** flannel's own devices, and the bridges that FF302 looks at. */
const OWN_DEVICE = /^(flannel|docker0$|cni0$|cbr0$)/;

/** `redirect-gateway` of a VPN writes the default route as 0.0.0.0/1 and 128.0.0.0/1. */
const HALF_OF_ALL = 1;

function overlap(one: IPv4CidrRange, other: IPv4CidrRange): boolean {
  return liesWithin(one, other) || liesWithin(other, one);
}

/** Bridges and cables of containers in the subnet that the host holds. */
function isContainers(view: ClusterView, node: FlannelNode, iface: string, network: IPv4CidrRange): boolean {
  const held = view.heldBy(node)?.subnet;
  if (held === undefined || !liesWithin(network, held)) return false;
  return interfaceUse(iface, prefixBits(network) < 32, valueIfPresent(node.readings.links) ?? []).kind === 'never';
}

function routeText({ via, dev }: Route): string {
  const on = dev === undefined ? '' : ` on ${printableLine(dev, 20)}`;
  return via === undefined ? `a route${on}` : `a route by way of ${via}${on}`;
}
