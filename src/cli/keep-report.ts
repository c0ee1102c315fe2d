import process from 'node:process';
import type { CheckReport } from '../compliance/report.js';
import { FixError, messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { DEFAULT_KEEP_REPORTS, openHistory } from '../history/open-history.js';
import { stateFolder } from './state-folder.js';

/** How many earlier reports a report's trend looks back. */
const TREND = 60;

/**
 * Adds a report to the history of its inventory. A history that cannot be kept is told, and fails nothing.
 * @returns the earlier ones, the newest first
 */
export async function keepReport(
  report: CheckReport,
  options: { readonly stateFolder?: string; readonly keepHistory?: number },
): Promise<readonly CheckReport[]> {
  // What was recorded elsewhere is no news of now.
  if (report.recorded !== null) return [];
  try {
    const key = report.inventory.path ?? report.inventory.name;
    const keep = options.keepHistory ?? DEFAULT_KEEP_REPORTS;
    const history = openHistory(stateFolder(options.stateFolder), key, { keep });
    const earlier = await history.latest(TREND);
    await history.add(report);
    return earlier;
  } catch (error) {
    const hint = error instanceof FixError ? ` ${error.hint}` : '';
    process.stderr.write(`! the report is not kept: ${printableLine(messageOf(error), 400)}.${hint}\n`);
    return [];
  }
}
