import type { EtcdHealth, EtcdMember } from '../flannel/probes.js';
import { blind, type CheckResult, defineCheck, found } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';

const DAY_MS = 86_400_000;

/** FF501: an etcd that is about to fail flannel, or does. */
export const etcdHealthCheck = defineCheck({
  id: 'FF501',
  title: 'etcd not healthy',
  severity: 'error',
  about: 'Without etcd no lease is renewed: a day later subnets are given to other nodes while they are in use.',
  onlyInCheck: true,
  readsNoHost: true,
  page: {
    reads: [
      "each etcd endpoint of flanneld's command line: `/health`, `/version`, whether it has the v2 store",
      'the certificate that each endpoint shows, and the one that flannel shows to etcd',
      'whether a consistent read is answered',
    ],
    why: 'With one member of three down etcd goes on, and the next one that fails stops it: a warning. Without quorum nothing can be written, so no lease is renewed and no node can join. When a certificate ends, flanneld goes on until its connection is closed and cannot come back. After an upgrade to etcd 3.4 or later the v2 store is off unless `--enable-v2` is given, and flannel up to 0.17 finds nothing; etcd 3.6 has no v2 store at all.',
    byHand: [
      'curl --cacert CA --cert CERT --key KEY https://10.0.0.111:2379/health',
      'etcdctl cluster-health',
      'openssl x509 -noout -enddate -in CERT',
      'curl --cacert CA --cert CERT --key KEY https://10.0.0.111:2379/v2/keys/',
    ],
    mend: 'Start the member that is down, or replace it. Without quorum bring back enough members that more than half of them run. Renew a certificate before it ends, then restart who uses it, one member after another. For the v2 store start etcd with --enable-v2, or move to flannel 0.18 or later and copy `config` to the v3 store.',
    causes: [CAUSE.etcdDown, CAUSE.etcdNoQuorum, CAUSE.etcdCertificate, CAUSE.storeOff],
  },
  look(view): CheckResult {
    const etcd = view.cluster.probes?.etcd;
    if (etcd?.state !== 'present') {
      const hosts = view.nodes.map(({ host }) => host);
      const why = etcd?.state === 'unreadable' ? etcd.why : 'etcd was not asked for its health';
      return { findings: [], notEvaluated: blind('FF501', hosts, why) };
    }
    const health = etcd.value;
    const needsV2 = view.nodes.filter(({ store }) => store === 'v2').map(({ host }) => host);
    return {
      findings: [...certificates(view, health), ...membersDown(view, health), ...storeOff(health, needsV2)],
      notEvaluated: health.quorum && health.v2 === 'unknown' ? blind('FF501', needsV2, NO_V2_ANSWER) : [],
    };
  },
});

const NO_V2_ANSWER = 'whether etcd has the v2 store could not be told';

interface Certificate {
  readonly of: string;
  readonly ends: number;
  readonly hosts: readonly string[];
}

function certificates(view: ClusterView, { members, clientCertificateEnds }: EtcdHealth): Finding[] {
  const all: Certificate[] = members.flatMap((member) =>
    member.certificateEnds === undefined
      ? []
      : [{ of: member.endpoint, ends: member.certificateEnds, hosts: hostsOf(view, member) }],
  );
  if (clientCertificateEnds !== undefined) {
    all.push({ of: 'the one that flannel shows to etcd', ends: clientCertificateEnds, hosts: [] });
  }
  const { now } = view.cluster;
  const soon = now + view.thresholds.certificateDays * DAY_MS;
  return [
    ...certificateFinding(
      all.filter(({ ends }) => ends <= now),
      'error',
      now,
    ),
    ...certificateFinding(
      all.filter(({ ends }) => ends > now && ends < soon),
      'warn',
      now,
    ),
  ];
}

function certificateFinding(of: readonly Certificate[], severity: Finding['severity'], now: number): Finding[] {
  const first = [...of].sort((one, other) => one.ends - other.ends)[0];
  if (first === undefined) return [];
  const more = of.length === 1 ? '' : `, and ${of.length - 1} more`;
  const when =
    severity === 'error' ? `ended on ${day(first.ends)}` : `ends ${inDays(first.ends - now)}, on ${day(first.ends)}`;
  return [
    found(etcdHealthCheck, {
      severity,
      cause: CAUSE.etcdCertificate,
      hosts: unique(of.flatMap(({ hosts }) => hosts)),
      summary: `a certificate of etcd ${when} (${first.of})${more}`,
      evidence: of.slice(0, 10).map(({ of: whose, ends }) => `${whose}: until ${day(ends)}`),
      mend: 'renew it, then restart who uses it, one member after another',
    }),
  ];
}

/** An ended certificate is told by itself, and keeps from knowing more. */
function membersDown(view: ClusterView, { members, quorum, clientCertificateEnds }: EtcdHealth): Finding[] {
  const { now } = view.cluster;
  const down = members.filter(
    ({ state, certificateEnds }) => state !== 'healthy' && !(certificateEnds !== undefined && certificateEnds <= now),
  );
  const refused = clientCertificateEnds !== undefined && clientCertificateEnds <= now;
  if (quorum) return down.length === 0 ? [] : [downFinding(view, down, members.length)];
  return refused || (down.length === 0 && members.length > 0) ? [] : [noQuorum(view, members)];
}

function downFinding(view: ClusterView, down: readonly EtcdMember[], total: number): Finding {
  return found(etcdHealthCheck, {
    severity: 'warn',
    cause: CAUSE.etcdDown,
    hosts: unique(down.flatMap((member) => hostsOf(view, member))),
    summary: `${down.length} of ${total} etcd members ${down.length === 1 ? 'is' : 'are'} not healthy: ${namedHosts(
      down.map(({ endpoint }) => endpoint),
      3,
    )}`,
    evidence: down.slice(0, 10).map(memberLine),
    mend: 'look at etcd there (journalctl -u etcd) and bring it back',
  });
}

function noQuorum(view: ClusterView, members: readonly EtcdMember[]): Finding {
  const answering = members.filter(({ state }) => state !== 'unreachable').length;
  return found(etcdHealthCheck, {
    cause: answering === 0 ? CAUSE.etcdDown : CAUSE.etcdNoQuorum,
    hosts: view.nodes.map(({ host }) => host),
    summary:
      answering === 0
        ? `none of the ${members.length} etcd endpoints can be asked`
        : `etcd has no quorum: ${answering} of ${members.length} members answer, and none can read or write`,
    evidence: members.slice(0, 10).map(memberLine),
    mend: 'bring back enough members that more than half of them run',
  });
}

function storeOff({ v2 }: EtcdHealth, needsV2: readonly string[]): Finding[] {
  if (v2 !== 'off' || needsV2.length === 0) return [];
  return [
    found(etcdHealthCheck, {
      cause: CAUSE.storeOff,
      hosts: needsV2,
      summary: `etcd runs without the v2 store, and flannel on ${namedHosts(needsV2)} needs it`,
      evidence: ['etcd answers "404 page not found" to /v2/keys', 'flannel up to 0.17 knows the v2 store only'],
      mend: 'start etcd with --enable-v2 (3.4, 3.5), or bring flannel to 0.18 or later',
    }),
  ];
}

function memberLine({ endpoint, state, why, version }: EtcdMember): string {
  const release = version === undefined ? '' : ` (etcd ${version})`;
  return `${endpoint}${release}: ${state}${why === undefined ? '' : `: ${why}`}`;
}

/** The host of the inventory that has the endpoint's address, where it is one. */
function hostsOf({ owners }: ClusterView, { endpoint }: EtcdMember): readonly string[] {
  const hosts = URL.canParse(endpoint) ? (owners.get(new URL(endpoint).hostname) ?? []) : [];
  return hosts.length === 1 ? hosts : [];
}

function unique(hosts: readonly string[]): string[] {
  return [...new Set(hosts)];
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function inDays(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  return days === 0 ? 'within a day' : `in ${days} ${days === 1 ? 'day' : 'days'}`;
}
