import type { FlannelNode } from '../flannel/node.js';
import type { Published } from '../flannel/published-address.js';
import { blind, defineCheck, found } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';

/** FF101: several nodes publish one address, so all of them find and take one lease. */
export const sharedAddress = defineCheck({
  id: 'FF101',
  title: 'one public address on several nodes',
  severity: 'error',
  about: 'flannel finds a lease by the public address: nodes that share it share the subnet too.',
  page: {
    reads: ["flanneld's command line and environment", 'addresses and routes of the host', 'the device flannel.1'],
    why:
      'Without -iface flanneld takes the interface of the first default route, and publishes its address. Machines of ' +
      'VirtualBox and Vagrant all have 10.0.2.15 there. The second node finds the lease of the first under that ' +
      'address ("Found lease ... for current IP ..., reusing") and serves the same subnet. Containers get the same ' +
      'addresses, and packets go to whichever node answers.',
    byHand: [
      '# on each node; the same address twice is the fault',
      "tr '\\0' ' ' </proc/$(pidof flanneld)/cmdline; echo",
      'ip -4 route show default',
      'ip -d link show flannel.1 | grep -o "local [0-9.]*"',
      'journalctl -u flanneld | grep -E "Using interface|Found lease"',
    ],
    mend:
      "Name each node's own interface with -iface, clear what flanneld wrote below /run/flannel, restart flanneld, and " +
      'delete the dead lease when no node holds it any more. One -public-ip for several nodes has to come off their ' +
      'command lines by hand.',
    task: 'Name the interface',
    causes: [CAUSE.gateway, CAUSE.publicIp, CAUSE.duplicateAddress],
  },
  look(view) {
    const groups = [...view.publishers].filter(([, nodes]) => nodes.length > 1);
    const unclear = view.nodes.filter(({ running, published }) => running !== undefined && published === undefined);
    return {
      findings: groups.map(([address, nodes]) => findingOf(view, address, nodes)),
      notEvaluated: [
        ...blind(
          'FF101',
          view.unread.map(({ host }) => host),
          'the host could not be read',
        ),
        ...blind(
          'FF101',
          unclear.map(({ host }) => host),
          'the address that flanneld publishes cannot be told',
        ),
      ],
    };
  },
});

function findingOf(view: ClusterView, address: string, nodes: readonly FlannelNode[]): Finding {
  const hosts = nodes.map(({ host }) => host);
  const hows = new Set(nodes.map(({ published }) => published?.how));
  const cause = causeOf(hows);
  const ifaces = [...new Set(nodes.flatMap(({ published }) => published?.iface ?? []))].join(', ');
  const lease = view.leasesTo.get(address)?.[0];
  const held = [...new Set(nodes.flatMap((node) => view.heldBy(node)?.cidr ?? []))];
  const subnet = held.length === 1 ? `, and all hold ${held[0]}` : '';
  return found(sharedAddress, {
    cause,
    hosts,
    summary: `${namedHosts(hosts)}: all publish ${address}${ifaces === '' ? '' : ` (${ifaces})`}${subnet}`,
    evidence: [
      ...nodes.slice(0, 10).map((node) => `${node.host}: ${whereFrom(node, node.published as Published)}`),
      ...(lease === undefined
        ? []
        : [`etcd: one lease for ${address}: ${lease.subnet.getFirst()}/${lease.subnet.getPrefix().getValue()}`]),
    ],
    mend:
      cause === CAUSE.publicIp
        ? 'take -public-ip off the command line of these nodes'
        : "name each node's own interface with -iface, clear flannel's run state, restart flanneld",
  });
}

function causeOf(hows: ReadonlySet<Published['how'] | undefined>): string {
  if (hows.has('default route') || hows.has('flannel device')) return CAUSE.gateway;
  return hows.has('-public-ip') ? CAUSE.publicIp : CAUSE.duplicateAddress;
}

/** Where a node's published address comes from. */
export function whereFrom(node: FlannelNode, { address, iface, how }: Published): string {
  const on = iface === undefined ? '' : ` on ${iface}`;
  switch (how) {
    case '-public-ip':
      return `-public-ip=${address}`;
    case '-iface':
      return `-iface=${node.settings?.iface.join(',') ?? ''} gives ${address}${on}`;
    case 'default route':
      return `no -iface, so the first default route decides: ${address}${on}`;
    case 'annotation':
      return `the annotations of its node give ${address}`;
    default:
      return `its flannel device has the local address ${address}${on}`;
  }
}
