import { listRuns, readRun } from './read-runs.js';

/**
 * Hosts on which an undo of a run began and did not come to its end: their files may be back while their units still
 * run as the run left them.
 */
export function unfinishedUndos(stateFolder: string, run: string): ReadonlySet<string> {
  const hosts = new Set<string>();
  const undos = listRuns(stateFolder).runs.filter(({ header }) => header.kind === 'rollback' && header.of === run);
  // The oldest first: a later undo that came to its end settles what an earlier one left.
  for (const { header } of [...undos].reverse()) {
    for (const [host, entries] of readRun(stateFolder, header.id).hosts) {
      if (!entries.some(({ kind }) => kind === 'begin')) continue;
      const isDone = entries.some((entry) => entry.kind === 'state' && entry.state === 'done');
      if (isDone) hosts.delete(host);
      else hosts.add(host);
    }
  }
  return hosts;
}
