import { printableLine } from '../core/text.js';
import type { Event, HostCounts } from '../engine/events.js';
import { dumpFields } from './ansible-json.js';
import type { AnsiblePaint, AnsibleTone } from './ansible-paint.js';

type Recap = Extract<Event, { kind: 'recap' }>;

/** The counters in the order in which they are printed. */
const COUNTERS: readonly (readonly [keyof HostCounts, AnsibleTone])[] = [
  ['ok', 'ok'],
  ['changed', 'changed'],
  ['unreachable', 'unreachable'],
  ['failed', 'failed'],
  ['skipped', 'skipped'],
  ['rescued', 'ok'],
  ['ignored', 'warning'],
];

/** Columns for a host's name. */
const NAME_WIDTH = 26;

/** The lines below `PLAY RECAP`: a line for each host, by name. */
export function recapLines({ hosts }: Pick<Recap, 'hosts'>, paint: AnsiblePaint): string[] {
  return [...hosts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([host, counts]) =>
        `${hostName(host, counts, paint)} : ${COUNTERS.map((one) => counter(counts, one, paint)).join(' ')}`,
    );
}

function hostName(host: string, counts: HostCounts, paint: AnsiblePaint): string {
  const name = printableLine(host);
  const bad = counts.failed > 0 || counts.unreachable > 0;
  // Blanks have no colour.
  const blanks = ' '.repeat(Math.max(0, NAME_WIDTH - name.length));
  return paint(bad ? 'failed' : counts.changed > 0 ? 'changed' : 'ok', name) + blanks;
}

function counter(counts: HostCounts, [name, tone]: (typeof COUNTERS)[number], paint: AnsiblePaint): string {
  const text = `${name}=${String(counts[name]).padEnd(4)}`;
  return counts[name] === 0 ? text : paint(tone, text);
}

/** The lines below `CUSTOM STATS`: those of each host, then those of the run. */
export function statsLines({ stats }: Pick<Recap, 'stats'>): string[] {
  const dump = (name: string) => dumpFields(stats.get(name) ?? {}, 1).replaceAll('\n', '');
  const hosts = [...stats.keys()].filter((name) => name !== '').sort();
  return [
    ...hosts.map((host) => `\t${printableLine(host)}: ${dump(host)}`),
    ...(stats.has('') ? ['', `\tRUN: ${dump('')}`] : []),
  ];
}
