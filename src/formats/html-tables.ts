import type { CheckReport, ReportChange } from '../compliance/report.js';
import { count } from '../core/text.js';
import { grouped } from '../diagnose/cluster.js';
import { diffView } from './html-diff.js';
import { type Markup, markup, type Piece } from './html-markup.js';
import { badge, CHECK_STATUS, cut, SEVERITY, type Told, table, told } from './html-words.js';

/** With more hosts than this the changes of each are behind a summary. */
const MOST_OPEN = 5;
const MOST_NAMES = 8;

/** What was asked and could not be answered: neither passed nor failed. */
export function notEvaluatedSection({ notEvaluated, checks }: CheckReport): Piece {
  if (notEvaluated.length === 0) return null;
  const titles = new Map(checks.map(({ id, title }) => [id, title]));
  return markup`<section aria-labelledby="not-evaluated"><h2 id="not-evaluated">Not evaluated</h2>
<p>What is missing here was neither passed nor failed.</p>
${table({
  caption: 'Checks that could not be made',
  heads: ['Check', 'Hosts', 'Why'],
  rows: notEvaluated.map(
    ({ id, hosts, why }) =>
      markup`<tr><th scope="row"><span class="id">${id}</span> ${titles.get(id)}</th><td>${names(hosts)}</td><td>${why}</td></tr>`,
  ),
})}</section>`;
}

const WAIVER_STATE: Readonly<Record<'used' | 'unused' | 'expired', Told>> = {
  used: { word: 'in force', tone: 'muted' },
  unused: { word: 'waives nothing', tone: 'warn' },
  expired: { word: 'expired', tone: 'error' },
};

/** All waivers that apply here, also those that waive nothing any more. */
export function waiversSection({ waivers }: CheckReport): Piece {
  if (waivers.length === 0) return null;
  return markup`<section aria-labelledby="waivers"><h2 id="waivers">Waivers</h2>
${table({
  caption: 'Findings that somebody lets stay for a while',
  heads: ['Check', 'State', 'Hosts', 'Reason', 'Owner', 'Until', 'Written in'],
  rows: waivers.map(
    ({ id, hosts, reason, owner, expires, state, at }) =>
      markup`<tr><th scope="row" class="id">${id}</th><td>${badge(told(WAIVER_STATE, state))}</td><td>${names(hosts)}</td>\
<td>${reason}</td><td>${owner}</td><td class="nowrap">${expires}</td><td>${at}</td></tr>`,
  ),
})}</section>`;
}

/** Every check of the catalogue with what came of it. */
export function checksSection({ checks }: CheckReport): Markup {
  return markup`<section aria-labelledby="checks"><h2 id="checks">All checks</h2>
${table({
  caption: 'The catalogue, and what came of each check',
  heads: ['Check', 'Title', 'Severity', 'Result', 'Why'],
  rows: checks.map(
    ({ id, title, severity, status, why }) =>
      markup`<tr><th scope="row" class="id">${id}</th><td>${title}</td><td>${told(SEVERITY, severity).word}</td>\
<td>${badge(told(CHECK_STATUS, status))}</td><td>${why}</td></tr>`,
  ),
})}</section>`;
}

/** What a run changed, host by host, with the lines of the files. */
export function changesSection({ kind, changes }: CheckReport): Piece {
  if (kind !== 'run') return null;
  const hosts = grouped(changes, ({ host }) => host);
  return markup`<section aria-labelledby="changes"><h2 id="changes">What was changed</h2>
${changes.length === 0 && markup`<p>The run changed nothing.</p>`}
${[...hosts].map(([host, own]) => hostView(host, own, hosts.size <= MOST_OPEN))}</section>`;
}

function hostView(host: string, changes: readonly ReportChange[], open: boolean): Markup {
  const inner = changes.map(
    ({
      task,
      why,
      diffs,
    }) => markup`<div class="change"><p><strong>${task}</strong><br><span class="muted">${why}</span></p>
${diffs.map(({ path, before, after }) => markup`<p class="path">${path}</p>${diffView(before, after)}`)}</div>`,
  );
  const summary = markup`<summary><h3>${host}</h3> <span class="muted">${count(changes.length, 'change')}</span></summary>`;
  // `open` has no value that a template could leave out.
  return open
    ? markup`<details class="card" open>${summary}${inner}</details>`
    : markup`<details class="card">${summary}${inner}</details>`;
}

function names(hosts: readonly string[]): Piece {
  return cut(
    hosts,
    MOST_NAMES,
    (some) => markup`<ul class="names">${some.map((name) => markup`<li>${name}</li>`)}</ul>`,
  );
}
