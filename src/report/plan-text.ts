import { count, printableLine } from '../core/text.js';
import type { TalliedChange, Tally } from '../engine/tally.js';
import { hostList } from './host-list.js';
import type { Paint } from './paint.js';
import { troubleLines } from './trouble-text.js';
import { unifiedDiff } from './unified-diff.js';
import { wrap } from './wrap.js';

export interface PlanTextSettings {
  readonly paint: Paint;
  readonly width: number;
  readonly diff: boolean;
}

/** The plan: what stops it, what is left alone, and every change, said once for all hosts that have the same. */
export function planText(tally: Tally, settings: PlanTextSettings): string[] {
  const { paint, width } = settings;
  const lines = ['', ...troubleLines(tally, paint, width)];
  for (const [why, hosts] of byText(tally.proven)) {
    lines.push(...wrap(`${paint('good', '✓')} ${hostList(hosts)}: ${printableLine(why)}`, width, 2));
  }
  for (const [why, hosts] of byText(tally.leftAlone)) {
    lines.push(...wrap(`${paint('dim', '-')} ${hostList(hosts)}: ${printableLine(why)}`, width, 2));
  }
  if (tally.changes.size + tally.clusterChanges.length === 0) return lines.length === 1 ? [] : lines;
  lines.push(paint('strong', `Plan: ${count(tally.changes.size, 'host')} to change`));
  for (const { hosts, changes, notes } of groupsOf(tally)) {
    lines.push(`  ${hostList(hosts, width - 4)}`);
    for (const change of changes) lines.push(...changeLines(change, settings));
    for (const note of notes) lines.push(...wrap(`    ${paint('warn', '!')} ${printableLine(note, 400)}`, width, 6));
  }
  if (tally.clusterChanges.length > 0) lines.push('  in etcd');
  for (const change of tally.clusterChanges) lines.push(...changeLines(change, settings));
  return lines;
}

function changeLines({ why, diff }: TalliedChange, { paint, width, diff: showDiff }: PlanTextSettings): string[] {
  const lines = wrap(`    ${paint('warn', '~')} ${printableLine(why, 800)}`, width, 6);
  if (!showDiff) return lines;
  for (const one of diff) {
    lines.push(`      ${paint('place', printableLine(one.path))}`);
    lines.push(...unifiedDiff(one, paint).map((line) => `      ${line}`));
  }
  return lines;
}

interface ChangeGroup {
  readonly hosts: string[];
  readonly changes: readonly TalliedChange[];
  readonly notes: readonly string[];
}

function groupsOf({ changes, notes: allNotes }: Tally): ChangeGroup[] {
  const groups = new Map<string, ChangeGroup>();
  for (const [host, list] of changes) {
    const notes = allNotes.get(host) ?? [];
    const key = JSON.stringify([list.map(({ why, diff }) => [why, diff]), notes]);
    const group = groups.get(key);
    if (group) group.hosts.push(host);
    else groups.set(key, { hosts: [host], changes: list, notes });
  }
  return [...groups.values()];
}

function byText(reasons: ReadonlyMap<string, string>): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const [host, why] of reasons) hosts.set(why, [...(hosts.get(why) ?? []), host]);
  return hosts;
}
