import type { CheckReport } from '../compliance/report.js';
import { type Comparison, compareReports } from './compare.js';

/** What is otherwise, without what is not. */
export type Changes = Omit<Comparison, 'still'>;

/** A report in a list: what it came to, and what is otherwise than in the one before. */
export type HistoryRow = Pick<
  CheckReport,
  'id' | 'kind' | 'inventory' | 'startedAt' | 'seconds' | 'profile' | 'verdict' | 'counts'
> & {
  /** `null` of the oldest one that is kept. */
  readonly changes: Changes | null;
};

/**
 * The newest reports as rows. No more than two whole reports are held at a time.
 *
 * @param reports the newest first
 * @param most how many rows
 */
export async function historyRows(reports: AsyncIterable<CheckReport>, most: number): Promise<HistoryRow[]> {
  const rows: HistoryRow[] = [];
  let newer: CheckReport | undefined;
  for await (const report of reports) {
    if (newer !== undefined) rows.push(rowOf(newer, report));
    newer = report;
    if (rows.length >= most) return rows;
  }
  return newer === undefined ? rows : [...rows, rowOf(newer, undefined)];
}

function rowOf(report: CheckReport, before: CheckReport | undefined): HistoryRow {
  const { id, kind, inventory, startedAt, seconds, profile, verdict, counts } = report;
  const changes = before === undefined ? null : changesOf(before, report);
  return { id, kind, inventory, startedAt, seconds, profile, verdict, counts, changes };
}

function changesOf(before: CheckReport, after: CheckReport): Changes {
  const { still: _, ...changes } = compareReports(before, after);
  return changes;
}
