import { valueIfPresent } from '../core/reading.js';
import type { FlannelNode } from '../flannel/node.js';
import { blind, defineCheck, found } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';

/** FF102: several nodes hold one subnet, whatever etcd shows. */
export const sharedSubnet = defineCheck({
  id: 'FF102',
  title: 'one subnet on several nodes',
  severity: 'error',
  about: 'Containers on these nodes get the same addresses, and answers go to the wrong node.',
  page: {
    reads: ["the subnet file (/run/flannel/subnet.env), docker's options, flannel's device", 'leases in etcd'],
    why:
      'etcd shows one lease that looks healthy, and several nodes serve its subnet: so what each node holds is ' +
      'compared, not what etcd says. It follows from one shared address (FF101); or from an old subnet.env, as ' +
      'flanneld 0.8 to 0.17 takes over the lease that it names, whoever owns it; or from a copied machine image; or ' +
      'from a lease that ended and was given to another node.',
    byHand: [
      '# on each node; the same subnet twice is the fault',
      'grep FLANNEL_SUBNET /run/flannel/subnet.env',
      'ip -o -4 addr show flannel.1',
      'cat /etc/machine-id',
      '# who owns it (prefix of the command line)',
      'ETCDCTL_API=2 etcdctl get /coreos.com/network/subnets/10.1.31.0-24',
    ],
    mend:
      "Clear flannel's run state and restart flanneld on all of them but the one that owns the lease. -iface alone is " +
      'not enough while the old subnet.env is there. Copied machines need a machine id of their own.',
    task: "Clear the old lease's files",
    causes: [
      CAUSE.gateway,
      CAUSE.publicIp,
      CAUSE.duplicateAddress,
      CAUSE.reusedSubnetEnv,
      CAUSE.copiedImage,
      CAUSE.twoOwners,
    ],
  },
  look(view, earlier) {
    const groups = [...view.holders].filter(([, nodes]) => nodes.length > 1);
    const unread = view.nodes.filter(({ readings }) => readings.subnetEnv.state === 'unreadable');
    return {
      findings: groups.map(([cidr, nodes]) => findingOf(view, cidr, nodes, earlier)),
      notEvaluated: [
        ...blind(
          'FF102',
          view.unread.map(({ host }) => host),
          'the host could not be read',
        ),
        ...blind(
          'FF102',
          unread.map(({ host }) => host),
          'the subnet file could not be read',
        ),
      ],
    };
  },
});

function findingOf(
  view: ClusterView,
  cidr: string,
  nodes: readonly FlannelNode[],
  earlier: readonly Finding[],
): Finding {
  const hosts = nodes.map(({ host }) => host);
  const because = followsFrom(nodes, earlier);
  const lease = view.leaseOf.get(cidr);
  const cause = because?.cause ?? causeOf(view, nodes);
  const owner = lease === undefined ? undefined : ownerOf(nodes, lease.publicIp.toString());
  return found(sharedSubnet, {
    cause,
    hosts,
    summary: `${namedHosts(hosts)}: all hold ${cidr}`,
    evidence: [
      ...nodes.slice(0, 10).map((node) => `${node.host}: ${cidr} in its ${view.heldBy(node)?.from}${publishes(node)}`),
      ...(lease === undefined
        ? view.leases === undefined
          ? []
          : [`etcd: no lease for ${cidr}`]
        : [
            `etcd: ${cidr} is leased to ${lease.publicIp} alone${owner === undefined ? ', which is none of them' : ` (${owner})`}`,
          ]),
    ],
    mend: mendOf(cause, owner),
    because: because?.id,
  });
}

function publishes({ published }: FlannelNode): string {
  return published === undefined ? ', flanneld does not run' : `, publishes ${published.address}`;
}

function ownerOf(nodes: readonly FlannelNode[], address: string): string | undefined {
  return nodes.find(({ published }) => published?.address.toString() === address)?.host;
}

/** All of them share an address already, those that are stopped at their next start. */
function followsFrom(nodes: readonly FlannelNode[], earlier: readonly Finding[]): Finding | undefined {
  return earlier
    .filter(({ id }) => id === 'FF101')
    .find((finding) => {
      const hosts = new Set(finding.hosts);
      const addresses = new Set(
        nodes.filter(({ host }) => hosts.has(host)).map(({ published }) => published?.address.toString()),
      );
      const joins = ({ published, next }: FlannelNode) =>
        published === undefined && addresses.has(next?.address.toString());
      return addresses.size > 0 && nodes.every((node) => hosts.has(node.host) || joins(node));
    });
}

function causeOf(view: ClusterView, nodes: readonly FlannelNode[]): string {
  const ids = nodes.flatMap(({ readings }) => valueIfPresent(readings.identity)?.machineId ?? []);
  if (new Set(ids).size < ids.length) return CAUSE.copiedImage;
  // With their interfaces named and a gateway address in common, they come from the shared lease of before: a
  // flanneld of 0.8 to 0.17 takes over the lease that its old subnet file names, whoever owns it.
  const named = nodes.filter(({ running }) => (running?.iface.length ?? 0) > 0);
  return named.some((node) => sharesGatewayAddress(view, node)) ? CAUSE.reusedSubnetEnv : CAUSE.twoOwners;
}

function sharesGatewayAddress(view: ClusterView, { readings }: FlannelNode): boolean {
  const gateway = (valueIfPresent(readings.routes) ?? []).find(
    ({ destination, type }) => type === 'unicast' && destination.getPrefix().getValue() === 0n,
  )?.dev;
  const address = (valueIfPresent(readings.addresses) ?? []).find(({ iface }) => iface === gateway)?.address;
  return address !== undefined && (view.owners.get(address.toString()) ?? []).length > 1;
}

function mendOf(cause: string, owner: string | undefined): string {
  const who = owner === undefined ? 'on each of them' : `on all but ${owner}, which owns the lease`;
  const image = cause === CAUSE.copiedImage ? '; give each host a machine id of its own' : '';
  return `clear flannel's run state and restart flanneld ${who}${image}`;
}
