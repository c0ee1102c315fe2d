import { printableLine } from '../core/text.js';
import { prefixBits } from '../flannel/address.js';
import { type Uplink, uplinksOf } from '../flannel/choose-interface.js';
import type { FlannelNode } from '../flannel/node.js';
import { blind, defineCheck, found } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';

/** FF202: nodes whose interface hangs on the default route, and that have several which could get it. */
export const ifaceMissing = defineCheck({
  id: 'FF202',
  title: 'no -iface where there is more than one candidate',
  severity: 'warn',
  about: 'The default route decides: when it moves to another interface, the next start publishes another address.',
  onlyInCheck: true,
  page: {
    reads: ["flanneld's unit and command line", 'addresses, links and routes of the host'],
    why:
      'Without -iface flanneld takes the interface of the first default route when it starts. The address may be ' +
      'right today. A new route, another DHCP answer or another order of interfaces at boot moves it: the node then ' +
      'publishes an address that its peers do not reach or that other nodes have too, and takes another subnet. ' +
      'Nodes that FF101 or FF201 name already are not named again. With -public-ip the lease does not hang on the ' +
      'interface, and the node is not named.',
    byHand: [
      "tr '\\0' ' ' </proc/$(pidof flanneld)/cmdline; echo",
      'systemctl cat flanneld | grep -n iface',
      'ip -4 route show default',
      'ip -o -4 addr show scope global',
    ],
    mend:
      "Put -iface=INTERFACE right after the flanneld word of the unit's ExecStart, with the interface that it uses " +
      'now; systemctl daemon-reload; restart flanneld when it suits. In Kubernetes set --iface or --iface-regex in ' +
      'the DaemonSet.',
    causes: [CAUSE.noIface],
  },
  look(view, earlier) {
    const named = new Set(earlier.filter(({ id }) => id === 'FF101' || id === 'FF201').flatMap(({ hosts }) => hosts));
    const free = view.nodes.filter(({ host }) => !named.has(host));
    const unclear = free.filter(({ configured, running }) => (configured ?? running) === undefined);
    const open = free.filter(leftToTheRoute);
    const judged = open.filter(({ readings }) => readings.links.state === 'present');
    return {
      findings: findingOf(view, judged),
      notEvaluated: [
        ...blind('FF202', hostsOf(view.unread), 'the host could not be read'),
        ...blind('FF202', hostsOf(unclear), 'what flanneld is told when it starts cannot be understood'),
        ...blind('FF202', hostsOf(open.filter((node) => !judged.includes(node))), 'the links could not be read'),
      ],
    };
  },
});

function hostsOf(nodes: readonly FlannelNode[]): string[] {
  return nodes.map(({ host }) => host);
}

function leftToTheRoute({ configured, running }: FlannelNode): boolean {
  const told = configured ?? running;
  if (told === undefined) return false;
  const named = told.iface.length > 0 || told.ifaceRegex.length > 0 || told.ifaceCanReach !== undefined;
  return !named && told.publicIp === undefined;
}

const NOBODY: ReadonlyMap<string, readonly string[]> = new Map();

function findingOf(view: ClusterView, nodes: readonly FlannelNode[]): Finding[] {
  // flanneld does not ask whether anybody else has an address.
  const several = nodes
    .map((node) => ({ node, uplinks: uplinksOf(node, NOBODY).filter(({ against }) => against === undefined) }))
    .filter(({ uplinks }) => uplinks.length > 1);
  const hosts = hostsOf(several.map(({ node }) => node));
  if (hosts.length === 0) return [];
  return [
    found(ifaceMissing, {
      cause: CAUSE.noIface,
      hosts,
      summary: `${namedHosts(hosts)}: no -iface, and more than one interface could get the default route`,
      evidence: several.slice(0, 10).map(({ node, uplinks }) => lineOf(view, node, uplinks)),
      mend: several.every(({ node }) => node.store === 'kubernetes')
        ? 'name the interface in the DaemonSet: --iface, or --iface-regex'
        : 'name the interface that each node uses now with -iface',
    }),
  ];
}

function lineOf(view: ClusterView, { host, next, published }: FlannelNode, uplinks: readonly Uplink[]): string {
  const now = (next ?? published)?.iface;
  const others = uplinks.filter(({ iface }) => iface !== now).slice(0, 3);
  const texts = others.map(({ iface, address }) => {
    const owners = view.owners.get(address.address.toString()) ?? [];
    const shared = owners.length > 1 ? `, which ${owners.length} hosts have` : '';
    return `${printableLine(iface, 20)} (${address.address}/${prefixBits(address.network)}${shared})`;
  });
  const route = now === undefined ? 'no default route now' : `the default route is on ${printableLine(now, 20)} now`;
  return `${host}: ${route}; ${texts.join(' and ')} would do for flanneld too`;
}
