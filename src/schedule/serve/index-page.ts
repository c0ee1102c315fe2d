import { type Markup, markup, type Piece } from '../../formats/html-markup.js';
import { page } from '../../formats/html-page.js';
import { badge, duration, icon, type Told, table, time, told, VERDICTS } from '../../formats/html-words.js';
import type { ServedStatus } from './daemon.js';

/** All clusters on one page: what each came to, how old that is, when it is looked at again. */
export function indexPage(statuses: readonly ServedStatus[], now: number): string {
  const sick = statuses.filter(({ status }) => wordOf(status).tone !== 'ok').length;
  const word = sick === 0 ? 'All clusters are sound' : `${sick} of ${statuses.length} clusters need a look`;
  const tone = sick === 0 ? 'ok' : worstOf(statuses);
  const body = markup`<header class="verdict ${tone}">
<p class="muted">fix-flannel</p>
<h1>Clusters</h1>
<p class="word">${icon(tone)}${word}</p>
<p class="muted">As of ${time(new Date(now).toISOString())}; load the page again for news.</p>
</header>
${table({
  caption: `${statuses.length} clusters, those with faults first`,
  heads: ['Cluster', 'Verdict', 'Errors', 'Warnings', 'Last looked at', 'Took', 'Next', 'What was said'],
  rows: [...statuses].sort((a, b) => rank(a) - rank(b)).map((served) => row(served, now)),
})}`;
  return page({ title: `${word}, fix-flannel`, body, script: false });
}

const TONES = ['error', 'unknown', 'warn', 'muted', 'ok'] as const;

function rank({ status }: ServedStatus): number {
  return TONES.indexOf(wordOf(status).tone);
}

function worstOf(statuses: readonly ServedStatus[]): Told['tone'] {
  return TONES[Math.min(...statuses.map(rank))] ?? 'muted';
}

function row({ cluster, status, due, isOverdue }: ServedStatus, now: number): Markup {
  const { latest, failure } = status;
  const name = encodeURIComponent(cluster.name);
  const link = latest ? markup`<a href="/clusters/${name}">${cluster.name}</a>` : cluster.name;
  return markup`<tr><th scope="row">${link}</th><td>${badge(wordOf(status))}</td>\
<td>${latest?.counts.errors ?? ''}</td><td>${latest?.counts.warnings ?? ''}</td>\
<td>${lastLook(status.lastStart, now)}</td><td>${status.lastSeconds !== null && duration(status.lastSeconds)}</td>\
<td>${nextLook(status.activity, due, isOverdue)}</td>\
<td>${failure ?? latest?.verdict.line ?? 'It was not looked at yet.'}</td></tr>`;
}

function wordOf({ failure, latest }: ServedStatus['status']): Told {
  if (failure !== null) return { word: 'Check failed to run', tone: 'error' };
  return latest === undefined ? { word: 'No report yet', tone: 'muted' } : told(VERDICTS, latest.verdict.kind);
}

function lastLook(lastStart: number | null, now: number): Piece {
  if (lastStart === null) return 'never';
  return markup`${time(new Date(lastStart).toISOString())}, ${duration(Math.max(0, now - lastStart) / 1000)} ago`;
}

const ACTIVITIES = { waiting: 'waits for its turn', checking: 'is looked at now', mending: 'is mended now' } as const;

function nextLook(activity: ServedStatus['status']['activity'], due: number | undefined, isOverdue: boolean): Piece {
  if (isOverdue) return badge({ word: 'overdue', tone: 'error' });
  if (activity !== 'idle') return ACTIVITIES[activity];
  return due !== undefined && Number.isFinite(due) ? time(new Date(due).toISOString()) : 'never';
}
