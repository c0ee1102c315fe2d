import { defineCheck, found, withoutLeases } from './check.js';
import { CAUSE, namedHosts } from './finding.js';

/** FF105: a lease that its node should have renewed by now. */
export const leaseRenewal = defineCheck({
  id: 'FF105',
  title: 'lease not renewed in time',
  severity: 'warn',
  about: 'When a lease ends its subnet is given to another node, while this one goes on using it.',
  page: {
    reads: ['the time to live of each lease in etcd', 'which node holds it and runs'],
    why:
      'A lease lives for 24 hours, and flanneld renews it an hour before its end. One that is well within that hour ' +
      '(55 minutes by default) was not renewed: flanneld hangs, does not reach etcd, or its certificate has ended. ' +
      'Nothing breaks until the lease ends; then the subnet is free for another node.',
    byHand: [
      '# endpoints and prefix: those of flanneld\'s command line; look at "ttl"',
      'curl -s http://127.0.0.1:2379/v2/keys/coreos.com/network/subnets',
      '# on the node',
      'journalctl -u flanneld -n 50 --no-pager',
    ],
    mend:
      "Read flanneld's journal and mend what keeps it from etcd, then restart flanneld. It renews its lease when it " +
      'starts.',
    causes: [CAUSE.notRenewed],
  },
  look(view) {
    const none = withoutLeases('FF105', view);
    if (none !== undefined) return none;
    const late = view.nodes.flatMap((node) => {
      const held = view.heldBy(node);
      const lease = held === undefined ? undefined : view.leaseOf.get(held.cidr);
      const isLate = lease?.ttlSeconds !== undefined && lease.ttlSeconds < view.thresholds.leaseLeftSeconds;
      return isLate && node.running !== undefined ? [{ host: node.host, cidr: held?.cidr, ttl: lease.ttlSeconds }] : [];
    });
    if (late.length === 0) return { findings: [], notEvaluated: [] };
    const hosts = late.map(({ host }) => host);
    const finding = found(leaseRenewal, {
      cause: CAUSE.notRenewed,
      hosts,
      summary: `${namedHosts(hosts)}: the lease ends soon and was not renewed`,
      evidence: late
        .slice(0, 10)
        .map(({ host, cidr, ttl }) => `${host}: ${cidr} ends in ${Math.ceil((ttl ?? 0) / 60)} min`),
      mend: "look into flanneld's journal on the host: it does not reach etcd; then restart flanneld",
    });
    return { findings: [finding], notEvaluated: [] };
  },
});
