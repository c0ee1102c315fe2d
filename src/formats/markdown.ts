import { isWaived } from '../compliance/judge.js';
import type { CheckReport, ReportFinding, ReportFormat } from '../compliance/report.js';
import { count } from '../core/text.js';
import { markdownFence, markdownTable, markdownText as text } from './markdown-text.js';

/** A ticket's text has a limit, so only so many hosts that nothing is wrong with are named. */
const MOST_HOSTS = 100;
const MOST_EVIDENCE = 40;

/** For a ticket or a wiki page: the verdict, findings with their evidence, tables of checks and hosts. */
export const markdown: ReportFormat = {
  name: 'markdown',
  about: 'Markdown for a ticket: verdict, findings with evidence, tables of checks and hosts',
  render(report) {
    const counting = report.findings.filter((finding) => !isWaived(finding));
    const parts = [
      [`# flannel: ${text(report.verdict.line)}`],
      headOf(report),
      ...section('Findings', counting.flatMap(findingOf)),
      ...section('Waived', waivedOf(report)),
      ...section('Not evaluated', notEvaluatedOf(report)),
      ...section('Changes', changesOf(report)),
      ...section('Checks', checksOf(report)),
      ...section('Hosts', hostsOf(report)),
    ];
    return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
  },
};

/** A part is a block of lines; blocks stand apart by an empty line. */
function section(title: string, blocks: readonly (readonly string[])[]): (readonly string[])[] {
  const filled = blocks.filter((block) => block.length > 0);
  return filled.length === 0 ? [] : [[`## ${title}`], ...filled];
}

function headOf({ inventory, recorded, startedAt, seconds, profile, tool, kind, clusters, id }: CheckReport) {
  return markdownTable(
    ['', ''],
    [
      ['Inventory', text(inventory.name)],
      ...clusters.map(({ name, network }) => ['Cluster', text(network === null ? name : `${name}, ${network}`)]),
      [kind === 'run' ? 'Run' : 'Check', text(id)],
      ['When', `${text(startedAt)}, ${seconds.toFixed(1)} s`],
      ...(profile === null ? [] : [['Profile', text(profile)]]),
      ...(recorded === null ? [] : [['Recorded facts', text(`${recorded.folder}, of ${recorded.gatheredAt}`)]]),
      ['By', text(`${tool.name} ${tool.version}`)],
    ],
  );
}

function findingOf(finding: ReportFinding): string[][] {
  const { id, title, severity, summary, cause, because, evidence, mend, task, waivedHosts } = finding;
  const left = evidence.length - MOST_EVIDENCE;
  return [
    [`### ${text(id)} ${text(title)} (${severity === 'error' ? 'error' : 'warning'})`],
    [text(summary)],
    [
      `- Cause: ${text(cause)}`,
      ...(because === null ? [] : [`- Follows from: ${text(because)}`]),
      `- Mend: ${text(mend)}`,
      ...(task === null ? [] : [`- Task of the playbook: ${text(task)}`]),
      ...(waivedHosts.length === 0 ? [] : [`- Waived on: ${names(waivedHosts)}`]),
    ],
    evidence.length === 0
      ? []
      : markdownFence([...evidence.slice(0, MOST_EVIDENCE), ...(left > 0 ? [`and ${left} lines more`] : [])], 'text'),
  ].filter((block) => block.length > 0);
}

function waivedOf({ findings, waivers }: CheckReport): string[][] {
  const covered = findings.filter(isWaived).map(({ id, summary }) => `- ${text(id)} ${text(summary)}`);
  const rows = waivers.map(({ id, hosts, state, reason, owner, expires, at }) => [
    text(id),
    names(hosts),
    state === 'expired' ? '**expired**' : state,
    text(reason),
    text(owner),
    text(expires),
    text(at),
  ]);
  return [covered, markdownTable(['check', 'hosts', 'state', 'reason', 'owner', 'until', 'written in'], rows)];
}

function notEvaluatedOf({ notEvaluated }: CheckReport): string[][] {
  const rows = notEvaluated.map(({ id, hosts, why }) => [text(id), names(hosts), text(why)]);
  return [markdownTable(['check', 'hosts', 'why'], rows)];
}

function changesOf({ changes }: CheckReport): string[][] {
  const rows = changes.map(({ host, task, why, diffs }) => [
    text(host),
    text(task),
    text(why),
    diffs.map(({ path }) => text(path)).join(', '),
  ]);
  return [markdownTable(['host', 'task', 'why', 'files'], rows)];
}

function checksOf({ checks }: CheckReport): string[][] {
  const rows = checks.map(({ id, title, status, why }) => [
    text(id),
    text(title),
    status.replace('-', ' '),
    text(why ?? ''),
  ]);
  return [markdownTable(['check', 'title', 'status', 'why'], rows)];
}

/** Hosts that are not as they should be are all named. */
function hostsOf({ hosts, findings }: CheckReport): string[][] {
  const sick = new Set(findings.filter((finding) => !isWaived(finding)).flatMap((finding) => finding.hosts));
  const worth = hosts.filter(({ name, status }) => status !== 'evaluated' || sick.has(name));
  const shown = hosts.length <= MOST_HOSTS ? hosts : worth;
  const rows = shown.map(({ name, at, status, why, hint }) => [
    text(name),
    text(at),
    sick.has(name) ? `**${status}, with findings**` : status,
    text([why, hint].filter((part) => part !== null).join(' ')),
  ]);
  const left = hosts.length - shown.length;
  return [
    markdownTable(['host', 'written in', 'status', 'why'], rows),
    left > 0 ? [`${count(left, 'more host', 'more hosts')} with nothing to tell.`] : [],
  ];
}

function names(hosts: readonly string[]): string {
  const shown = hosts.slice(0, 20).map(text).join(', ');
  return hosts.length > 20 ? `${shown} and ${hosts.length - 20} more` : shown;
}
