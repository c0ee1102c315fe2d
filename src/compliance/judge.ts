import { createHash } from 'node:crypto';
import { EXIT } from '../core/error.js';
import { count } from '../core/text.js';
import type { Check } from '../diagnose/check.js';
import type { Finding } from '../diagnose/finding.js';
import type { SiteSurvey } from '../diagnose/survey.js';
import type { Profile } from './profile.js';
import type {
  CheckLine,
  CheckReport,
  ReportCounts,
  ReportFinding,
  ReportHost,
  ReportNotEvaluated,
  ReportVerdict,
  ReportWaiver,
} from './report.js';

/** What a check came to, before it is judged. */
export interface Surveyed {
  /** The whole catalogue, in its order. */
  readonly checks: readonly Check[];
  readonly sites: readonly SiteSurvey[];
  readonly hosts: readonly ReportHost[];
  readonly profile: Profile;
  readonly waivers: Waived;
}

/** What the waivers do to findings. */
export interface Waived {
  /** The hosts of a finding that are covered. */
  waivedHosts(finding: Pick<Finding, 'id' | 'hosts'>): readonly string[];
  /** Once every finding has been asked for. */
  states(): readonly ReportWaiver[];
}

/** The part of a report that says how the cluster fares. */
export type Judgement = Pick<
  CheckReport,
  'verdict' | 'counts' | 'checks' | 'findings' | 'notEvaluated' | 'waivers' | 'hosts' | 'clusters'
>;

/** Puts a survey into the terms of a profile and its waivers. Nothing that was not looked at counts as passed. */
export function judge({ checks, sites, hosts, profile, waivers }: Surveyed): Judgement {
  const findings = sites
    .flatMap((site) => site.findings.map((finding) => reported(finding, site, checks, profile, waivers)))
    .sort((one, other) => weight(one) - weight(other));
  const notEvaluated = sites.flatMap((site) => site.notEvaluated);
  const lines = checks.map((check) => lineOf(check, { sites, hosts, findings, notEvaluated, profile }));
  const counts = countsOf(hosts, findings, lines);
  return {
    verdict: verdictOf(counts, profile),
    counts,
    checks: lines,
    findings,
    notEvaluated,
    waivers: waivers.states(),
    hosts,
    clusters: sites.map(({ picture }) => picture),
  };
}

function reported(
  finding: Finding,
  { picture }: SiteSurvey,
  checks: readonly Check[],
  profile: Profile,
  waivers: Waived,
): ReportFinding {
  const { id, title, cause, hosts, summary, evidence, mend, because } = finding;
  const cluster = picture.name;
  const task = picture.store === 'kubernetes' ? undefined : checks.find((check) => check.id === id)?.page?.task;
  return {
    id,
    fingerprint: fingerprintOf([id, cluster, cause, ...[...hosts].sort()]),
    title,
    severity: profile.severities[id] ?? finding.severity,
    cluster,
    cause,
    hosts,
    summary,
    evidence,
    mend,
    task: task ?? null,
    because: because ?? null,
    waivedHosts: waivers.waivedHosts(finding),
  };
}

function fingerprintOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** Roots before what follows from them, errors before warnings, what counts before what is waived. */
function weight(finding: ReportFinding): number {
  return (isWaived(finding) ? 4 : 0) + (finding.because === null ? 0 : 2) + (finding.severity === 'error' ? 0 : 1);
}

/** A finding counts for nothing once all of its hosts are covered; one of no host in particular, once any are. */
export function isWaived({ hosts, waivedHosts }: Pick<ReportFinding, 'hosts' | 'waivedHosts'>): boolean {
  return hosts.length > 0 ? hosts.every((host) => waivedHosts.includes(host)) : waivedHosts.length > 0;
}

interface Looked {
  readonly sites: readonly SiteSurvey[];
  readonly hosts: readonly ReportHost[];
  readonly findings: readonly ReportFinding[];
  readonly notEvaluated: readonly ReportNotEvaluated[];
  readonly profile: Profile;
}

function lineOf({ id, title, severity: own, readsNoHost }: Check, looked: Looked): CheckLine {
  const { sites, hosts, profile } = looked;
  const severity = profile.severities[id] ?? own;
  const line = (status: CheckLine['status'], why: string | null = null) => ({ id, title, severity, status, why });
  const ofThis = looked.findings.filter((finding) => finding.id === id);
  const counting = ofThis.filter((finding) => !isWaived(finding));
  if (counting.some((finding) => finding.severity === 'error')) return line('failed');
  if (counting.length > 0) return line('warned');
  if (isSkipped(id, profile)) return line('skipped', 'left out by the profile or the command line');
  const notFor = sites.map((site) => site.notFor.get(id));
  if (sites.length > 0 && notFor.every((why) => why !== undefined)) return line('skipped', notFor[0] ?? null);
  const blind = looked.notEvaluated.find((one) => one.id === id);
  if (blind !== undefined) return line('not-evaluated', blind.why);
  if (!sites.some((site) => site.looked.includes(id))) return line('not-evaluated', 'no flannel was found to look at');
  const unasked = hosts.filter(({ status }) => status === 'not evaluated' || status === 'failed');
  if (unasked.length > 0 && readsNoHost !== true)
    return line('not-evaluated', `${count(unasked.length, 'host')} could not be looked at`);
  return line(ofThis.length > 0 ? 'waived' : 'passed');
}

function isSkipped(id: string, { only, skip }: Profile): boolean {
  return skip.includes(id) || (only.length > 0 && !only.includes(id));
}

function countsOf(
  hosts: readonly ReportHost[],
  findings: readonly ReportFinding[],
  lines: readonly CheckLine[],
): ReportCounts {
  const counting = findings.filter((finding) => !isWaived(finding));
  return {
    hosts: hosts.length,
    evaluated: hosts.filter(({ status }) => status === 'evaluated' || status === 'no flannel').length,
    errors: counting.filter(({ severity }) => severity === 'error').length,
    warnings: counting.filter(({ severity }) => severity === 'warn').length,
    waived: findings.length - counting.length,
    passed: lines.filter(({ status }) => status === 'passed').length,
    notEvaluated: lines.filter(({ status }) => status === 'not-evaluated').length,
  };
}

function verdictOf(counts: ReportCounts, { failOn }: Profile): ReportVerdict {
  const { errors, warnings } = counts;
  const say = (kind: ReportVerdict['kind'], exitStatus: number) => ({ kind, exitStatus, line: lineFor(kind, counts) });
  if (errors > 0 || (failOn === 'warn' && warnings > 0)) return say('findings', EXIT.findings);
  if (counts.notEvaluated > 0 || counts.evaluated < counts.hosts) return say('not-evaluated', EXIT.notEvaluated);
  return say(warnings > 0 ? 'warnings' : 'sound', EXIT.sound);
}

function lineFor(kind: ReportVerdict['kind'], counts: ReportCounts): string {
  const parts = [
    ...(counts.errors > 0 ? [count(counts.errors, 'error')] : []),
    ...(counts.warnings > 0 ? [count(counts.warnings, 'warning')] : []),
    ...(counts.waived > 0 ? [`${counts.waived} waived`] : []),
    ...(counts.notEvaluated > 0 ? [`${count(counts.notEvaluated, 'check')} not evaluated`] : []),
    `${count(counts.passed, 'check')} passed`,
    counts.evaluated === counts.hosts
      ? count(counts.hosts, 'host')
      : `${counts.evaluated} of ${count(counts.hosts, 'host')} looked at`,
  ].join(', ');
  return `${OPENING[kind]}: ${parts}.`;
}

const OPENING: Readonly<Record<ReportVerdict['kind'], string>> = {
  sound: 'Sound',
  warnings: 'Sound but for warnings',
  findings: 'Not sound',
  'not-evaluated': 'Not all could be looked at',
  mended: 'Mended',
  failed: 'Failed',
};
