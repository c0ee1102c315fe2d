import { FixError } from '../core/error.js';
import type { Fields, Module } from '../core/module.js';
import type { TaskStep, Variables } from '../playbook/play.js';
import { renderDeep, type Scope } from '../template/index.js';
import { carryOut, changeOf } from './changes.js';
import type { TaskResult } from './events.js';
import { layersOf } from './frame.js';
import { readAsks } from './gather.js';
import type { HostRun } from './host-run.js';
import type { Run } from './run.js';
import { parseArguments } from './task-arguments.js';
import { becomeOf, contextOf, type PlacedTask, withEnvironment } from './task-context.js';
import { concludeOutcome, type ItemResult, skipped, troubleOf } from './task-outcome.js';
import { allHold, flagOf, isNoLog, numberOf, scopeFor } from './variables.js';

/** Runs a task on one host: its condition, its loop, its retries. It never throws; what goes wrong is the result. */
export async function runTask(run: Run, placed: PlacedTask, module: Module, host: HostRun): Promise<TaskResult> {
  const scope = scopeFor(run, host, { ...layersOf(placed.frame), hosts: placed.hosts });
  const noLog = isNoLog(placed.frame.noLog, scope);
  try {
    const result = placed.task.loop
      ? await runLoop(run, placed, module, host, scope)
      : await runOnce(run, placed, module, host, {});
    return { ...result, host: host.name, ignored: isIgnored(placed, scope, result.status), noLog };
  } catch (error) {
    const trouble = troubleOf(error);
    return { ...trouble, host: host.name, ignored: isIgnored(placed, scope, trouble.status, false), noLog };
  }
}

/** Whether the playbook says to go on after this. @param errors whether `ignore_errors` is asked too */
function isIgnored({ frame }: PlacedTask, scope: Scope, status: TaskResult['status'], errors = true): boolean {
  try {
    if (status === 'unreachable') return flagOf(frame.ignoreUnreachable, scope) === true;
    return errors && status === 'failed' && flagOf(frame.ignoreErrors, scope) === true;
  } catch {
    return false;
  }
}

async function runLoop(run: Run, placed: PlacedTask, module: Module, host: HostRun, scope: Scope): Promise<ItemResult> {
  const loop = placed.task.loop as NonNullable<TaskStep['loop']>;
  // A task whose condition does not need its items is skipped before the list is looked at, as with Ansible.
  let items: unknown;
  try {
    items = renderDeep(loop.over, scope);
  } catch (error) {
    if (conditionFails(placed, scope)) return skipped('its condition is false');
    throw error;
  }
  if (!Array.isArray(items)) {
    throw new FixError('playbook/invalid', `the loop's value is no list but ${JSON.stringify(items)?.slice(0, 80)}`, {
      hint: 'Give `loop` a list; `| list` makes one.',
      at: placed.task.at,
    });
  }
  const list = loop.flatten ? items.flat(1) : items;
  const results: ItemResult[] = [];
  for (const [index, item] of list.entries()) {
    const vars = {
      [loop.loopVar]: item,
      ansible_loop_var: loop.loopVar,
      ...(loop.indexVar && { [loop.indexVar]: index }),
    };
    const one = await runOnce(run, placed, module, host, vars).catch(troubleOf);
    results.push({ ...one, result: { ...one.result, [loop.loopVar]: item, ansible_loop_var: loop.loopVar } });
    if (one.status === 'unreachable') break;
    const pause = numberOf(loop.pause, scope, 0);
    if (pause > 0 && index < list.length - 1) await run.world.sleep(pause * 1000);
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

function summaryOf(results: readonly ItemResult[]): ItemResult {
  const bad = results.find((one) => one.status === 'unreachable') ?? results.find((one) => one.status === 'failed');
  const changed = results.some((one) => one.result.changed === true);
  const allSkipped = results.length === 0 || results.every((one) => one.status === 'skipped');
  const status = bad ? bad.status : allSkipped ? 'skipped' : changed ? 'changed' : 'ok';
  const reasons = results.filter((one) => one.status === (bad ? bad.status : 'changed')).map((one) => one.why);
  return {
    status,
    why:
      [...new Set(reasons)].join('; ') ||
      (allSkipped ? 'no items, or none that its condition takes' : 'nothing to change'),
    hint: bad?.hint,
    code: bad?.code,
    result: {
      results: results.map((one) => one.result),
      changed,
      failed: bad?.status === 'failed',
      ...(allSkipped && { skipped: true }),
      msg: bad ? 'One or more items failed' : allSkipped ? 'All items skipped' : 'All items completed',
    },
    diff: results.flatMap((one) => one.diff),
    actions: results.flatMap((one) => one.actions ?? []),
    become: results.find((one) => one.become !== undefined)?.become,
  };
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
  if (!allHold(frame.when, scope)) return skipped('its condition is false');
  const tries = task.until.length > 0 ? numberOf(task.retries, scope, 3) + 1 : 1;
  for (let attempt = 1; ; attempt++) {
    const one = judged(await tryOnce(run, placed, module, host, scope).catch(troubleOf), task, scopeWith);
    if (task.until.length === 0 || one.status === 'unreachable' || one.status === 'skipped') return one;
    const result = { ...one.result, attempts: attempt };
    if (allHold(task.until, scopeWith(registered(task, result)))) return { ...one, result };
    if (attempt >= tries || run.stop.now) {
      const failed = { ...result, failed: true };
      return { ...one, status: 'failed', why: `not so after ${attempt} tries: ${one.why}`, result: failed };
    }
    await run.world.sleep(numberOf(task.delay, scope, 5) * 1000);
  }
}

function registered(task: TaskStep, result: Fields): Variables {
  return { ...(task.register && { [task.register]: result }), ...result };
}

/** What `changed_when` and `failed_when` make of a result. */
function judged(one: ItemResult, task: TaskStep, scopeWith: (more: Variables) => Scope): ItemResult {
  if (one.status === 'skipped' || one.status === 'unreachable') return one;
  if (task.changedWhen.length === 0 && task.failedWhen.length === 0) return one;
  const scope = scopeWith(registered(task, one.result));
  const failed = task.failedWhen.length > 0 ? allHold(task.failedWhen, scope) : one.status === 'failed';
  const changed = task.changedWhen.length > 0 ? allHold(task.changedWhen, scope) : one.result.changed === true;
  const status = failed ? 'failed' : changed ? 'changed' : 'ok';
  const result: Fields = {
    ...one.result,
    changed,
    failed,
    ...(task.failedWhen.length > 0 && { failed_when_result: failed }),
  };
  return { ...one, status, result };
}

async function tryOnce(run: Run, placed: PlacedTask, module: Module, host: HostRun, scope: Scope): Promise<ItemResult> {
  const context = contextOf(run, placed, host, scope);
  const args = parseArguments(module, placed.task.args, placed.task.at, (value) => renderDeep(value, scope));
  const limit = numberOf(placed.frame.timeout, scope, 0);
  const limitMs = limit > 0 ? limit * 1000 : undefined;
  const timeoutMs = limitMs ?? run.settings.scriptTimeoutMs;
  // A module that asks nothing and does nothing needs no connection.
  const become = becomeOf(placed.frame, scope);
  const connection = () => run.connectionOf(host, become);
  const asks = module.needs?.(args, context) ?? {};
  const readings =
    Object.keys(asks).length === 0
      ? {}
      : await readAsks(await connection(), asks, { nonce: run.world.nonce(), timeoutMs });
  const outcome = module.plan(args, readings, context);
  const result = await concludeOutcome(outcome, context.check, host, run, async (planned) => {
    const environment = renderDeep(placed.frame.environment, scope);
    const applier = {
      connection: withEnvironment(await connection(), environment),
      newConnection: async () => withEnvironment(await run.newConnection(host, become), environment),
      nonce: run.world.nonce,
      timeoutMs,
      limitMs,
      sleep: run.world.sleep,
    };
    const noLog = isNoLog(placed.frame.noLog, scope);
    return carryOut(run, host, changeOf(placed, planned, become, noLog), applier);
  });
  return { ...result, become };
}
