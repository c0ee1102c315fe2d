import { isWaived } from '../compliance/judge.js';
import type { CheckLine, CheckReport, ReportFinding, ReportHost, ReportWaiver } from '../compliance/report.js';
import { count, printableLine } from '../core/text.js';
import type { ClusterPicture } from '../diagnose/picture.js';
import { findingsText } from './findings-text.js';
import { hostList } from './host-list.js';
import type { Paint, Tone } from './paint.js';
import { wrap } from './wrap.js';

export interface CheckTextSettings {
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
  /** From 1 on: what follows from other findings, each check, each waiver. */
  readonly verbosity: number;
  /** A line a finding. */
  readonly short?: boolean;
}

/** A report for people: what was looked at, what is wrong with its cause and cure, what was not seen, the verdict. */
export function checkText(report: CheckReport, settings: CheckTextSettings): string[] {
  const { paint, width, short } = settings;
  const parts = [
    short ? [] : report.clusters.flatMap((cluster) => wrap(clusterLine(cluster), width, 2)),
    findingsOf(report, settings),
    hostsOf(report, settings),
    notEvaluatedOf(report, settings),
    waiversOf(report, settings),
    settings.verbosity > 0 ? report.checks.map((line) => checkLine(line, paint)) : [],
  ].filter((lines) => lines.length > 0);
  const body = parts.flatMap((lines, index) => (index === 0 || short ? lines : ['', ...lines]));
  return [...body, ...(short || body.length === 0 ? [] : ['']), ...endOf(report, settings)];
}

/** `flannel v0.11.0 on 3 hosts, etcd v2 /kubernetes/network, network 10.1.0.0/16, 1 lease` */
function clusterLine({ name, network, nodes, leasesInAll }: ClusterPicture): string {
  const own = nodes.filter(({ status }) => status === 'flannel');
  const versions = [...new Set(own.map(({ version }) => version ?? 'of unknown version'))].sort();
  return [
    `flannel ${versions.map((text) => printableLine(text, 30)).join(' and ')} on ${count(own.length, 'host')}`,
    printableLine(name, 200),
    ...(network === null ? [] : [`network ${printableLine(network, 60)}`]),
    ...(leasesInAll === null ? [] : [count(leasesInAll, 'lease')]),
  ].join(', ');
}

function findingsOf({ findings }: CheckReport, { paint, width, verbosity, short }: CheckTextSettings): string[] {
  const counting = findings.filter((finding) => !isWaived(finding));
  if (!short) return findingsText(counting, [], { paint, width, all: verbosity > 0 });
  return counting
    .filter(({ because }) => verbosity > 0 || because === null)
    .flatMap((finding) => wrap(shortLine(finding, paint), width, 8));
}

function shortLine({ severity, id, summary }: ReportFinding, paint: Paint): string {
  return `${severity === 'error' ? paint('bad', '✗') : paint('warn', '!')} ${id} ${printableLine(summary, 400)}`;
}

/** Hosts that could not be looked at, once for all of which the same is said. */
function hostsOf({ hosts }: CheckReport, { paint, width }: CheckTextSettings): string[] {
  const groups = new Map<string, { readonly first: ReportHost; readonly names: string[] }>();
  for (const host of hosts.filter(({ status }) => status === 'not evaluated' || status === 'failed')) {
    const key = JSON.stringify([host.why, host.hint]);
    const group = groups.get(key);
    if (group) group.names.push(host.name);
    else groups.set(key, { first: host, names: [host.name] });
  }
  return [...groups.values()].flatMap(({ first: { why, hint }, names }) => [
    ...wrap(`${paint('bad', '?')} ${hostList(names)}: ${printableLine(why ?? 'not looked at', 800)}`, width, 4),
    ...(hint === null ? [] : wrap(`  ${paint('dim', '→')} ${printableLine(hint, 400)}`, width, 4)),
  ]);
}

/** What kept checks from looking, the checks with the same reason on one line. */
function notEvaluatedOf(report: CheckReport, { paint, width, short }: CheckTextSettings): string[] {
  if (short) return [];
  const groups = new Map<string, { readonly ids: string[]; readonly hosts: readonly string[]; readonly why: string }>();
  for (const { id, hosts, why } of report.notEvaluated) {
    const key = JSON.stringify([hosts, why]);
    const group = groups.get(key);
    if (group) group.ids.push(id);
    else groups.set(key, { ids: [id], hosts, why });
  }
  return [...groups.values()].flatMap(({ ids, hosts, why }) =>
    wrap(
      `${paint('warn', '?')} ${[...new Set(ids)].map((id) => printableLine(id, 20)).join(', ')} not evaluated${hosts.length > 0 ? ` on ${hostList(hosts)}` : ''}: ${printableLine(why, 400)}`,
      width,
      4,
    ),
  );
}

/** An expired waiver is always told; the others where somebody asks for more. */
function waiversOf({ waivers, findings }: CheckReport, { paint, width, verbosity }: CheckTextSettings): string[] {
  const told = waivers.filter(({ state }) => verbosity > 0 || state === 'expired');
  const covered = findings.filter(isWaived).length;
  return [
    ...told.flatMap((waiver) => wrap(waiverLine(waiver, paint), width, 4)),
    ...(covered > 0 && verbosity === 0
      ? [paint('dim', `- ${count(covered, 'finding')} waived (-v says by whom)`)]
      : []),
  ];
}

function waiverLine({ id, state, reason, owner, expires, at }: ReportWaiver, paint: Paint): string {
  const word = {
    used: paint('dim', '- waived'),
    unused: paint('dim', '- waiver not needed'),
    expired: paint('bad', '! waiver expired'),
  };
  return `${word[state]} ${printableLine(id, 20)} until ${printableLine(expires, 20)} by ${printableLine(owner, 80)}: ${printableLine(reason, 200)} (${printableLine(at, 100)})`;
}

const SIGNS: Readonly<Record<CheckLine['status'], readonly [Tone, string]>> = {
  passed: ['good', '✓'],
  failed: ['bad', '✗'],
  warned: ['warn', '!'],
  'not-evaluated': ['warn', '?'],
  waived: ['dim', '-'],
  skipped: ['dim', '-'],
};

function checkLine({ id, title, status, why }: CheckLine, paint: Paint): string {
  const [tone, sign] = SIGNS[status];
  const more = why === null ? '' : paint('dim', ` (${status.replace('-', ' ')}: ${printableLine(why, 100)})`);
  return `${paint(tone, sign)} ${printableLine(id, 20)} ${printableLine(title, 100)}${status === 'waived' ? paint('dim', ' (waived)') : more}`;
}

function endOf(report: CheckReport, { paint, width, short }: CheckTextSettings): string[] {
  const { verdict, inventory, findings } = report;
  const tone: Tone = verdict.exitStatus !== 0 ? 'bad' : verdict.kind === 'sound' ? 'good' : 'warn';
  const lines = wrap(paint(tone, printableLine(verdict.line, 800)), width, 2);
  const mendable = findings.some((finding) => finding.task !== null && !isWaived(finding));
  if (short || !mendable || report.kind === 'run' || report.recorded !== null) return lines;
  return [...lines, paint('dim', `→ fix-flannel plan ${printableLine(inventory.name, 200)} shows what would mend it`)];
}
