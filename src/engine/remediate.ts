import { FixError, messageOf } from '../core/error.js';
import type { Emit } from './events.js';
import { fleetTasks } from './fleet-steps.js';
import type { RunSettings, World } from './run.js';
import { Connections, runPlaybook } from './run-playbook.js';
import type { StopRequest } from './stop-request.js';
import { newTally, type Tally } from './tally.js';
import { type Verdict, verdictOfPlan, verdictOfRun } from './verdict.js';

/** Which pass an event belongs to. */
export type Phase = 'plan' | 'apply';

export interface Watcher {
  event(event: Parameters<Emit>[0], phase: Phase): void;
  /** The plan is complete; nothing has been changed yet. */
  planned(tally: Tally): void;
  /** Asked once before the first change. */
  approve(tally: Tally): Promise<boolean>;
}

/**
 * The whole story: plan with everything read afresh, show it, then do it and prove it.
 *
 * A playbook that diagnoses a fleet is planned first as a whole, so that a person sees every change, and one host that
 * cannot be read or mended safely keeps all of them untouched. Another playbook runs at once, unless it is a check.
 */
export async function remediate(
  settings: RunSettings,
  world: World,
  watcher: Watcher,
  stop: StopRequest,
): Promise<Verdict> {
  const seesFleet = fleetTasks(settings.playbook, world).length > 0;
  const connections = new Connections();
  try {
    if (settings.check || seesFleet) {
      const { tally } = await pass({ ...settings, check: true }, world, connections, watcher, stop, 'plan');
      watcher.planned(tally);
      const verdict = verdictOfPlan(tally);
      if (stop.asked)
        return { ...verdict, kind: 'interrupted', exitStatus: 130, line: 'Interrupted; nothing was changed.' };
      if (settings.check || !goesOn(verdict, tally)) return verdict;
      if (!(await watcher.approve(tally))) {
        return { ...verdict, kind: 'declined', exitStatus: 4, line: 'Not approved; nothing was changed.' };
      }
    }
    const { tally, end } = await pass(settings, world, connections, watcher, stop, 'apply');
    return verdictOfRun(tally, end);
  } finally {
    await connections.close();
  }
}

/** Whether there is something to do. What a check does not run (a command) may be that, though no plan shows it. */
function goesOn({ kind }: Verdict, { notRun }: Tally): boolean {
  return kind === 'planned' || (notRun.size > 0 && (kind === 'sound' || kind === 'findings'));
}

async function pass(
  settings: RunSettings,
  world: World,
  connections: Connections,
  watcher: Watcher,
  stop: StopRequest,
  phase: Phase,
) {
  const { tally, listen } = newTally();
  const emit: Emit = (event) => {
    listen(event);
    watcher.event(event, phase);
  };
  try {
    const { end } = await runPlaybook(settings, world, { connections, emit, stop });
    return { tally, end };
  } catch (error) {
    // What was done before it broke is told, and the verdict says that it is not the whole.
    if (settings.check || tally.changes.size + tally.cutOff.size + tally.leasesDeleted.length === 0) throw error;
    emit({ kind: 'warning', message: inWords(error) });
    return { tally, end: 'failed' as const };
  }
}

function inWords(error: unknown): string {
  if (!(error instanceof FixError)) return messageOf(error);
  return `${error.at === undefined ? '' : `${error.at}: `}${error.message}. ${error.hint}`;
}
