import type { CheckReport } from '../compliance/report.js';
import { count, printableLine } from '../core/text.js';
import type { Comparison, Occurrence } from '../history/compare.js';
import type { Changes, HistoryRow } from '../history/rows.js';
import { hostList } from './host-list.js';
import type { Paint, Tone } from './paint.js';
import { wrap } from './wrap.js';

export interface HistoryTextSettings {
  readonly paint: Paint;
  /** Columns. */
  readonly width: number;
}

/** The reports of an inventory, the newest first: each with its verdict and what is otherwise than before. */
export function historyText(rows: readonly HistoryRow[], settings: HistoryTextSettings): string[] {
  if (rows.length === 0) return ['No reports yet.'];
  return rows.flatMap((row) => [...headText(row, settings), ...changesText(row.changes, settings)]);
}

/** The newest report of each inventory. */
export function inventoriesText(
  inventories: readonly { readonly newest: HistoryRow; readonly reports: number }[],
  settings: HistoryTextSettings,
): string[] {
  if (inventories.length === 0) return ['No reports yet.'];
  return inventories.flatMap(({ newest, reports }) => [
    ...wrap(
      `${settings.paint('strong', inventoryOf(newest))}: ${count(reports, 'report')}, the newest one`,
      settings.width,
      2,
    ),
    ...headText(newest, settings).map((line) => `  ${line}`),
  ]);
}

/** What began and what ended between two reports, with the reports themselves. */
export function diffText(
  before: CheckReport,
  after: CheckReport,
  changes: Comparison,
  settings: HistoryTextSettings,
): string[] {
  const { paint, width } = settings;
  const isQuiet = newsOf(changes).length + hostsText(changes).length === 0;
  return [
    ...headText(before, settings),
    ...headText(after, settings),
    ...(inventoryOf(before) === inventoryOf(after)
      ? []
      : [paint('warn', '! These are reports of two inventories; hosts of the same name are taken as the same.')]),
    ...newsOf(changes).flatMap(([label, tone, found]) => ['', paint(tone, label), ...listed(found, settings)]),
    ...(changes.still.length === 0 ? [] : ['', paint('dim', 'still there'), ...listed(changes.still, settings)]),
    ...hostsText(changes).flatMap((line) => ['', ...wrap(line, width, 2)]),
    ...(isQuiet ? ['', 'Nothing began and nothing ended.'] : []),
  ];
}

/** What stands above a report that was kept. */
export function reportHead(
  { id, kind, startedAt, inventory, profile, tool }: CheckReport,
  { paint, width }: HistoryTextSettings,
): string[] {
  const under = profile === null ? '' : `, profile ${printableLine(profile, 100)}`;
  return [
    `${paint('strong', printableLine(id, 80))}  ${when(startedAt)}  ${kind}`,
    ...wrap(`  ${inventoryOf({ inventory })}${under}, fix-flannel ${printableLine(tool.version, 40)}`, width, 4),
    '',
  ];
}

function inventoryOf({ inventory }: Pick<CheckReport, 'inventory'>): string {
  return printableLine(inventory.path ?? inventory.name, 200);
}

function headText(
  { id, kind, startedAt, verdict }: Pick<CheckReport, 'id' | 'kind' | 'startedAt' | 'verdict'>,
  { paint, width }: HistoryTextSettings,
): string[] {
  const line = paint(toneOf(verdict.kind), printableLine(verdict.line, 400));
  return [`${paint('strong', printableLine(id, 80))}  ${when(startedAt)}  ${kind}`, ...wrap(`  ${line}`, width, 4)];
}

function toneOf(kind: CheckReport['verdict']['kind']): Tone {
  if (kind === 'sound' || kind === 'mended') return 'good';
  return kind === 'warnings' || kind === 'not-evaluated' ? 'warn' : 'bad';
}

/** `2026-11-24 22:00:00Z`: the same on every machine. */
function when(time: string): string {
  return printableLine(time, 40)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

function changesText(changes: Changes | null, { paint, width }: HistoryTextSettings): string[] {
  if (changes === null) return [];
  const lines = [
    ...newsOf(changes).map(
      ([label, tone, found]) => `  ${paint(tone, `${label}:`)} ${groupsOf(found).map(grouped).join('; ')}`,
    ),
    ...hostsText(changes).map((line) => `  ${line}`),
  ];
  return lines.length === 0 ? [paint('dim', '  as before')] : lines.flatMap((line) => wrap(line, width, 4));
}

/** All that is otherwise, in words. */
function newsOf(changes: Changes): (readonly [string, Tone, readonly Occurrence[]])[] {
  const news = [
    ['began', 'bad', changes.began],
    ['counts again', 'bad', changes.unwaived],
    ['of another severity', 'warn', changes.otherSeverity],
    ['ended', 'good', changes.ended],
    ['waived', 'dim', changes.waived],
    ['not looked for', 'warn', changes.notSeen],
  ] as const;
  return news.filter(([, , found]) => found.length > 0);
}

function hostsText({ hostsLost, hostsBack }: Changes): string[] {
  return [
    ...(hostsLost.length > 0 ? [`not looked at any more: ${hostList(hostsLost)}`] : []),
    ...(hostsBack.length > 0 ? [`looked at, and not before: ${hostList(hostsBack)}`] : []),
  ];
}

interface Group extends Pick<Occurrence, 'id' | 'title' | 'severity' | 'isWaived'> {
  readonly hosts: string[];
}

/** What one check found, with all the hosts on which it did. */
function groupsOf(found: readonly Occurrence[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { id, title, severity, isWaived, host } of found) {
    const key = JSON.stringify([id, severity, isWaived]);
    const group = groups.get(key) ?? { id, title, severity, isWaived, hosts: [] };
    groups.set(key, group);
    if (host !== null) group.hosts.push(host);
  }
  return [...groups.values()];
}

function grouped({ id, hosts, isWaived }: Group): string {
  const name = `${printableLine(id, 20)}${isWaived ? ' (waived)' : ''}`;
  return hosts.length === 0 ? name : `${name} on ${hostList(hosts)}`;
}

function listed(found: readonly Occurrence[], { paint, width }: HistoryTextSettings): string[] {
  return groupsOf(found).flatMap((group) => {
    const sign = group.isWaived
      ? paint('dim', '-')
      : group.severity === 'error'
        ? paint('bad', '✗')
        : paint('warn', '!');
    return wrap(
      `  ${sign} ${grouped({ ...group, hosts: [] })} ${printableLine(group.title, 100)}${onHosts(group)}`,
      width,
      4,
    );
  });
}

function onHosts({ hosts }: Group): string {
  return hosts.length === 0 ? '' : `: ${hostList(hosts)}`;
}
