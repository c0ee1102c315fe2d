import { maskedDeep } from '../core/mask.js';
import type { Event, TaskResult } from '../engine/events.js';
import type { TalliedChange, Tally } from '../engine/tally.js';

/** An event as people may see it: secrets masked before anything is cut or wrapped, `no_log` results without content. */
export function shownEvent(event: Event): Event {
  return maskedDeep(event.kind === 'result' ? { ...event, of: shownResult(event.of) } : event);
}

/** A plan as people may see it; what its actions say to a host is not for them. */
export function shownTally(tally: Tally): Tally {
  const changes = new Map([...tally.changes].map(([host, list]) => [host, list.map(withoutActions)]));
  return maskedDeep({ ...tally, changes, clusterChanges: tally.clusterChanges.map(withoutActions) });
}

function withoutActions(change: TalliedChange): TalliedChange {
  return { ...change, actions: [] };
}

function shownResult({ actions: _, ...of }: TaskResult): TaskResult {
  if (!of.noLog) return of;
  const { host, status, code, ignored } = of;
  return { host, status, why: '(no_log)', code, result: {}, diff: [], ignored, noLog: true };
}
