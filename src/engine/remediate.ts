import { FixError, messageOf } from '../core/error.js';
import { type Footprint, joinFootprints } from '../core/footprint.js';
import { printableLine } from '../core/text.js';
import { identityKey } from '../journal/identity-key.js';
import { footprintOf } from './changes.js';
import { closeJournal, openJournal } from './chronicle.js';
import type { Emit } from './events.js';
import { fleetTasks } from './fleet-steps.js';
import { guardsLeft } from './guarded-host.js';
import { type TakenHold, takeHold } from './hold.js';
import { askedFor } from './plan-asked.js';
import { differences, type PlanFile, planGuard, planOf } from './plan-file.js';
import type { Hold, LockSite, PlannedFootprints, Run, RunSettings, World } from './run.js';
import { Connections, type PassContext, runPlaybook } from './run-playbook.js';
import type { StopRequest } from './stop-request.js';
import { newTally, type TalliedChange, type Tally } from './tally.js';
import { releaseTargets } from './target-hold.js';
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

/** A run's surroundings, the same for its passes. */
interface Story {
  readonly settings: RunSettings;
  readonly world: World;
  readonly watcher: Watcher;
  readonly stop: StopRequest;
  readonly connections: Connections;
}

/** What the plan leaves to the pass that carries it out. */
interface Planned {
  readonly guard?: Run['planGuard'];
  readonly sites: readonly LockSite[];
  readonly footprints: PlannedFootprints;
  /** How it ends where nothing of it is done. */
  readonly interrupted?: Verdict;
}

/**
 * The whole story: plan with everything read afresh, show it, take the cluster's lock, then do it and prove it.
 *
 * A playbook that diagnoses a fleet is planned first as a whole, so that a person sees every change, and one host that
 * cannot be read or mended safely keeps all of them untouched. Another playbook runs at once, unless it is a check.
 *
 * @throws FixError `lock/held`, `journal/unwritable`: nothing was changed
 */
export async function remediate(
  settings: RunSettings,
  world: World,
  watcher: Watcher,
  stop: StopRequest,
): Promise<Verdict> {
  const connections = new Connections();
  const story = { settings, world, watcher, stop, connections };
  const plansFirst =
    settings.check || settings.planFirst || settings.approved || fleetTasks(settings.playbook, world).length > 0;
  try {
    const planned = plansFirst ? await plan(story) : NOTHING_PLANNED;
    return 'verdict' in planned ? planned.verdict : await carryOutPlan(story, planned);
  } finally {
    await connections.close();
  }
}

const NOTHING_PLANNED: Planned = { sites: [], footprints: new Map() };

/** The playbook in check mode: its plan where that is to be carried out, else how the whole ends. */
async function plan(story: Story): Promise<Planned | { readonly verdict: Verdict }> {
  const { settings, watcher, stop } = story;
  const { tally, sites } = await pass(story, { ...settings, check: true }, { hold: NOTHING_TO_HOLD });
  const guard = settings.approved && guardOf(settings, settings.approved, tally);
  watcher.planned(tally);
  const verdict = verdictOfPlan(tally);
  const interrupted = {
    ...verdict,
    kind: 'interrupted' as const,
    exitStatus: 130,
    line: 'Interrupted; nothing was changed.',
  };
  if (stop.asked) return { verdict: interrupted };
  if (settings.check || !goesOn(verdict, tally)) return { verdict };
  if (!(await watcher.approve(tally)))
    return { verdict: { ...verdict, kind: 'declined', exitStatus: 4, line: 'Not approved; nothing was changed.' } };
  return { sites, footprints: footprintsOf(tally), guard, interrupted };
}

const MOST_DIFFERENCES = 20;

/** Holds an approved plan against what would be done now. @throws FixError `plan/stale` */
function guardOf(settings: RunSettings, approved: PlanFile, tally: Tally): Run['planGuard'] {
  const { header } = settings;
  const now = planOf(tally, header, askedFor(settings, approved.salt), approved.salt);
  const found = differences(approved, now);
  if (found.length === 0) return planGuard(approved, header.id);
  const more = found.length > MOST_DIFFERENCES ? [`and ${found.length - MOST_DIFFERENCES} more`] : [];
  const listed = [...found.slice(0, MOST_DIFFERENCES), ...more].map((line) => `\n  - ${printableLine(line, 400)}`);
  throw new FixError('plan/stale', `the plan does not hold any more:${listed.join('')}`, {
    hint: 'Nothing was changed. Look at a new plan with `fix-flannel plan`.',
  });
}

/** Whether there is something to do. What a check does not run (a command) may be that, though no plan shows it. */
function goesOn({ kind }: Verdict, { notRun }: Tally): boolean {
  return kind === 'planned' || (notRun.size > 0 && (kind === 'sound' || kind === 'findings'));
}

/** In check mode nothing is changed, so nothing has to be held. */
const NOTHING_TO_HOLD: Hold = { assertHeld() {} };

function footprintsOf({ changes }: Tally): PlannedFootprints {
  return new Map([...changes].map(([host, planned]) => [host, byIdentity(planned)]));
}

function byIdentity(planned: readonly TalliedChange[]): Map<string, Footprint> {
  const footprints = new Map<string, Footprint>();
  for (const { actions, become } of planned) {
    const [key, footprint] = [identityKey(become), footprintOf(actions)];
    const known = footprints.get(key);
    if (footprint !== undefined) footprints.set(key, joinFootprints(known ? [known, footprint] : [footprint]));
  }
  return footprints;
}

/** The playbook for real, under the cluster's lock and with a journal. */
async function carryOutPlan(story: Story, { sites, footprints, guard, interrupted }: Planned): Promise<Verdict> {
  const { settings, world, watcher, stop } = story;
  const tell = (message: string) => watcher.event({ kind: 'warning', message }, 'apply');
  let hold: TakenHold;
  try {
    hold = await takeHold(sites, settings, world, stop, tell);
  } catch (error) {
    // A wait that was broken off is no failure.
    if (stop.asked && interrupted && error instanceof FixError && error.code === 'lock/held') return interrupted;
    throw error;
  }
  try {
    await openJournal(world, settings, sites);
    const { tally, end, run } = await pass(story, settings, { hold, planned: footprints, planGuard: guard });
    const verdict = verdictOfRun(tally, end, stop.asked);
    for (const line of guardsLeft(run)) tell(line);
    await closeJournal(world, run, end, tally, verdict).catch((error) => tell(inWords(error)));
    await releaseTargets(run);
    return verdict;
  } finally {
    await hold.release();
  }
}

async function pass(
  { world, watcher, stop, connections }: Story,
  settings: RunSettings,
  more: Pick<PassContext, 'hold' | 'planned' | 'planGuard'>,
) {
  const { tally, listen } = newTally();
  const phase = settings.check ? 'plan' : 'apply';
  const emit: Emit = (event) => {
    listen(event);
    watcher.event(event, phase);
  };
  const { end, run, error } = await runPlaybook(settings, world, { ...more, connections, emit, stop });
  if (error !== undefined) {
    // What was done before it broke is told, and the verdict says that it is not the whole.
    if (settings.check || tally.changes.size + tally.cutOff.size + tally.leasesDeleted.length === 0) {
      await releaseTargets(run);
      throw error;
    }
    emit({ kind: 'warning', message: inWords(error) });
  }
  return { tally, end, run, sites: [...run.sites.values()] };
}

function inWords(error: unknown): string {
  if (!(error instanceof FixError)) return messageOf(error);
  return `${error.at === undefined ? '' : `${error.at}: `}${error.message}. ${error.hint}`;
}
