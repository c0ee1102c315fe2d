import type { Fields, Module } from '../core/module.js';
import type { TaskStep, Variables } from '../playbook/play.js';
import { renderDeep, type Scope } from '../template/index.js';
import type { TaskResult } from './events.js';
import { layersOf } from './frame.js';
import type { HostRun } from './host-run.js';
import { polled, startJob } from './jobs.js';
import { extendedOf, itemsOf, itemVariables, summaryOf } from './loop.js';
import type { Run } from './run.js';
import type { PlacedTask } from './task-context.js';
import { type ItemResult, skipped, troubleOf } from './task-outcome.js';
import { tryTask } from './try-task.js';
import { allHold, ignores, isNoLog, numberOf, scopeFor } from './variables.js';

/** Runs a task on one host: its condition, its loop, its retries. It never throws; what goes wrong is the result. */
export async function runTask(run: Run, placed: PlacedTask, module: Module, host: HostRun): Promise<TaskResult> {
  const scope = scopeFor(run, host, { ...layersOf(placed.frame), hosts: placed.hosts });
  const noLog = isNoLog(placed.frame.noLog, scope);
  try {
    const result = placed.task.loop
      ? await runLoop(run, placed, module, host, scope)
      : await runOnce(run, placed, module, host, {});
    return { ...result, host: host.name, ignored: isIgnored(placed, scope, result), noLog };
  } catch (error) {
    const trouble = troubleOf(error);
    return { ...trouble, host: host.name, ignored: isIgnored(placed, scope, trouble), noLog };
  }
}

/** Whether the playbook says to go on after this. */
function isIgnored({ frame }: PlacedTask, scope: Scope, { status }: Pick<ItemResult, 'status'>): boolean {
  if (status === 'unreachable') return ignores(frame.ignoreUnreachable, scope);
  return status === 'failed' && ignores(frame.ignoreErrors, scope);
}

async function runLoop(run: Run, placed: PlacedTask, module: Module, host: HostRun, scope: Scope): Promise<ItemResult> {
  const loop = placed.task.loop as NonNullable<TaskStep['loop']>;
  // A task whose condition does not need its items is skipped before the list is looked at, as with Ansible.
  let items: readonly unknown[];
  try {
    items = itemsOf(loop, scope, placed.task.at);
  } catch (error) {
    if (conditionFails(placed, scope)) return skipped();
    throw error;
  }
  const results: ItemResult[] = [];
  const extended = extendedOf(loop, scope);
  for (const index of items.keys()) {
    const { vars, told } = itemVariables(loop, items, index, extended);
    const itemScope = scopeFor(run, host, { ...layersOf(placed.frame), hosts: placed.hosts, loop: vars });
    const one = await runOnce(run, placed, module, host, vars).catch(troubleOf);
    const label = loop.label === undefined ? items[index] : renderDeep(loop.label, itemScope);
    results.push({ ...one, label, result: { ...one.result, ...told } });
    if (one.status === 'unreachable' || run.stop.now) break;
    if (loop.breakWhen.length > 0 && allHold(loop.breakWhen, itemScope)) break;
    const pause = numberOf(loop.pause, scope, 0);
    if (pause > 0 && index < items.length - 1) await run.world.sleep(pause * 1000);
  }
  return summaryOf(results);
}

function conditionFails(placed: PlacedTask, scope: Scope): boolean {
  try {
    return !allHold(placed.frame.when, scope);
  } catch {
    return false;
  }
}

/** Tries an item until its `until` holds. */
async function runOnce(
  run: Run,
  placed: PlacedTask,
  module: Module,
  host: HostRun,
  loop: Variables,
): Promise<ItemResult> {
  const { task, frame, hosts } = placed;
  const scopeWith = (more: Variables) => scopeFor(run, host, { ...layersOf(frame), hosts, loop: { ...loop, ...more } });
  const scope = scopeWith({});
  if (!allHold(frame.when, scope)) return skipped();
  const seconds = numberOf(task.async, scope, 0);
  if (seconds > 0 && numberOf(task.poll, scope, DEFAULT_POLL_SECONDS) === 0 && !run.settings.check) {
    const started = startJob(run, host, seconds, (own) => tryTask(run, placed, module, host, scope, own));
    return judged(started, task, scopeWith);
  }
  const tries = triesOf(task, scope);
  for (let attempt = 1; ; attempt++) {
    const tried = await tryTask(run, placed, module, host, scope).catch(troubleOf);
    const one = judged(seconds > 0 ? polled(tried, seconds) : tried, task, scopeWith);
    if (task.until.length === 0 || one.status === 'unreachable' || one.status === 'skipped') return one;
    const result = { ...one.result, attempts: attempt };
    if (allHold(task.until, scopeWith(registered(task, result)))) return { ...one, result };
    if (attempt >= tries || run.stop.now) {
      const failed = { ...result, attempts: Math.max(1, attempt - 1), failed: true };
      return { ...one, status: 'failed', why: `not so after ${attempt} tries: ${one.why}`, result: failed };
    }
    run.emit({ kind: 'retry', host: host.name, task: task.name ?? task.module, left: tries - attempt });
    await run.world.sleep(numberOf(task.delay, scope, 5) * 1000);
  }
}

/** Ansible's own: seconds between two looks at what goes on by itself. */
const DEFAULT_POLL_SECONDS = 15;

/** As Ansible 2.14 counts: one try more than `retries`, and three where it is not written. */
function triesOf({ until, retries }: TaskStep, scope: Scope): number {
  if (until.length === 0) return 1;
  if (retries === undefined || retries === null) return 3;
  return Math.max(0, numberOf(retries, scope, 3)) + 1;
}

function registered(task: TaskStep, result: Fields): Variables {
  return { ...(task.register && { [task.register]: result }), ...result };
}

/** What `changed_when` and `failed_when` make of a result. One that cannot be evaluated fails it, and tells why. */
function judged(one: ItemResult, task: TaskStep, scopeWith: (more: Variables) => Scope): ItemResult {
  if (one.status === 'skipped' || one.status === 'unreachable') return one;
  if (task.changedWhen.length === 0 && task.failedWhen.length === 0) return one;
  let { result } = one;
  let word = 'changed';
  const verdictOf = (conditions: readonly string[]) => allHold(conditions, scopeWith(registered(task, result)));
  try {
    if (task.changedWhen.length > 0) result = { ...result, changed: verdictOf(task.changedWhen) };
    word = 'failed';
    if (task.failedWhen.length > 0) {
      const failed = verdictOf(task.failedWhen);
      result = { ...result, failed, failed_when_result: failed };
    }
  } catch (error) {
    const trouble = troubleOf(error);
    const told = { ...result, failed: true, [`${word}_when_result`]: trouble.why };
    return { ...one, status: 'failed', why: trouble.why, hint: trouble.hint, code: trouble.code, result: told };
  }
  const failed = task.failedWhen.length > 0 ? result.failed === true : one.status === 'failed';
  return {
    ...one,
    status: failed ? 'failed' : result.changed === true ? 'changed' : 'ok',
    result: { ...result, failed },
  };
}
