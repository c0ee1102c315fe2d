import type { CheckReport, ReportFinding, ReportHost } from '../../src/compliance/report.js';
import type { ClusterPicture, LeasePicture, NodePicture } from '../../src/diagnose/picture.js';
import { CATALOGUE, CLUSTER, findingWith, hostsOf, nodeWith, pictureOf, reportWith } from './report-with.js';

export { CLUSTER, findingWith, hostsOf, pictureOf, reportWith };

// Made-up reports that formats, history and pages are tested with.

/** Nothing is wrong. */
export function soundReport(): CheckReport {
  return reportWith();
}

/** The seed's fault: three nodes publish 10.0.2.15, and all hold 10.1.11.0/24. */
export function brokenReport(): CheckReport {
  return reportWith({
    id: '20260301T110000Z-00000002',
    startedAt: '2026-03-01T11:00:00.000Z',
    findings: [findingWith(), sharedSubnet()],
    clusters: [brokenPicture()],
  });
}

function sharedSubnet(): ReportFinding {
  return findingWith({
    id: 'FF102',
    fingerprint: '0202020202020202',
    title: 'one subnet on several nodes',
    summary: 'node1, node2, node3: all hold 10.1.11.0/24',
    evidence: ['node1: /run/flannel/subnet.env says 10.1.11.1/24', 'etcd: the lease is for 10.0.2.15'],
    because: 'FF101',
  });
}

function brokenPicture(): ClusterPicture {
  const sick = { published: '10.0.2.15', iface: 'eth0', how: 'default route', subnet: '10.1.11.0/24' };
  const nodes = hostsOf(3).map(({ name }, at) => ({ ...nodeWith(name, at), ...sick }));
  const holders = nodes.map(({ host }) => host);
  return pictureOf(hostsOf(3), {
    network: '10.1.0.0/16',
    nodes,
    leases: [{ subnet: '10.1.11.0/24', publicIp: '10.0.2.15', ttlSeconds: 80_000, holders }],
    leasesInAll: 1,
  });
}

/** One finding is waived on its only host, one on one of two; a third waiver is out of date. */
export function waivedReport(): CheckReport {
  const dead = { id: 'FF103', title: 'dead lease', severity: 'warn' as const, cause: 'dead lease', because: null };
  const waiver = { owner: 'ops@example.net', expires: '2026-12-31' };
  return reportWith({
    id: '20260301T120000Z-00000003',
    startedAt: '2026-03-01T12:00:00.000Z',
    profile: 'strict',
    findings: [
      findingWith({ ...dead, fingerprint: '0303030303030303', hosts: ['node1'], waivedHosts: ['node1'] }),
      findingWith({
        ...{ id: 'FF201', title: 'default-gateway ambiguity', severity: 'warn', fingerprint: '0404040404040404' },
        hosts: ['node2', 'node3'],
        waivedHosts: ['node2'],
      }),
    ],
    waivers: [
      { ...waiver, id: 'FF103', hosts: ['node1'], reason: 'goes by itself', state: 'used', at: 'waivers.yaml:2:3' },
      { ...waiver, id: 'FF201', hosts: ['node2'], reason: 'a laboratory', state: 'used', at: 'waivers.yaml:7:3' },
      {
        ...{ id: 'FF105', hosts: ['all'], reason: 'old etcd', owner: 'ops@example.net', expires: '2025-12-31' },
        state: 'expired',
        at: 'waivers.yaml:12:3',
      },
    ],
  });
}

/** One host could not be reached, and etcd was not read. */
export function notEvaluatedReport(): CheckReport {
  const [first, second] = hostsOf(2) as [ReportHost, ReportHost];
  return reportWith({
    id: '20260301T130000Z-00000004',
    startedAt: '2026-03-01T13:00:00.000Z',
    hosts: [
      first,
      {
        ...second,
        status: 'failed',
        why: 'cannot reach 10.9.9.2:22: connection refused',
        hint: 'Is sshd running there?',
      },
      { name: 'bastion', at: 'inventory.yaml:9:5', status: 'no flannel', why: 'no flanneld is installed', hint: null },
    ],
    notEvaluated: [
      { id: 'FF101', hosts: ['node2'], why: 'the host could not be read' },
      { id: 'FF103', hosts: ['node1', 'node2'], why: 'the leases were not read: no answer from 10.9.9.9:2379' },
      { id: 'FF104', hosts: [], why: 'the network configuration was not read' },
    ],
  });
}

/** A fleet of this many nodes of which two share an address, in one cluster. */
export function largeReport(count = 500): CheckReport {
  const hosts = hostsOf(count);
  const picture = pictureOf(hosts);
  const shared = { published: '10.0.2.15', iface: 'eth0', how: 'default route', subnet: '10.200.11.0/24' };
  const nodes = picture.nodes.map((node, at) => (at === 4 || at === 7 ? { ...node, ...shared } : node));
  return reportWith({
    id: '20260301T140000Z-00000005',
    startedAt: '2026-03-01T14:00:00.000Z',
    seconds: 31.5,
    hosts,
    findings: [findingWith({ hosts: ['node5', 'node8'], fingerprint: '0505050505050505' })],
    clusters: [{ ...picture, nodes }],
  });
}

/** A run that mended the broken cluster, with how it was found and what was changed. */
export function runReport(): CheckReport {
  return reportWith({
    kind: 'run',
    id: '20260301T150000Z-00000006',
    startedAt: '2026-03-01T15:00:00.000Z',
    seconds: 12.25,
    verdict: { kind: 'mended', exitStatus: 0, line: 'Mended: 3 hosts were changed, and nothing is left to plan.' },
    before: [brokenPicture()],
    changes: hostsOf(3).map(({ name }) => ({
      host: name,
      task: 'Set the interface of flanneld',
      why: 'flanneld.service names no interface',
      diffs: [
        {
          path: '/etc/systemd/system/flanneld.service',
          before: '[Service]\nExecStart=/usr/local/bin/flanneld \\\n  -etcd-prefix=/kubernetes/network\n',
          after: '[Service]\nExecStart=/usr/local/bin/flanneld -iface=eth1 \\\n  -etcd-prefix=/kubernetes/network\n',
        },
      ],
    })),
  });
}

/** Texts as no sane host sends them: each is hostile to at least one format. */
export const HOSTILE_TEXTS: readonly string[] = [
  `say "it's"`,
  'two\nlines\r\nand\rthree',
  ']]> <![CDATA[ -->',
  '<script>alert(1)</script>',
  '</td></tr></table><img src=x onerror=alert(1)>',
  '&amp; &lt; &#0; &bogus;',
  '\u001b[31mred\u001b]0;title\u0007\u009b2J',
  'NUL\u0000here',
  '${process.exit(1)}',
  '`tick` ``two`` ```\nfence\n```',
  'a|b|c',
  'errors=0;;1 | warnings=99',
  '\\ back\\slash\\',
  '# heading\n- item\n> quote\n1. one',
  '[link](javascript:alert(1)) ![image](http://example.net/x.png)',
  '*bold* _under_ ~~gone~~',
  '{"kind":"verdict","exitStatus":0}',
  'flannel_up{x="1"} 1\n# HELP evil',
  '../../etc/passwd',
  'file:///etc/passwd?x#y %41 %',
  '\u202eesrever\u2066\u200b\ufeff',
  '\ud800 lone \udfff halves',
  '\ufffe\uffff\ufdd0',
  'Ünïcödé 漢字 🐳',
  '',
  '   ',
  'long '.repeat(2000),
];

/** Every free text of a broken, waived, partly blind run holds this text. */
export function hostileReport(text: string): CheckReport {
  const host: ReportHost = { name: text, at: text, status: 'failed', why: text, hint: text };
  const hosts = [text];
  const node: NodePicture = {
    ...{ host: text, status: 'unreadable', why: text, version: text, running: true },
    ...{ published: text, iface: text, how: text, subnet: text, unit: text },
  };
  const lease: LeasePicture = { subnet: text, publicIp: text, ttlSeconds: null, holders: hosts };
  const picture: ClusterPicture = {
    ...{ name: text, store: text, network: text },
    ...{ nodes: [node], leases: [lease], leasesInAll: null },
  };
  const words = { title: text, cluster: text, cause: text, summary: text, mend: text, task: text };
  const finding = findingWith({ ...words, hosts, evidence: [text, text] });
  return reportWith({
    kind: 'run',
    id: text,
    inventory: { name: text, path: text },
    recorded: { folder: text, gatheredAt: '2026-02-28T00:00:00.000Z' },
    profile: text,
    verdict: { kind: 'findings', exitStatus: 2, line: text },
    hosts: [host, ...hostsOf(1)],
    findings: [finding, { ...finding, id: 'FF103', fingerprint: '0606060606060606', waivedHosts: hosts }],
    checks: CATALOGUE.map(([id, , severity]) => ({ id, title: text, severity, status: 'skipped', why: text })),
    notEvaluated: [{ id: 'FF104', hosts, why: text }],
    waivers: [
      { id: 'FF103', hosts, reason: text, owner: text, expires: '2026-12-31', state: 'used', at: text },
      { id: 'FF105', hosts, reason: text, owner: text, expires: '2020-12-31', state: 'expired', at: text },
    ],
    clusters: [picture],
    before: [picture],
    changes: [{ host: text, task: text, why: text, diffs: [{ path: text, before: text, after: `${text}\n` }] }],
  });
}

/** All of the above by name, for tables of tests. */
export function madeUpReports(): { readonly about: string; readonly report: CheckReport }[] {
  return [
    { about: 'sound', report: soundReport() },
    { about: 'broken', report: brokenReport() },
    { about: 'waived', report: waivedReport() },
    { about: 'not evaluated', report: notEvaluatedReport() },
    { about: 'of 500 nodes', report: largeReport() },
    { about: 'of a run', report: runReport() },
    ...HOSTILE_TEXTS.map((text, at) => ({ about: `hostile ${at}`, report: hostileReport(text) })),
  ];
}
