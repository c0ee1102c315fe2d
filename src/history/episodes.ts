import type { CheckReport } from '../compliance/report.js';
import { type Occurrence, occurrencesOf, sightOf } from './compare.js';

/** How long a finding was on a host. */
export interface Episode extends Omit<Occurrence, 'summary'> {
  readonly beganAt: string;
  /** The id of the report that had it first. */
  readonly beganIn: string;
  /** The last report that had it. */
  readonly lastSeenAt: string;
  /** `null`: it has not ended, or nobody could look since. */
  readonly endedAt: string | null;
  readonly endedIn: string | null;
  /** The newest report had it; else, where it has not ended either, it was not looked for since. */
  readonly isThere: boolean;
}

type Open = { -readonly [key in keyof Episode]: Episode[key] } & { sharedWith: readonly string[] };

/**
 * Which finding began and ended on which host, and when. A report that did not look for it neither ends it nor begins
 * it anew. What the oldest report has began there or before.
 *
 * @param reports of one inventory, the newest first, as the history gives them
 * @returns in the order of their beginnings
 */
export function episodes(reports: readonly CheckReport[]): Episode[] {
  const all: Open[] = [];
  const open = new Map<string, Open>();
  for (const report of [...reports].reverse()) {
    const found = occurrencesOf(report);
    const sight = sightOf(report);
    for (const [key, episode] of open) {
      episode.isThere = found.has(key);
      if (episode.isThere || !sight.sees({ ...episode, summary: '' })) continue;
      Object.assign(episode, { endedAt: report.startedAt, endedIn: report.id });
      open.delete(key);
    }
    for (const [key, { summary: _, ...occurrence }] of found) {
      const known = open.get(key);
      const seen = { ...occurrence, lastSeenAt: report.startedAt, isThere: true };
      if (known !== undefined) {
        Object.assign(known, seen);
        continue;
      }
      const begun = { ...seen, beganAt: report.startedAt, beganIn: report.id, endedAt: null, endedIn: null };
      open.set(key, begun);
      all.push(begun);
    }
  }
  return all.map(({ sharedWith: _, ...episode }) => episode);
}
