import type { CheckReport } from '../../compliance/report.js';

/** What the daemon keeps of a cluster over its own restarts. */
export interface ClusterMemory {
  /** The time at which the last check was due; milliseconds since 1970. `null`: never. */
  readonly lastSlot: number | null;
  /** Why the last check failed to run; `null` where it ran. */
  readonly failure: string | null;
  /** By fingerprint of a finding: in how many checks in a row it was there. */
  readonly streaks: Readonly<Record<string, number>>;
  /** Findings that were mended, or tried, in an episode that has not ended: a check's id and the cluster's name. */
  readonly mended: readonly string[];
}

export const NO_MEMORY: ClusterMemory = { lastSlot: null, failure: null, streaks: {}, mended: [] };

/** Where a cluster's memory and its newest report are kept. */
export interface ClusterStore {
  /** @throws Error where it cannot be read; where there is none yet it is `NO_MEMORY` */
  memory(): ClusterMemory;
  /** @throws Error where it cannot be kept */
  remember(memory: ClusterMemory): Promise<void>;
  /** The newest report; `undefined` before there is one. @throws Error where it cannot be read */
  latest(): CheckReport | undefined;
  /** @throws Error where it cannot be kept */
  keep(report: CheckReport): Promise<void>;
}
