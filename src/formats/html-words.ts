import type { CheckStatus, ReportFinding, ReportHost, ReportVerdict } from '../compliance/report.js';
import { type Markup, markup, type Piece } from './html-markup.js';

/** How a thing is coloured and which sign it has; never told by the colour alone. */
export type Tone = 'ok' | 'error' | 'warn' | 'unknown' | 'muted';

/** A word for people, and how it is shown. */
export interface Told {
  readonly word: string;
  readonly tone: Tone;
}

export const VERDICTS: Readonly<Record<ReportVerdict['kind'], Told>> = {
  sound: { word: 'Sound', tone: 'ok' },
  warnings: { word: 'Warnings', tone: 'warn' },
  findings: { word: 'Faults found', tone: 'error' },
  'not-evaluated': { word: 'Not evaluated', tone: 'unknown' },
  mended: { word: 'Mended', tone: 'ok' },
  failed: { word: 'Failed', tone: 'error' },
};

export const CHECK_STATUS: Readonly<Record<CheckStatus, Told>> = {
  passed: { word: 'passed', tone: 'ok' },
  failed: { word: 'failed', tone: 'error' },
  warned: { word: 'warned', tone: 'warn' },
  'not-evaluated': { word: 'not evaluated', tone: 'unknown' },
  waived: { word: 'waived', tone: 'muted' },
  skipped: { word: 'skipped', tone: 'muted' },
};

export const HOST_STATUS: Readonly<Record<ReportHost['status'], Told>> = {
  evaluated: { word: 'evaluated', tone: 'ok' },
  'no flannel': { word: 'no flannel', tone: 'muted' },
  'not evaluated': { word: 'not evaluated', tone: 'unknown' },
  failed: { word: 'failed', tone: 'error' },
};

export const SEVERITY: Readonly<Record<ReportFinding['severity'], Told>> = {
  error: { word: 'error', tone: 'error' },
  warn: { word: 'warning', tone: 'warn' },
};

/** A report that was read from a file may hold a word that this version does not know: it is shown as it is. */
export function told<K extends string>(table: Readonly<Record<K, Told>>, key: K): Told {
  return Object.hasOwn(table, key) ? table[key] : { word: String(key), tone: 'unknown' };
}

/** A sign and a word. */
export function badge({ word, tone }: Told): Markup {
  return markup`<span class="badge ${tone}">${icon(tone)}${word}</span>`;
}

/** A sign out of the page's own set; people who do not see it read the word beside it. */
export function icon(tone: Tone): Markup {
  return markup`<svg class="icon ${tone}" width="16" height="16" aria-hidden="true"><use href="#icon-${tone}"/></svg>`;
}

/** `2026-03-01 10:00 UTC`; what is no time of day is shown as it is. */
export function time(iso: string): Markup {
  const [, day, minute] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(iso) ?? [];
  if (day === undefined) return markup`${iso}`;
  return markup`<time datetime="${iso}">${day} ${minute} UTC</time>`;
}

/** `1.4 s`, `12 min`, `22 h`, `3 days`: two digits are enough to read. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'not known';
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** The first `most` items, and the rest behind a summary. */
export function cut<T>(items: readonly T[], most: number, show: (items: readonly T[]) => Piece): Piece {
  // Two lines that are hidden take as much room as the line that hides them.
  if (items.length <= most + 2) return show(items);
  const rest = items.slice(most);
  return [show(items.slice(0, most)), markup`<details><summary>${rest.length} more</summary>${show(rest)}</details>`];
}

export interface TableShape {
  readonly caption: string;
  readonly heads: readonly string[];
  /** A row is `<tr>` with its cells. */
  readonly rows: readonly Markup[];
}

/** A table that can be scrolled by keyboard where the screen is too narrow for it. */
export function table({ caption, heads, rows }: TableShape): Markup {
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table><caption>${caption}</caption>
<thead><tr>${heads.map((head) => markup`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => markup`${row}\n`)}</tbody></table></div>`;
}
