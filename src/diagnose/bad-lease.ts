import { valueIfPresent } from '../core/reading.js';
import { printableLine } from '../core/text.js';
import { cidrText, liesWithin, prefixBits } from '../flannel/address.js';
import type { Lease } from '../flannel/lease.js';
import { defineCheck, found, withoutLeases } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, type Finding } from './finding.js';

/** FF104: leases outside the network, leases that overlap, and entries that are no lease. */
export const badLease = defineCheck({
  id: 'FF104',
  title: 'lease outside the network, or overlapping another',
  severity: 'error',
  readsNoHost: true,
  about: 'Two overlapping subnets fight for the same addresses; one outside the network is not routed.',
  page: {
    reads: ['<prefix>/config in etcd', 'every entry below <prefix>/subnets'],
    why:
      'A lease outside Network stays behind when the network was changed under running nodes. Overlapping leases come ' +
      'from a changed SubnetLen or from entries written by hand. An entry that flannel cannot read as a lease is a ' +
      'warning: flannel passes over it, and somebody wrote it.',
    byHand: [
      "# endpoints, certificates and prefix: those of flanneld's command line",
      'ETCDCTL_API=2 etcdctl get /coreos.com/network/config',
      'ETCDCTL_API=2 etcdctl ls /coreos.com/network/subnets | sort -V',
    ],
    mend:
      "Clear flannel's run state and restart flanneld on the nodes that hold such a lease, one after another: they " +
      'take a new one. Entries that are no lease are left alone.',
    causes: [CAUSE.badLease, CAUSE.overlapping, CAUSE.noLease],
  },
  look(view) {
    const none = withoutLeases('FF104', view);
    if (none !== undefined) return none;
    const findings = [...outside(view), ...overlapping(view.leases ?? []), ...malformed(view)];
    const unknown =
      view.config === undefined ? [{ id: 'FF104', hosts: [], why: 'the network configuration was not read' }] : [];
    return { findings, notEvaluated: unknown };
  },
});

function outside({ leases = [], config, holders }: ClusterView): Finding[] {
  if (config === undefined) return [];
  const out = leases.filter(({ subnet }) => !liesWithin(subnet, config.network));
  if (out.length === 0) return [];
  return [
    found(badLease, {
      cause: CAUSE.badLease,
      hosts: out.flatMap(({ subnet }) => (holders.get(cidrText(subnet)) ?? []).map(({ host }) => host)),
      summary: `outside ${cidrText(config.network)}: ${few(out.map(({ subnet }) => cidrText(subnet)))}`,
      evidence: out.slice(0, 10).map(({ key, publicIp }) => `etcd: ${key} of ${publicIp}`),
      mend: "clear flannel's run state on the nodes that hold them and restart flanneld",
    }),
  ];
}

function overlapping(leases: readonly Lease[]): Finding[] {
  // IPv4 addresses fit a number, which sorts much faster than the ranges themselves.
  const sorted = leases
    .map((lease) => {
      const start = Number(lease.subnet.getFirst().getValue());
      return { lease, start, bits: prefixBits(lease.subnet) };
    })
    .sort((one, other) => one.start - other.start || one.bits - other.bits);
  const pairs: [Lease, Lease][] = [];
  let widest: { lease: Lease; end: number } | undefined;
  for (const { lease, start, bits } of sorted) {
    if (widest !== undefined && start < widest.end) pairs.push([widest.lease, lease]);
    else widest = { lease, end: start + 2 ** (32 - bits) };
  }
  if (pairs.length === 0) return [];
  return [
    found(badLease, {
      cause: CAUSE.overlapping,
      hosts: [],
      summary: `leases overlap: ${few(pairs.map(([outer, inner]) => `${cidrText(inner.subnet)} in ${cidrText(outer.subnet)}`))}`,
      evidence: pairs
        .slice(0, 10)
        .map(([outer, inner]) => `etcd: ${outer.key} of ${outer.publicIp}, ${inner.key} of ${inner.publicIp}`),
      mend: 'give one of each pair a new subnet: clear its run state and restart its flanneld',
    }),
  ];
}

function malformed({ cluster }: ClusterView): Finding[] {
  const entries = valueIfPresent(cluster.leases)?.malformed ?? [];
  if (entries.length === 0) return [];
  return [
    found(badLease, {
      severity: 'warn',
      cause: CAUSE.noLease,
      hosts: [],
      summary: `below subnets/ in etcd: ${few(entries.map(({ key }) => printableLine(key, 80)))}`,
      evidence: entries
        .slice(0, 10)
        .map(({ key, why }) => `etcd: ${printableLine(key, 80)}: ${printableLine(why, 120)}`),
      mend: 'look who wrote it; fix-flannel leaves it alone',
    }),
  ];
}

function few(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
