import { isWaived } from '../compliance/judge.js';
import type { CheckLine, CheckReport, ReportFinding, ReportFormat, ReportHost } from '../compliance/report.js';
import { xmlAttribute, xmlText } from './xml-text.js';

/**
 * Three suites: a case a check, a case a host, and one case for the verdict. A case is red exactly where it makes the
 * exit status other than 0: an error is a `failure`, what could not be looked at is an `error`, a warning that does not
 * count passes and is told in `system-out`, and what is waived or left out is `skipped`.
 */
export const junit: ReportFormat = {
  name: 'junit',
  about: 'JUnit XML: a test case a check, for CI servers',
  render(report) {
    const suites = [
      suiteOf(
        'checks',
        report.checks.map((check) => checkCase(check, report)),
        report,
      ),
      suiteOf('hosts', report.hosts.map(hostCase), report),
      suiteOf('verdict', [verdictCase(report)], report),
    ];
    const totals = sumOf(suites.map(({ counts }) => counts));
    const attributes = `name="${xmlAttribute(`fix-flannel ${report.inventory.name}`)}" ${countsText(totals)} time="${report.seconds.toFixed(3)}"`;
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<testsuites ${attributes}>`,
      ...suites.map(({ text }) => text),
      '</testsuites>\n',
    ].join('\n');
  },
};

interface Case {
  readonly name: string;
  readonly outcome: 'passed' | 'failure' | 'error' | 'skipped';
  /** One line: the attribute `message`. */
  readonly message: string;
  /** More of it, for people. */
  readonly detail: string;
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
}

function checkCase({ id, title, status, why }: CheckLine, report: CheckReport): Case {
  const findings = report.findings.filter((finding) => finding.id === id);
  const counting = findings.filter((finding) => !isWaived(finding));
  const name = `${id} ${title}`;
  const detail = findings.map((finding) => findingText(finding, report)).join('\n\n');
  const summary = counting.map((finding) => finding.summary).join('; ');
  switch (status) {
    case 'passed':
      return { name, outcome: 'passed', message: '', detail };
    case 'failed':
      return { name, outcome: 'failure', message: summary, detail };
    case 'warned':
      return { name, outcome: warningsCount(report) ? 'failure' : 'passed', message: summary, detail };
    case 'not-evaluated':
      return { name, outcome: 'error', message: why ?? 'not evaluated', detail: missedText(id, report) };
    case 'waived':
      return { name, outcome: 'skipped', message: 'waived', detail };
    case 'skipped':
      return { name, outcome: 'skipped', message: why ?? 'left out', detail };
    default:
      return status satisfies never;
  }
}

/** With `--fail-on warn` there may be findings without a single error. */
function warningsCount({ verdict, counts }: CheckReport): boolean {
  return verdict.kind === 'findings' && counts.errors === 0;
}

function findingText(finding: ReportFinding, { waivers }: CheckReport): string {
  const { severity, summary, cluster, cause, evidence, mend, because, id, waivedHosts } = finding;
  const words = waivers.filter((waiver) => waiver.id === id && waiver.state === 'used');
  return [
    `${severity}: ${summary}`,
    `cluster: ${cluster}`,
    `cause: ${cause}${because === null ? '' : ` (follows from ${because})`}`,
    ...evidence.map((item) => `- ${item}`),
    `mend: ${mend}`,
    ...(waivedHosts.length === 0 ? [] : [`waived on: ${waivedHosts.join(', ')}`]),
    ...(waivedHosts.length === 0
      ? []
      : words.map(({ reason, owner, expires, at }) => `waiver: ${reason} (${owner}, until ${expires}, ${at})`)),
  ].join('\n');
}

function missedText(id: string, { notEvaluated }: CheckReport): string {
  return notEvaluated
    .filter((missed) => missed.id === id)
    .map(({ hosts, why }) => `${hosts.length === 0 ? 'the cluster' : hosts.join(', ')}: ${why}`)
    .join('\n');
}

function hostCase({ name, at, status, why, hint }: ReportHost): Case {
  const outcomes = { evaluated: 'passed', 'no flannel': 'skipped', 'not evaluated': 'error', failed: 'error' } as const;
  const outcome = outcomes[status];
  if (outcome === 'passed') return { name, outcome, message: '', detail: '' };
  const detail = [at, ...(hint === null ? [] : [hint])].join('\n');
  return { name, outcome, message: why ?? status, detail };
}

function verdictCase({ verdict }: CheckReport): Case {
  const outcome = verdict.exitStatus === 0 ? 'passed' : verdict.kind === 'not-evaluated' ? 'error' : 'failure';
  return { name: 'verdict', outcome, message: verdict.line, detail: `exit status ${verdict.exitStatus}` };
}

function suiteOf(name: string, cases: readonly Case[], { inventory, startedAt, seconds }: CheckReport) {
  const counts: Counts = {
    tests: cases.length,
    failures: cases.filter(({ outcome }) => outcome === 'failure').length,
    errors: cases.filter(({ outcome }) => outcome === 'error').length,
    skipped: cases.filter(({ outcome }) => outcome === 'skipped').length,
  };
  // Times of single checks are not measured; the suite of checks has the whole time, the others none.
  const time = name === 'checks' ? seconds : 0;
  const when = `timestamp="${xmlAttribute(startedAt.slice(0, 19))}" time="${time.toFixed(3)}"`;
  const lines = cases.map((one) => caseText(one, `fix-flannel.${inventory.name}.${name}`));
  return {
    counts,
    text: [`  <testsuite name="${name}" ${countsText(counts)} ${when}>`, ...lines, '  </testsuite>'].join('\n'),
  };
}

function caseText({ name, outcome, message, detail }: Case, className: string): string {
  const open = `    <testcase name="${xmlAttribute(name)}" classname="${xmlAttribute(className)}" time="0"`;
  const close = '    </testcase>';
  if (outcome === 'passed' && detail === '') return `${open}/>`;
  if (outcome === 'passed') return `${open}>\n      <system-out>${xmlText(detail)}</system-out>\n${close}`;
  if (outcome === 'skipped') {
    const more = detail === '' ? '' : `      <system-out>${xmlText(detail)}</system-out>\n`;
    return `${open}>\n      <skipped message="${xmlAttribute(message)}"/>\n${more}${close}`;
  }
  const body = `<${outcome} message="${xmlAttribute(message)}" type="${outcome}">${xmlText(detail)}</${outcome}>`;
  return `${open}>\n      ${body}\n${close}`;
}

function countsText({ tests, failures, errors, skipped }: Counts): string {
  return `tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
}

function sumOf(all: readonly Counts[]): Counts {
  const sum = (name: keyof Counts) => all.reduce((total, counts) => total + counts[name], 0);
  return { tests: sum('tests'), failures: sum('failures'), errors: sum('errors'), skipped: sum('skipped') };
}
