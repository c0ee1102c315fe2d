import type { Thresholds } from '../diagnose/thresholds.js';

/** What is asked of a cluster: which checks, how severe, measured against what. */
export interface Profile {
  readonly name: string;
  /** Only these checks; none named means all. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly thresholds: Partial<Thresholds>;
  /** By the id of a check: instead of its own. */
  readonly severities: Readonly<Record<string, 'error' | 'warn'>>;
  /** What counts for the exit status. */
  readonly failOn: 'error' | 'warn';
}

export const NO_PROFILE: Profile = {
  name: 'default',
  only: [],
  skip: [],
  thresholds: {},
  severities: {},
  failOn: 'error',
};
