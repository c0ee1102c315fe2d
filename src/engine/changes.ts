import { posix } from 'node:path';
import type { FileImage } from '../core/before-image.js';
import type { Connection } from '../core/connection.js';
import { FixError, messageOf } from '../core/error.js';
import { ask } from '../core/fact.js';
import { type Footprint, joinFootprints, NO_FOOTPRINT } from '../core/footprint.js';
import type { Action, ActionOutput } from '../core/module.js';
import { beforeImage } from '../facts/before-image.js';
import { identityKey } from '../journal/identity-key.js';
import type { HostEntry } from '../journal/record.js';
import { stepName } from '../playbook/play.js';
import { type Applier, apply } from './apply.js';
import { readAsks } from './gather.js';
import type { HostRun } from './host-run.js';
import type { Road, Run, World } from './run.js';
import { holdTarget } from './target-hold.js';
import type { PlacedTask } from './task-context.js';

/** One task's change on one host. */
export interface Change {
  readonly task: string;
  readonly module: string;
  /** `file:line:column` of the task. */
  readonly at: string;
  readonly why: string;
  readonly actions: readonly Action[];
  readonly road: Road;
  /** Undoes what was begun, so that a wish to stop does not stop it. */
  readonly undoing: boolean;
  /** What went wrong with it is not written down. */
  readonly noLog?: boolean;
}

/** A task's change as it is told: nothing of why where `no_log` hides it. */
export function changeOf(
  { task, frame }: PlacedTask,
  { why, actions }: Pick<Change, 'why' | 'actions'>,
  road: Road,
  noLog: boolean,
): Change {
  const told = noLog ? '(no_log)' : why;
  const place = { task: stepName(task), module: task.module, at: task.at };
  return { ...place, why: told, actions, road, undoing: frame.undoing, noLog };
}

/**
 * Carries out a change, with its trace in the journal: what stood there before the first change to it, that the step
 * begins, and how it ended. Nothing is done unless that could be written down and the locks are still ours.
 *
 * @throws FixError `lock/lost`, `journal/unwritable`, and what `apply` throws
 */
export async function carryOut(
  run: Run,
  host: HostRun,
  change: Change,
  applier: Applier,
): Promise<readonly ActionOutput[]> {
  const { actions } = change;
  if (actions.length === 0) return [];
  run.hold.assertHeld();
  run.planGuard?.change(host.name, change);
  const footprint = footprintOf(actions);
  const locked = await holdTarget(run, host, change.road, applier);
  await imageBefore(run, host, change, footprint, applier);
  const step = ++host.steps;
  const write = (entry: HostEntry) => run.world.journal.host(host.name, entry);
  const end = (outcome: 'done' | 'failed' | 'lost', why: string, after: readonly FileImage[]) =>
    write({ kind: 'end', at: timeOf(run), step, outcome, why, after });
  await write({ kind: 'begin', at: timeOf(run), step, ...inWords(change, footprint) });
  let outputs: readonly ActionOutput[];
  let after: readonly FileImage[];
  try {
    outputs = await act(run, change, locked);
    after = await imageAfter(run, footprint, applier).catch(unlessLost);
  } catch (error) {
    const outcome = isLost(error) ? 'lost' : 'failed';
    const left = isLost(error) ? [] : await imageAfter(run, footprint, applier).catch(() => []);
    // What went wrong on the host is the news; a journal that takes no more keeps the next change from being begun.
    await end(outcome, change.noLog ? '(no_log)' : messageOf(error), left).catch(() => {});
    throw error;
  }
  // It is done, whether or not that can be written down: the journal says that it began.
  await end('done', change.why, after).catch((error) => run.emit({ kind: 'warning', message: messageOf(error) }));
  return outputs;
}

async function act(run: Run, change: Change, applier: Applier): Promise<ActionOutput[]> {
  const outputs: ActionOutput[] = [];
  for (const action of change.actions) {
    if (run.stop.now && !change.undoing) throw stopped(change.at);
    run.hold.assertHeld();
    outputs.push(await apply(action, applier));
  }
  return outputs;
}

function isLost(error: unknown): boolean {
  return error instanceof FixError && error.code === 'ssh/lost';
}

/** A step is no less done where nobody can tell how it left its files. */
function unlessLost(error: unknown): readonly FileImage[] {
  if (isLost(error)) throw error;
  return [];
}

/** What actions touch; undefined where one of them does not say. */
export function footprintOf(actions: readonly Action[]): Footprint | undefined {
  const parts = actions.map(touchesOf);
  if (parts.includes(undefined)) return undefined;
  return joinFootprints(parts as Footprint[]);
}

function touchesOf(action: Action): Footprint | undefined {
  switch (action.kind) {
    case 'write':
      return { files: writtenPaths(action).map((path) => ({ path })), units: [] };
    case 'remove':
      return { files: [{ path: action.path }], units: [] };
    case 'wait':
    case 'save':
    case 'reconnect':
      return NO_FOOTPRINT;
    case 'run':
      return action.touches && { ...NO_FOOTPRINT, ...action.touches };
    default:
      return action satisfies never;
  }
}

function writtenPaths({ path, backup, makeFolder }: Extract<Action, { kind: 'write' }>): string[] {
  return [path, ...(backup === undefined ? [] : [backup]), ...(makeFolder ? [posix.dirname(path)] : [])];
}

/** What is known of a footprint of which a part does not say. */
function knownPart(actions: readonly Action[]): Footprint {
  return joinFootprints(actions.flatMap((action) => touchesOf(action) ?? []));
}

/** Writes down what stood there, of all that is planned for the host as this user and not written down yet. */
async function imageBefore(
  run: Run,
  host: HostRun,
  change: Change,
  footprint: Footprint | undefined,
  applier: Applier,
): Promise<void> {
  const identity = identityKey(change.road.become);
  const plans = run.planned.get(host.name);
  const planned = plans?.get(identity);
  const wanted = joinFootprints([footprint ?? knownPart(change.actions), ...(planned ? [planned] : [])]);
  const isNew = (name: string) => !host.imaged.has(`${identity} ${name}`);
  const files = wanted.files.filter(({ path }) => isNew(path));
  const units = wanted.units.filter((name) => isNew(name));
  if (host.note !== undefined) {
    await run.world.journal.host(host.name, { kind: 'note', at: timeOf(run), note: host.note });
    host.note = undefined;
  }
  if (files.length + units.length === 0) return;
  const image = await imageOf(run, { files: files.map(({ path }) => path), units, keepContent: true }, applier);
  await run.world.journal.host(host.name, {
    kind: 'before',
    at: timeOf(run),
    become: change.road.become,
    image,
    generated: files.filter((file) => file.generated).map(({ path }) => path),
  });
  for (const name of [...files.map(({ path }) => path), ...units]) host.imaged.add(`${identity} ${name}`);
  plans?.delete(identity);
}

async function imageAfter(run: Run, footprint: Footprint | undefined, applier: Applier): Promise<FileImage[]> {
  const files = (footprint?.files ?? []).filter((file) => !file.generated);
  if (files.length === 0) return [];
  const image = await imageOf(run, { files: files.map(({ path }) => path), units: [], keepContent: false }, applier);
  return [...image.files];
}

async function imageOf(
  run: Run,
  query: { files: string[]; units: readonly string[]; keepContent: boolean },
  { connection, timeoutMs }: { connection: Connection; timeoutMs: number },
) {
  const asks = { image: ask(beforeImage, { ...query, units: [...query.units] }) };
  const { image } = await readAsks(connection, asks, { nonce: run.world.nonce(), timeoutMs });
  if (image.state === 'present') return image.value;
  const why = image.state === 'absent' ? 'nothing was answered' : image.why;
  throw new FixError('host/unreadable', `what stands there now cannot be read, so it could not be undone: ${why}`, {
    hint: 'Nothing of this step was done.',
    at: connection.host,
  });
}

function inWords(change: Change, footprint: Footprint | undefined) {
  const restart = change.actions.find((action) => action.kind === 'run' && action.restart !== undefined);
  return {
    task: change.task,
    module: change.module,
    why: change.why,
    undoable: footprint !== undefined,
    files: footprint?.files.map(({ path }) => path),
    ...(change.noLog && { hidden: true }),
    ...(restart?.kind === 'run' && { restart: restart.restart }),
  };
}

/** The time now, as the journal has it. */
export function timeOf({ world }: { readonly world: Pick<World, 'now'> }): string {
  return new Date(world.now()).toISOString();
}

/** What fails a task once a stop at once was asked for. */
export function stopped(at: string): FixError {
  return new FixError('script/failed', 'stopped before this step, as asked', { hint: 'Run again to go on.', at });
}
