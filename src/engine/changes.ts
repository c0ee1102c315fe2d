import { posix } from 'node:path';
import type { BeforeImage, FileImage } from '../core/before-image.js';
import { FixError, messageOf } from '../core/error.js';
import { type Asks, ask, type Readings } from '../core/fact.js';
import { type Footprint, joinFootprints, NO_FOOTPRINT } from '../core/footprint.js';
import type { Action, ActionOutput } from '../core/module.js';
import { beforeImage } from '../facts/before-image.js';
import { identityKey } from '../journal/identity-key.js';
import type { HostEntry } from '../journal/record.js';
import { stepName } from '../playbook/play.js';
import { type Applier, apply, applyTogether, canGoTogether } from './apply.js';
import { readAsks, readingsOf, scriptOf } from './gather.js';
import type { HostRun } from './host-run.js';
import type { Road, Run, World } from './run.js';
import { holdTarget } from './target-hold.js';
import type { PlacedTask } from './task-context.js';
import type { Answer } from './together.js';

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
  const unimaged = unimagedOf(run, host, change, footprint);
  const look = asksBefore(unimaged);
  const { locked, said } = await holdTarget(run, host, change.road, applier, Object.values(look).map(scriptOf));
  const image = await imageFrom(run, look, said, applier);
  await writeBefore(run, host, change, unimaged, image);
  const step = ++host.steps;
  const write = (entry: HostEntry) => run.world.journal.host(host.name, entry);
  const end = (outcome: 'done' | 'failed' | 'lost', why: string, after: readonly FileImage[]) =>
    write({ kind: 'end', at: timeOf(run), step, outcome, why, after });
  await write({ kind: 'begin', at: timeOf(run), step, ...inWords(change, footprint) });
  let outputs: readonly ActionOutput[];
  let after: readonly FileImage[];
  try {
    ({ outputs, after } = await act(run, change, footprint, locked));
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

/** Carries out the actions of a change, and says how its files stand afterwards: in one exchange where that can be. */
async function act(run: Run, change: Change, footprint: Footprint | undefined, applier: Applier) {
  const outputs: ActionOutput[] = [];
  const asks = asksAfter(footprint);
  const groups = groupsOf(change.actions);
  for (const [index, group] of groups.entries()) {
    if (run.stop.now && !change.undoing) throw stopped(change.at);
    run.hold.assertHeld();
    const isLast = index === groups.length - 1;
    const tail = isLast ? Object.values(asks) : [];
    const [first] = group;
    if (first !== undefined && group.length + tail.length > 1 && canGoTogether(first)) {
      const { outputs: some, said } = await applyTogether(group, tail.map(scriptOf), applier);
      outputs.push(...some);
      const answers = new Map(Object.keys(asks).map((name, at) => [name, said[at] as Answer]));
      if (isLast) return { outputs, after: filesIn(readingsOf(asks, answers)) };
    } else for (const action of group) outputs.push(await apply(action, applier));
  }
  return { outputs, after: await imageAfter(run, footprint, applier).catch(unlessLost) };
}

/** Actions that follow each other and may share an exchange; those with a time of their own are by themselves. */
function groupsOf(actions: readonly Action[]): Action[][] {
  const groups: Action[][] = [];
  const isFree = (action: Action | undefined) =>
    action !== undefined && canGoTogether(action) && !(action.kind === 'run' && action.timeoutMs !== undefined);
  for (const action of actions) {
    const last = groups.at(-1);
    if (last !== undefined && isFree(last[0]) && isFree(action)) last.push(action);
    else groups.push([action]);
  }
  return groups;
}

function asksAfter(footprint: Footprint | undefined): Asks {
  const files = (footprint?.files ?? []).filter((file) => !file.generated).map(({ path }) => path);
  return files.length === 0 ? {} : { image: ask(beforeImage, { files, units: [], keepContent: false }) };
}

/** A step is no less done where nobody can tell how it left its files. */
function filesIn({ image }: Readings<Asks>): readonly FileImage[] {
  return image?.state === 'present' ? (image.value as BeforeImage).files : [];
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

/** What of a host has no image yet, and would be undone as this user. */
interface Unimaged extends Footprint {
  readonly identity: string;
}

/** What a change touches, and all that is planned for the host as this user, without what is written down already. */
function unimagedOf(run: Run, host: HostRun, change: Change, footprint: Footprint | undefined): Unimaged {
  const identity = identityKey(change.road.become);
  const planned = run.planned.get(host.name)?.get(identity);
  const wanted = joinFootprints([footprint ?? knownPart(change.actions), ...(planned ? [planned] : [])]);
  const isNew = (name: string) => !host.imaged.has(`${identity} ${name}`);
  const files = wanted.files.filter(({ path }) => isNew(path));
  return { identity, files, units: wanted.units.filter((name) => isNew(name)) };
}

function asksBefore({ files, units }: Unimaged): Asks {
  if (files.length + units.length === 0) return {};
  return { image: ask(beforeImage, { files: files.map(({ path }) => path), units: [...units], keepContent: true }) };
}

/** The image that was asked for along with the lock, or that is asked for now. @throws FixError `host/unreadable` */
async function imageFrom(
  run: Run,
  asks: Asks,
  said: readonly Answer[] | undefined,
  { connection, timeoutMs }: Applier,
): Promise<BeforeImage | undefined> {
  if (Object.keys(asks).length === 0) return undefined;
  const answers = new Map((said ?? []).map((answer, index) => [Object.keys(asks)[index] as string, answer]));
  const { image } =
    said === undefined
      ? await readAsks(connection, asks, { nonce: run.world.nonce(), timeoutMs })
      : readingsOf(asks, answers);
  if (image?.state === 'present') return image.value as BeforeImage;
  const why = image?.state === 'unreadable' ? image.why : 'nothing was answered';
  throw new FixError('host/unreadable', `what stands there now cannot be read, so it could not be undone: ${why}`, {
    hint: 'Nothing of this step was done.',
    at: connection.host,
  });
}

/** Writes down what stood there, before the first change to it. */
async function writeBefore(
  run: Run,
  host: HostRun,
  change: Change,
  { identity, files, units }: Unimaged,
  image: BeforeImage | undefined,
): Promise<void> {
  if (host.note !== undefined) {
    await run.world.journal.host(host.name, { kind: 'note', at: timeOf(run), note: host.note });
    host.note = undefined;
  }
  if (image === undefined) return;
  await run.world.journal.host(host.name, {
    kind: 'before',
    at: timeOf(run),
    become: change.road.become,
    image,
    generated: files.filter((file) => file.generated).map(({ path }) => path),
  });
  for (const name of [...files.map(({ path }) => path), ...units]) host.imaged.add(`${identity} ${name}`);
  run.planned.get(host.name)?.delete(identity);
}

async function imageAfter(
  run: Run,
  footprint: Footprint | undefined,
  { connection, timeoutMs }: Applier,
): Promise<readonly FileImage[]> {
  const asks = asksAfter(footprint);
  return filesIn(await readAsks(connection, asks, { nonce: run.world.nonce(), timeoutMs }));
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
