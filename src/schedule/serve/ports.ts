import type { CheckReport } from '../../compliance/report.js';
import type { ServedCluster } from './config.js';

/** Time, as the daemon knows it: tests let an hour pass in no time. */
export interface Timers {
  /** Milliseconds since 1970. */
  now(): number;
  /** Does a task once, after so many milliseconds. @returns what takes it back */
  after(ms: number, task: () => void): () => void;
}

/** What a check came to. */
export type Outcome =
  | { readonly kind: 'report'; readonly report: CheckReport; readonly exitStatus: number; readonly seconds: number }
  /** It died, took too long, or left no report. */
  | { readonly kind: 'failed'; readonly why: string; readonly exitStatus: number | null; readonly seconds: number }
  /** The daemon ended it, as it is stopping itself. */
  | { readonly kind: 'stopped' };

/** Looks at a cluster, or mends it. Never throws. */
export type RunCheck = (cluster: ServedCluster, signal: AbortSignal) => Promise<Outcome>;

/** Something that happened, for the log: a name, and what there is to say. */
export type Log = (event: string, what: Readonly<Record<string, string | number | null>>) => void;
