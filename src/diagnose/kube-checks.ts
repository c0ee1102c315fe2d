import { valueIfPresent } from '../core/reading.js';
import { cidrText } from '../flannel/address.js';
import type { Lease } from '../flannel/lease.js';
import type { FlannelNode } from '../flannel/node.js';
import { type Check, found } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';
import { apiNodeName, apiNodeNames, leasesByHost, namesOfHost } from './kube-nodes.js';
import { sharedAddress } from './shared-address.js';
import { ifaceInForce, notRunning } from './unit-checks.js';

/** What the nodes' annotations alone show, beside what the checks make of leases and hosts. */
export function kubeFindings(view: ClusterView, earlier: readonly Finding[]): Finding[] {
  const { leases } = view;
  if (leases === undefined) return [];
  const hostOf = hostsByLease(view, leases);
  return [...sharedAnnotations(view, hostOf, earlier), ...ordersNotInForce(leases, hostOf), ...podsMissing(view)];
}

function hostsByLease({ nodes }: ClusterView, leases: readonly Lease[]): (lease: Lease) => string | undefined {
  const leaseOf = leasesByHost(leases);
  const hosts = new Map<Lease, string>();
  for (const node of nodes) {
    const lease = leaseOf(node);
    if (lease !== undefined) hosts.set(lease, node.host);
  }
  return (lease) => hosts.get(lease);
}

/** FF101 where the hosts' own facts do not show it: not all nodes of the API are in the inventory, or can be asked. */
function sharedAnnotations(
  view: ClusterView,
  hostOf: (lease: Lease) => string | undefined,
  earlier: readonly Finding[],
): Finding[] {
  const told = new Set(earlier.filter(({ id }) => id === 'FF101').flatMap(({ hosts }) => hosts));
  const shared = [...view.leasesTo].filter(([, leases]) => leases.length > 1);
  return shared.flatMap(([address, leases]) => {
    const hosts = leases.flatMap((lease) => hostOf(lease) ?? []);
    if (hosts.some((host) => told.has(host))) return [];
    const names = namedHosts(leases.map(apiNodeName));
    return [
      found(sharedAddress, {
        cause: CAUSE.gateway,
        hosts,
        summary: `${names}: the Kubernetes API has public-ip ${address} for all of these nodes`,
        evidence: leases
          .slice(0, 10)
          .map((lease) => `Kubernetes API: ${apiNodeName(lease)} has public-ip ${address}, ${cidrText(lease.subnet)}`),
        mend: '',
      }),
    ];
  });
}

/** FF203: an annotation orders an address, and flanneld has not been started since. */
function ordersNotInForce(leases: readonly Lease[], hostOf: (lease: Lease) => string | undefined): Finding[] {
  const late = leases.filter(
    ({ orderedIp, publicIp }) => orderedIp !== undefined && orderedIp.toString() !== publicIp.toString(),
  );
  if (late.length === 0) return [];
  return [
    found(ifaceInForce, {
      cause: CAUSE.notRestarted,
      hosts: late.flatMap((lease) => hostOf(lease) ?? []),
      summary: `${namedHosts(late.map(apiNodeName))}: an annotation orders an address that is not in force`,
      evidence: late
        .slice(0, 10)
        .map(
          (lease) =>
            `Kubernetes API: ${apiNodeName(lease)} is to have ${lease.orderedIp}, and has public-ip ${lease.publicIp}`,
        ),
      mend: '',
    }),
  ];
}

/**
 * FF207: a host that is a node of the API and runs no flanneld, while others do. It would pass for one without flannel.
 */
function podsMissing(view: ClusterView): Finding[] {
  const table = valueIfPresent(view.cluster.leases);
  if (table === undefined) return [];
  const names = apiNodeNames(table);
  const without = view.cluster.nodes.filter(
    (node) => node.status === 'no-flanneld' && namesOfHost(node).some((name) => names.has(name)),
  );
  return without.length === 0 ? [] : [missing(notRunning, without)];
}

function missing(check: Check, nodes: readonly FlannelNode[]): Finding {
  const hosts = nodes.map(({ host }) => host);
  return found(check, {
    cause: CAUSE.notRunning,
    hosts,
    summary: `${namedHosts(hosts)}: a node of the Kubernetes API on which no flanneld runs`,
    evidence: nodes.slice(0, 10).map(({ host, why }) => `${host}: ${why ?? 'no flanneld runs'}`),
    mend: "look why the DaemonSet's pod does not run there: kubectl -n kube-flannel get pods -o wide, kubectl describe node",
  });
}
