import { mapLimit } from '../core/concurrency.js';
import { FixError } from '../core/error.js';
import { ask } from '../core/fact.js';
import type { Fields } from '../core/module.js';
import { armedGuards, type Guard } from '../facts/armed-guards.js';
import type { TaskResult } from './events.js';
import { layersOf } from './frame.js';
import { readAsks } from './gather.js';
import type { HostGuard, HostRun } from './host-run.js';
import type { Road, Run } from './run.js';
import { type PlacedTask, roadOf } from './task-context.js';
import { scopeFor } from './variables.js';

/** Between two tries to reach a host that was cut off. */
const POLL_MS = 2000;
/** How long after its guard's time a host has to be there again. */
const GRACE_MS = 60_000;
/** How long putting itself back may take a host, once it can be reached and says that it is at it. */
const RESTORE_MS = 180_000;

/** A task's result on a host, or one that is known only once the host is there again. */
export type Settled = { readonly result: TaskResult } | { readonly host: HostRun; readonly later: Promise<TaskResult> };

/**
 * Looks after the hosts whose guard is armed: one that failed or was lost is not given up before its guard had its
 * time. The host is asked over a new connection what became of it:
 *
 * - it has put itself back: the task failed there, with `guard_fired` and `put_itself_back` in its result;
 * - it can be reached and its guard waits: a lost connection makes a failed task, so that its block's rescue runs;
 * - it cannot be reached: it is waited for, until a minute after its guard's time or until a stop at once is asked for.
 *   The others of its batch go on meanwhile: their guards were armed along with its own.
 */
export async function settleGuarded(run: Run, placed: PlacedTask, results: readonly TaskResult[]): Promise<Settled[]> {
  return mapLimit(results, run.settings.forks, async (result) => {
    const host = run.hosts.get(result.host) as HostRun;
    noteGuard(run, host, result.result);
    const { guard } = host;
    const down = result.status === 'failed' || result.status === 'unreachable';
    if (guard === undefined || !down || result.ignored) return { result };
    return settled(run, host, guard, roadFor(run, placed, host), result);
  });
}

/** In words: hosts whose run is over while they still have a guard. Those that nobody could reach were told of already. */
export function guardsLeft({ hosts, world }: Run): string[] {
  return [...hosts.values()].flatMap(({ name, guard, state }) => {
    if (guard === undefined || state === 'unreachable') return [];
    return [`${name} keeps its guard, which puts it back in at most ${Math.max(0, secondsTo(guard, world.now()))} s`];
  });
}

/** What a `commit_confirmed` says of its host. */
function noteGuard(run: Run, host: HostRun, { guard }: Fields): void {
  if (guard === null) host.guard = undefined;
  if (typeof guard !== 'object' || guard === null) return;
  const { folder, run: id, until_seconds: seconds } = guard as Fields;
  if (typeof folder !== 'string' || typeof id !== 'string' || typeof seconds !== 'number') return;
  host.guard = { folder, run: id, firesAtMs: run.world.now() + seconds * 1000 };
}

function roadFor(run: Run, { frame, hosts }: PlacedTask, host: HostRun): Road {
  try {
    return roadOf(frame, scopeFor(run, host, { ...layersOf(frame), hosts }));
  } catch {
    return { become: undefined, words: {} };
  }
}

/** `gone`: the host can be reached and knows of no guard (it was started afresh). */
type Found = Guard | 'gone' | 'out of reach';

async function settled(run: Run, host: HostRun, guard: HostGuard, road: Road, result: TaskResult): Promise<Settled> {
  const look = () => lookAt(run, host, guard, road);
  const found = await look();
  if (isSettled(found)) return { result: resultOf(host, found, result) };
  const later = waited(run, host, guard, look, found, result);
  // Whoever asks for it hears of an error; that may be after it came.
  later.catch(() => {});
  return { host, later };
}

async function waited(
  run: Run,
  host: HostRun,
  guard: HostGuard,
  look: () => Promise<Found>,
  first: Found,
  result: TaskResult,
): Promise<TaskResult> {
  let deadline = guard.firesAtMs + GRACE_MS;
  const told = new Set<string>();
  for (let found = first; ; found = await look()) {
    if (isSettled(found)) return resultOf(host, found, result);
    const now = run.world.now();
    const what = isRestoring(found) ? 'restoring' : 'out of reach';
    if (what === 'restoring' && !told.has(what)) deadline = Math.max(deadline, now + RESTORE_MS);
    if (!told.has(what)) run.emit({ kind: 'warning', message: waitingFor(host, found, guard, now, result) });
    told.add(what);
    if (run.stop.now || now >= deadline) return givenUp(run, host, guard, result);
    await run.world.sleep(POLL_MS);
  }
}

function isSettled(found: Found): found is Exclude<Found, 'out of reach'> {
  return found !== 'out of reach' && !isRestoring(found);
}

function isRestoring(found: Found): boolean {
  return typeof found === 'object' && found.state === 'restoring';
}

async function lookAt(run: Run, host: HostRun, guard: HostGuard, road: Road): Promise<Found> {
  try {
    const connection = await run.newConnection(host, road);
    try {
      const { guards } = await readAsks(
        connection,
        { guards: ask(armedGuards, { folder: guard.folder }) },
        { nonce: run.world.nonce(), timeoutMs: run.settings.scriptTimeoutMs },
      );
      if (guards.state === 'unreadable') return 'out of reach';
      const own = guards.state === 'present' ? guards.value.find((one) => one.run === guard.run) : undefined;
      return own ?? 'gone';
    } finally {
      await connection.close().catch(() => {});
    }
  } catch (error) {
    if (error instanceof FixError) return 'out of reach';
    throw error;
  }
}

function resultOf(host: HostRun, found: Exclude<Found, 'out of reach'>, result: TaskResult): TaskResult {
  const state = found === 'gone' ? found : found.state;
  switch (state) {
    case 'done':
      host.guard = undefined;
      return {
        ...failed(result, 'it was cut off by this step and put itself back', { put_itself_back: true }),
        cutOff: false,
      };
    case 'failed':
      host.guard = undefined;
      return failed(result, `it was cut off by this step and could not put itself back: ${(found as Guard).why}`, {
        put_itself_back: false,
      });
    default:
      if (state === 'gone') host.guard = undefined;
      if (result.status !== 'unreachable') return result;
      return failed(result, `the connection was lost in this step, and the host is there again (${result.why})`, {
        guard_fired: false,
      });
  }
}

function failed(result: TaskResult, why: string, fields: Fields): TaskResult {
  return {
    ...result,
    status: 'failed',
    why,
    hint: undefined,
    code: 'script/failed',
    result: {
      ...result.result,
      changed: false,
      failed: true,
      unreachable: false,
      msg: why,
      guard_fired: true,
      ...fields,
    },
  };
}

function waitingFor(host: HostRun, found: Found, guard: HostGuard, nowMs: number, result: TaskResult): string {
  if (found !== 'out of reach') return `${host.name} is putting itself back; waiting`;
  return `${host.name} ${whyLost(result)}; it puts itself back in at most ${secondsTo(guard, nowMs)} s; waiting`;
}

/** A host that answers, and lets nobody be the user that is needed, is not out of reach. */
function whyLost({ code }: TaskResult): string {
  return code?.startsWith('become/') ? 'lets us become nobody any more' : 'cannot be reached';
}

function givenUp(run: Run, host: HostRun, guard: HostGuard, result: TaskResult): TaskResult {
  const seconds = secondsTo(guard, run.world.now());
  const when = seconds > 0 ? `puts itself back in ${seconds} s` : `was told to put itself back ${-seconds} s ago`;
  run.emit({ kind: 'warning', message: `${host.name} ${whyLost(result)}, and nobody waits any longer; it ${when}` });
  const fields = { ...result.result, failed: false, unreachable: true };
  return { ...result, status: 'unreachable', code: result.code ?? 'ssh/lost', result: fields, cutOff: true };
}

function secondsTo(guard: HostGuard, nowMs: number): number {
  return Math.ceil((guard.firesAtMs - nowMs) / 1000);
}
