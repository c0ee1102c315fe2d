import { printableLine } from '../core/text.js';
import { cidrText } from '../flannel/address.js';
import type { Lease } from '../flannel/lease.js';
import { blind, defineCheck, found, withoutLeases } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, type Finding } from './finding.js';

/** FF103: a lease that no node holds any more, to which every node still routes. */
export const deadLease = defineCheck({
  id: 'FF103',
  title: 'dead lease',
  severity: 'warn',
  about: 'Every node keeps a route and a forwarding entry for it, and its subnet cannot be leased until it ends.',
  page: {
    reads: ['leases in etcd', 'what each node holds and publishes', 'addresses of all hosts of the inventory'],
    why:
      'A node that got another address leaves its old lease behind for up to 24 hours. Dead is a lease of an address ' +
      'of a known host, where no node holds the subnet or would find the lease again. While one host cannot be read, ' +
      'no lease is called dead. A lease of an address that no host of the inventory has is told and never deleted, ' +
      'nor is a reservation without an end.',
    byHand: [
      "# endpoints, certificates and prefix: those of flanneld's command line",
      'P=/coreos.com/network/subnets',
      'for k in $(ETCDCTL_API=2 etcdctl ls $P); do',
      '  echo "$k $(ETCDCTL_API=2 etcdctl get $k)"; done',
      '# and on each node',
      'grep FLANNEL_SUBNET /run/flannel/subnet.env',
    ],
    mend:
      'Delete it by compare, and only when no node holds its subnet: a flanneld whose lease is deleted ends, and 0.11 ' +
      'is not brought back by Restart=on-failure. Or wait until it ends.',
    task: 'Dead leases',
    causes: [CAUSE.deadLease, CAUSE.strangeLease],
  },
  look(view) {
    const none = withoutLeases('FF103', view);
    if (none !== undefined) return none;
    const blindHosts = blindTo(view);
    if (blindHosts.length > 0) {
      return { findings: [], notEvaluated: blind('FF103', blindHosts, 'what the host holds could not be read') };
    }
    const { dead, strange } = unheldLeases(view);
    return { findings: [...findingOf(dead, view), ...strangeFinding(strange)], notEvaluated: [] };
  },
});

/** Hosts that may hold a subnet without our knowing: while there are any, no lease is known to be dead. */
export function blindTo(view: ClusterView): string[] {
  const unread = view.nodes.filter(
    (node) =>
      node.readings.subnetEnv.state === 'unreadable' || (node.running !== undefined && view.heldBy(node) === undefined),
  );
  return [...view.unread, ...unread].map(({ host }) => host);
}

/**
 * Leases that no node holds. Dead are those to an address of a known host, which holds another subnet or none; the
 * others may belong to a node that the inventory lacks. Reservations (no end) are neither.
 */
export function unheldLeases(view: ClusterView): { dead: Lease[]; strange: Lease[] } {
  const unheld = (view.leases ?? []).filter(
    (lease) => lease.ttlSeconds !== undefined && !view.holders.has(cidrText(lease.subnet)) && !isWaitedFor(view, lease),
  );
  const known = (lease: Lease) => view.owners.has(lease.publicIp.toString());
  return { dead: unheld.filter(known), strange: unheld.filter((lease) => !known(lease)) };
}

/** A node publishes this address and has no other lease in force: at its next start it finds this one again. */
function isWaitedFor(view: ClusterView, lease: Lease): boolean {
  const address = lease.publicIp.toString();
  return (view.claimants.get(address) ?? []).some((node) => {
    const held = view.heldBy(node);
    return held === undefined || view.leaseOf.get(held.cidr)?.publicIp.toString() !== address;
  });
}

function findingOf(dead: readonly Lease[], view: ClusterView): Finding[] {
  const [first] = dead;
  if (first === undefined) return [];
  const names = dead.slice(0, 3).map((lease) => `${cidrText(lease.subnet)} of ${lease.publicIp}`);
  const more = dead.length > 3 ? ` and ${dead.length - 3} more` : '';
  return [
    found(deadLease, {
      cause: CAUSE.deadLease,
      hosts: [],
      summary: `${dead.length === 1 ? 'a lease' : `${dead.length} leases`} that no node holds: ${names.join(', ')}${more}`,
      evidence: dead.slice(0, 10).map((lease) => {
        const owners = view.owners.get(lease.publicIp.toString()) ?? [];
        const who = owners.length === 1 ? owners[0] : `${owners.length} hosts`;
        return `etcd: ${cidrText(lease.subnet)}, PublicIP ${lease.publicIp} (an address of ${who}), ends in ${hours(lease)}`;
      }),
      mend: 'delete the lease, by compare',
    }),
  ];
}

function hours({ ttlSeconds = 0 }: Lease): string {
  return ttlSeconds >= 3600 ? `${Math.round(ttlSeconds / 3600)} h` : `${Math.ceil(ttlSeconds / 60)} min`;
}

function strangeFinding(strange: readonly Lease[]): Finding[] {
  if (strange.length === 0) return [];
  const names = strange.slice(0, 3).map((lease) => `${cidrText(lease.subnet)} of ${lease.publicIp}`);
  const more = strange.length > 3 ? ` and ${strange.length - 3} more` : '';
  return [
    found(deadLease, {
      cause: CAUSE.strangeLease,
      hosts: [],
      summary: `leased to no host of the inventory: ${names.join(', ')}${more}`,
      evidence: strange
        .slice(0, 10)
        .map((lease) => `etcd: ${printableLine(lease.key, 80)} of ${lease.publicIp}, ends in ${hours(lease)}`),
      mend: 'add the host to the inventory, or let the lease end by itself; it is not deleted',
    }),
  ];
}
