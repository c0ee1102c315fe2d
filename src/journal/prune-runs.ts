import { lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runIds } from './read-runs.js';

const YOUNG_MS = 30 * 24 * 3600 * 1000;

/**
 * Deletes old runs: those beyond the newest `keepRuns` that ended over 30 days ago. A run that did not end stays,
 * whatever its age, as there may be something to undo or to go on with.
 *
 * @param now milliseconds since 1970
 * @returns the ids of the runs that were deleted
 */
export function pruneRuns(stateFolder: string, { keepRuns, now }: { keepRuns: number; now: number }): string[] {
  const old = runIds(stateFolder)
    .slice(Math.max(0, keepRuns))
    .filter((id) => isOld(join(stateFolder, 'runs', id, 'end.json'), now));
  for (const id of old) {
    try {
      rmSync(join(stateFolder, 'runs', id), { recursive: true, force: true });
    } catch {
      // Another run may be deleting it too; what stays is tried again next time.
    }
  }
  return old;
}

function isOld(ending: string, now: number): boolean {
  try {
    return now - lstatSync(ending).mtimeMs > YOUNG_MS;
  } catch {
    return false;
  }
}
