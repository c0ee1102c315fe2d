import type { CheckReport } from '../compliance/report.js';
import { type Markup, markup, type Piece } from './html-markup.js';
import { duration, icon, type Tone, time, told, VERDICTS } from './html-words.js';

/** What a reader wants first: is it sound, what counts, of what and when. */
export function verdictSection(report: CheckReport): Markup {
  const { verdict, kind, inventory } = report;
  const { word, tone } = told(VERDICTS, verdict.kind);
  return markup`<header class="verdict ${tone}">
<p class="muted">fix-flannel ${kind === 'run' ? 'run' : 'health check'} of</p>
<h1>${inventory.name}</h1>
<p class="word">${icon(tone)}${word}</p>
<p class="line">${verdict.line}</p>
<dl class="counts">${counts(report)}</dl>
<dl class="facts about">${about(report)}</dl>
</header>`;
}

function counts({
  counts: { hosts, evaluated, errors, warnings, waived, passed, notEvaluated },
}: CheckReport): Markup[] {
  const rows: readonly (readonly [string, Piece, Tone])[] = [
    ['Errors', errors, errors > 0 ? 'error' : 'muted'],
    ['Warnings', warnings, warnings > 0 ? 'warn' : 'muted'],
    ['Waived', waived, 'muted'],
    ['Checks passed', passed, passed > 0 ? 'ok' : 'muted'],
    ['Checks not evaluated', notEvaluated, notEvaluated > 0 ? 'unknown' : 'muted'],
    [
      'Hosts looked at',
      evaluated === hosts ? hosts : `${evaluated} of ${hosts}`,
      evaluated < hosts ? 'unknown' : 'muted',
    ],
  ];
  return rows.map(([name, value, tone]) => markup`<div class="count ${tone}"><dt>${name}</dt><dd>${value}</dd></div>`);
}

function about({ startedAt, seconds, inventory, profile, recorded, tool, id, verdict }: CheckReport): Markup[] {
  const rows: readonly (readonly [string, Piece])[] = [
    ['When', time(startedAt)],
    ['Took', duration(seconds)],
    ['Inventory', inventory.path ?? inventory.name],
    ['Profile', profile ?? 'none'],
    ['Read from', recorded === null ? 'the hosts' : markup`${recorded.folder}, gathered ${time(recorded.gatheredAt)}`],
    ['Exit status', verdict.exitStatus],
    ['Report', id],
    ['Made by', `${tool.name} ${tool.version}`],
  ];
  return rows.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`);
}

/** The way to each part of the page. */
export function contents(report: CheckReport): Markup {
  const { findings, notEvaluated, waivers, checks, hosts, kind, changes } = report;
  const parts: readonly (readonly [string, string, number | null])[] = [
    ['picture', 'Picture', null],
    ['findings', 'Findings', findings.length],
    ...(notEvaluated.length > 0 ? [['not-evaluated', 'Not evaluated', notEvaluated.length] as const] : []),
    ...(waivers.length > 0 ? [['waivers', 'Waivers', waivers.length] as const] : []),
    ...(kind === 'run' ? [['changes', 'Changes', changes.length] as const] : []),
    ['history', 'History', null],
    ['hosts', 'Hosts', hosts.length],
    ['checks', 'Checks', checks.length],
  ];
  return markup`<nav aria-label="Contents"><ul>${parts.map(
    ([target, name, number]) => markup`<li><a href="#${target}">${name}</a>${number !== null && ` ${number}`}</li>`,
  )}</ul></nav>`;
}
