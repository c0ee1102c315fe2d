import { isWaived } from '../../compliance/judge.js';
import type { CheckReport, ReportFinding } from '../../compliance/report.js';
import type { ClusterMemory } from './cluster-memory.js';
import type { Remediation } from './config.js';

/** What a report means for mending, and what is remembered of it. */
export interface Mending {
  readonly streaks: ClusterMemory['streaks'];
  /** Of the episodes that have not ended. */
  readonly mended: ClusterMemory['mended'];
  /** What is to be mended now; most often nothing. */
  readonly due: readonly ReportFinding[];
}

/**
 * Counts in how many checks in a row a finding was there, and says which have been there long enough. A finding is the
 * same one with the same hosts; an episode is all the time in which a check finds anything in a cluster. What was
 * mended once in an episode, well or not, is left to people until the episode ends. It ends when the check could look
 * everywhere and found nothing.
 *
 * @param rule `undefined`: nothing is ever due
 */
export function mendingOf(memory: ClusterMemory, report: CheckReport, rule: Remediation | undefined): Mending {
  const counting = report.findings.filter((finding) => !isWaived(finding));
  const streaks = Object.fromEntries(
    counting.map(({ fingerprint }) => [fingerprint, (memory.streaks[fingerprint] ?? 0) + 1]),
  );
  const open = new Set(counting.map(episodeOf));
  const mended = memory.mended.filter((episode) => open.has(episode) || !hasLooked(report, episode));
  const due = counting.filter(
    (finding) =>
      rule?.only.includes(finding.id) &&
      finding.task !== null &&
      (streaks[finding.fingerprint] ?? 0) >= rule.after &&
      !mended.includes(episodeOf(finding)),
  );
  return { streaks, mended, due };
}

/** What a finding is an episode of. */
export function episodeOf({ id, cluster }: Pick<ReportFinding, 'id' | 'cluster'>): string {
  return `${id} ${cluster}`;
}

function hasLooked({ checks, hosts }: CheckReport, episode: string): boolean {
  const line = checks.find(({ id }) => episode.startsWith(`${id} `));
  const isBlind = line === undefined || line.status === 'not-evaluated' || line.status === 'skipped';
  return !isBlind && hosts.every(({ status }) => status === 'evaluated' || status === 'no flannel');
}
