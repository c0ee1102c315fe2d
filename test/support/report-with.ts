import { isWaived } from '../../src/compliance/judge.js';
import type {
  CheckLine,
  CheckReport,
  ReportCounts,
  ReportFinding,
  ReportHost,
  ReportVerdict,
} from '../../src/compliance/report.js';
import type { ClusterPicture, LeasePicture, NodePicture } from '../../src/diagnose/picture.js';

/** The cluster that all findings of these reports belong to. */
export const CLUSTER = 'etcd v2 /kubernetes/network';

/** id, title, severity: as the catalogue has them, kept here so that a report of today stays the same tomorrow. */
export const CATALOGUE: readonly (readonly [string, string, 'error' | 'warn'])[] = [
  ['FF101', 'one public address on several nodes', 'error'],
  ['FF102', 'one subnet on several nodes', 'error'],
  ['FF103', 'dead lease', 'warn'],
  ['FF104', 'lease outside the network, or overlapping another', 'error'],
  ['FF105', 'lease not renewed in time', 'warn'],
  ['FF201', 'default-gateway ambiguity', 'warn'],
  ['FF204', 'unit changed and systemd not reloaded', 'warn'],
  ['FF301', 'subnet.env and lease differ', 'error'],
  ['FF401', 'overlay traffic lost between two nodes', 'error'],
  ['FF501', 'etcd is not well', 'error'],
];

/**
 * A report with these fields; the others are those of a sound cluster of three nodes. Where they are not given, counts,
 * verdict and the lines of the checks follow from findings, waivers, hosts and what was not evaluated.
 */
export function reportWith(fields: Partial<CheckReport> = {}): CheckReport {
  const hosts = fields.hosts ?? hostsOf(3);
  const told = { hosts, findings: fields.findings ?? [], notEvaluated: fields.notEvaluated ?? [] };
  const checks = fields.checks ?? checkLines(told);
  const counts = fields.counts ?? countsOf({ ...told, checks });
  return {
    schema: 'fix-flannel/report/1',
    kind: 'check',
    id: '20260301T100000Z-00000001',
    tool: { name: 'fix-flannel', version: '0.1.0' },
    inventory: { name: 'inventory.yaml', path: 'inventory.yaml' },
    recorded: null,
    startedAt: '2026-03-01T10:00:00.000Z',
    seconds: 1.42,
    profile: null,
    verdict: fields.verdict ?? verdictOf(counts),
    counts,
    checks,
    waivers: [],
    clusters: [pictureOf(hosts)],
    before: null,
    changes: [],
    ...told,
    ...fields,
  };
}

/** A finding with these fields; the others are those of FF101 on three nodes. */
export function findingWith(fields: Partial<ReportFinding> = {}): ReportFinding {
  return {
    id: 'FF101',
    fingerprint: '0101010101010101',
    title: 'one public address on several nodes',
    severity: 'error',
    cluster: CLUSTER,
    cause: 'gateway-interface ambiguity',
    hosts: ['node1', 'node2', 'node3'],
    summary: 'node1, node2, node3: all publish 10.0.2.15 (eth0), and all hold 10.1.11.0/24',
    evidence: [
      'node1: default route by eth0, which has 10.0.2.15',
      'node2: default route by eth0, which has 10.0.2.15',
      'node3: default route by eth0, which has 10.0.2.15',
      'etcd: one lease for 10.0.2.15: 10.1.11.0/24',
    ],
    mend: "name each node's own interface with -iface, clear flannel's run state, restart flanneld",
    task: 'Set the interface of flanneld',
    because: null,
    waivedHosts: [],
    ...fields,
  };
}

/** `node1` to `nodeN`, all evaluated, each with its own line of the inventory from the third on. */
export function hostsOf(count: number): ReportHost[] {
  return Array.from({ length: count }, (_, at) => ({
    name: `node${at + 1}`,
    at: `inventory.yaml:${at + 3}:5`,
    status: 'evaluated' as const,
    why: null,
    hint: null,
  }));
}

/** A sound picture of these hosts: each has an address and a subnet of its own; up to 65,000 of them. */
export function pictureOf(hosts: readonly ReportHost[], fields: Partial<ClusterPicture> = {}): ClusterPicture {
  const nodes = hosts.map(({ name }, at) => nodeWith(name, at));
  return {
    name: CLUSTER,
    store: 'v2',
    network: '10.0.0.0/8',
    nodes,
    leases: nodes.map(leaseOf),
    leasesInAll: nodes.length,
    ...fields,
  };
}

export function nodeWith(host: string, at: number): NodePicture {
  return {
    host,
    status: 'flannel',
    why: null,
    version: 'v0.11.0',
    running: true,
    published: `172.16.${(at + 10) >> 8}.${(at + 10) & 255}`,
    iface: 'eth1',
    how: '-iface',
    subnet: `10.${(at >> 8) + 1}.${at & 255}.0/24`,
    unit: 'flanneld.service',
  };
}

function leaseOf({ host, subnet, published }: NodePicture): LeasePicture {
  return { subnet: subnet ?? '', publicIp: published ?? '', ttlSeconds: 85_000, holders: [host] };
}

type Told = Pick<CheckReport, 'findings' | 'notEvaluated' | 'hosts'>;

function checkLines({ findings, notEvaluated }: Told): CheckLine[] {
  return CATALOGUE.map(([id, title, severity]) => {
    const own = findings.filter((finding) => finding.id === id);
    const counted = own.filter((finding) => !isWaived(finding));
    const blindSpot = notEvaluated.find((missed) => missed.id === id);
    const line = { id, title, severity, why: null };
    if (counted.some((finding) => finding.severity === 'error')) return { ...line, status: 'failed' };
    if (counted.length > 0) return { ...line, status: 'warned' };
    if (blindSpot !== undefined) return { ...line, status: 'not-evaluated', why: blindSpot.why };
    return { ...line, status: own.length > 0 ? 'waived' : 'passed' };
  });
}

function countsOf({ findings, hosts, checks }: Told & { checks: readonly CheckLine[] }): ReportCounts {
  const counted = findings.filter((finding) => !isWaived(finding));
  return {
    hosts: hosts.length,
    evaluated: hosts.filter(({ status }) => status === 'evaluated').length,
    errors: counted.filter(({ severity }) => severity === 'error').length,
    warnings: counted.filter(({ severity }) => severity === 'warn').length,
    waived: findings.length - counted.length,
    passed: checks.filter(({ status }) => status === 'passed').length,
    notEvaluated: checks.filter(({ status }) => status === 'not-evaluated').length,
  };
}

function verdictOf({ errors, warnings, notEvaluated, hosts }: ReportCounts): ReportVerdict {
  if (errors > 0) return { kind: 'findings', exitStatus: 2, line: `${errors} errors on ${hosts} hosts.` };
  if (notEvaluated > 0) return { kind: 'not-evaluated', exitStatus: 3, line: 'Not everything could be looked at.' };
  if (warnings > 0) return { kind: 'warnings', exitStatus: 0, line: `${warnings} warnings on ${hosts} hosts.` };
  return { kind: 'sound', exitStatus: 0, line: `Sound: ${hosts} hosts were looked at, and nothing was found.` };
}
