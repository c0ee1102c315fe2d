import { messageOf } from '../core/error.js';
import type { HostEnd } from '../journal/record.js';
import { timeOf } from './changes.js';
import type { HostRun } from './host-run.js';
import type { LockSite, Run, RunSettings, World } from './run.js';
import type { PlayEnd } from './run-play.js';
import type { Tally } from './tally.js';
import type { Verdict } from './verdict.js';

/** @throws FixError `journal/unwritable` */
export function openJournal(
  { journal }: Pick<World, 'journal'>,
  { header }: RunSettings,
  sites: readonly LockSite[],
): Promise<void> {
  return journal.begin({ ...header, ...(sites.length > 0 && { clusters: sites.map(({ name }) => name) }) });
}

/**
 * Writes down how each host of the plays that began stands, and how the whole ended.
 * @param end hosts that are not at the end of a run that broke off are `left`
 */
export async function closeJournal(
  world: Pick<World, 'journal' | 'now'>,
  run: Run,
  end: PlayEnd,
  tally: Tally,
  { kind, exitStatus, line }: Verdict,
): Promise<void> {
  const { journal } = world;
  const at = timeOf({ world });
  for (const host of run.hosts.values()) {
    const state = stateOf(host, end, tally);
    if (!tally.hosts.has(host.name) || (host.done && state === 'done')) continue;
    await journal.host(host.name, { kind: 'state', at, state, why: host.trouble ?? '' });
  }
  await journal.end({ endedAt: at, verdict: kind, exitStatus, line });
}

/** Writes down which hosts have come to the end of the run, so that one that is killed later is gone on with without them. */
export async function noteDone({ world, emit }: Run, hosts: readonly HostRun[]): Promise<void> {
  for (const host of hosts) {
    if (host.state !== 'working') continue;
    try {
      await world.journal.host(host.name, {
        kind: 'state',
        at: timeOf({ world }),
        state: 'done',
        why: '',
      });
      host.done = true;
    } catch (error) {
      // It counts as not finished then; a next change would be refused for it.
      return emit({ kind: 'warning', message: messageOf(error) });
    }
  }
}

function stateOf({ name, state, done }: HostRun, end: PlayEnd, tally: Tally): HostEnd {
  if (tally.cutOff.has(name)) return 'cut-off';
  if (tally.restored.has(name)) return 'put-back';
  if (state === 'unreachable') return 'unreachable';
  if (state === 'failed') return 'failed';
  return done || end === 'done' ? 'done' : 'left';
}
