import { dirname, isAbsolute, join } from 'node:path';
import type { Connection } from '../core/connection.js';
import { FixError, messageOf } from '../core/error.js';
import type { ActionOutput, Fields, Module, Outcome, TaskContext } from '../core/module.js';
import { joinScripts, sh } from '../core/script.js';
import type { TaskStep, Variables } from '../playbook/play.js';
import { renderDeep, renderText, type Scope } from '../template/index.js';
import { apply } from './apply.js';
import type { TaskResult } from './events.js';
import type { Frame } from './frame.js';
import { readAsks } from './gather.js';
import type { HostRun } from './host-run.js';
import type { Become, Run } from './run.js';
import { parseArguments } from './task-arguments.js';
import { allHold, flagOf, isTrue, numberOf, type PlayHosts, scopeFor } from './variables.js';

/** One task in its place: its play's hosts, and what it has from around it. */
export interface PlacedTask {
  readonly task: TaskStep;
  readonly frame: Frame;
  readonly hosts: PlayHosts;
}

/** Runs a task on one host: its condition, its loop, its retries. It never throws; what goes wrong is the result. */
export async function runTask(run: Run, placed: PlacedTask, module: Module, host: HostRun): Promise<TaskResult> {
  const scope = scopeFor(run, host, { play: placed.frame.vars, hosts: placed.hosts });
  const noLog = isTrue(placed.frame.noLog);
  try {
    const result = placed.task.loop
      ? await runLoop(run, placed, module, host, scope)
      : await runOnce(run, placed, module, host, {});
    const ignored = result.status === 'failed' && flagOf(placed.frame.ignoreErrors, scope) === true;
    return { ...result, host: host.name, ignored, noLog };
  } catch (error) {
    return { ...troubleOf(error), host: host.name, ignored: false, noLog };
  }
}

type ItemResult = Omit<TaskResult, 'host' | 'ignored' | 'noLog'>;

const UNREACHABLE = /^(ssh|become)\//;

/** What an error makes of a task. */
export function troubleOf(error: unknown): ItemResult {
  const unreachable = error instanceof FixError && UNREACHABLE.test(error.code);
  const why = messageOf(error);
  return {
    status: unreachable ? 'unreachable' : 'failed',
    why,
    hint: error instanceof FixError ? error.hint : undefined,
    code: error instanceof FixError ? error.code : undefined,
    result: { changed: false, failed: !unreachable, unreachable, msg: why },
    diff: [],
  };
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
  };
}

function skipped(why: string, fields: Fields = {}): ItemResult {
  return { status: 'skipped', why, result: { changed: false, skipped: true, msg: why, ...fields }, diff: [] };
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
  const scopeWith = (more: Variables) => scopeFor(run, host, { play: frame.vars, hosts, loop: { ...loop, ...more } });
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
  const args = parseArguments(module, renderDeep(placed.task.args, scope), placed.task.at);
  const limit = numberOf(placed.frame.timeout, scope, 0);
  const limitMs = limit > 0 ? limit * 1000 : undefined;
  const timeoutMs = limitMs ?? run.settings.scriptTimeoutMs;
  // A module that asks nothing and does nothing needs no connection.
  const connection = () => run.connectionOf(host, becomeOf(placed.frame, scope));
  const asks = module.needs?.(args, context) ?? {};
  const readings =
    Object.keys(asks).length === 0
      ? {}
      : await readAsks(await connection(), asks, { nonce: run.world.nonce(), timeoutMs });
  const outcome = module.plan(args, readings, context);
  return concludeOutcome(outcome, context.check, host, run, async (actions) => {
    const applier = {
      connection: withEnvironment(await connection(), renderDeep(placed.frame.environment, scope)),
      nonce: run.world.nonce,
      timeoutMs,
      limitMs,
      sleep: run.world.sleep,
    };
    const outputs: ActionOutput[] = [];
    for (const action of actions) {
      if (run.stop.now && !placed.frame.undoing) throw stopped(placed.task.at);
      outputs.push(await apply(action, applier));
    }
    return outputs;
  });
}

function stopped(at: string): FixError {
  return new FixError('script/failed', 'stopped before this step, as asked', { hint: 'Run again to go on.', at });
}

type Act = (actions: Extract<Outcome, { kind: 'change' }>['actions']) => Promise<readonly ActionOutput[]>;

/** Makes a result of an outcome: acts where it is a change and this is no check. */
export async function concludeOutcome(
  outcome: Outcome,
  check: boolean,
  host: HostRun,
  run: Run,
  act: Act,
): Promise<ItemResult> {
  switch (outcome.kind) {
    case 'skip':
      return skipped(outcome.why, outcome.result);
    case 'refuse':
    case 'fail': {
      const refused = outcome.kind === 'refuse';
      const result = { msg: outcome.why, ...outcome.result, changed: false, failed: true, refused };
      return { status: 'failed', why: outcome.why, hint: outcome.hint, result, diff: [] };
    }
    case 'unchanged': {
      Object.assign(host.facts, outcome.facts);
      for (const group of outcome.groups ?? []) joinGroup(run, host, group);
      const result = { changed: false, failed: false, msg: outcome.why, ...outcome.result };
      return { status: 'ok', why: outcome.why, result, diff: [] };
    }
    case 'change': {
      let outputs: readonly ActionOutput[] | undefined;
      try {
        if (!check) {
          run.memory.clear();
          outputs = await act(outcome.actions);
        }
      } catch (error) {
        // What was planned is told too: whoever undoes it needs to know how far it may have come.
        const trouble = troubleOf(error);
        return { ...trouble, result: { ...outcome.result, ...trouble.result } };
      }
      Object.assign(host.facts, outcome.facts);
      const known = { changed: true, failed: false, msg: outcome.why, ...outcome.result };
      const result: Fields = { ...known, ...(outputs && outcome.conclude?.(outputs)) };
      const status = result.failed === true ? 'failed' : result.changed === false ? 'ok' : 'changed';
      const why = status === 'failed' ? String(result.msg) : outcome.why;
      return { status, why, result, diff: outcome.diff ?? [] };
    }
    default:
      return outcome satisfies never;
  }
}

function joinGroup(run: Run, host: HostRun, group: string): void {
  host.joined.add(group);
  const members = run.groups[group] ?? [];
  if (!members.includes(host.name)) run.groups[group] = [...members, host.name];
}

/** What a module may know of its task. */
export function contextOf(run: Run, { task, frame }: PlacedTask, host: HostRun, scope: Scope): TaskContext {
  const folder = dirname(run.settings.playbook.file);
  return {
    host: host.name,
    check: flagOf(frame.checkMode, scope) ?? run.settings.check,
    vars: varsProxy(scope),
    readFile: (path, kind) => readFirst(run, path, [join(folder, kind), folder], task.at),
    render: (text) => renderText(text, scope),
  };
}

function varsProxy(scope: Scope): Fields {
  return new Proxy({} as Fields, {
    get: (_, name) => (typeof name === 'string' && scope.has(name) ? renderDeep(scope.get(name), scope) : undefined),
    has: (_, name) => typeof name === 'string' && scope.has(name),
  });
}

function readFirst(run: Run, path: string, folders: readonly string[], at: string): Buffer {
  const places = isAbsolute(path) ? [path] : folders.map((folder) => join(folder, path));
  for (const place of places) {
    try {
      return run.world.readFile(place);
    } catch {
      // The next place may have it.
    }
  }
  throw new FixError('file/missing', `no file ${path} on this machine`, {
    hint: `Looked at ${places.join(', ')}.`,
    at,
  });
}

/** Who the task runs as; a host's `ansible_become` variables win over the playbook's keywords, as with Ansible. */
export function becomeOf(frame: Frame, scope: Scope): Become | undefined {
  const either = (variable: string, keyword: unknown) =>
    scope.has(variable)
      ? renderDeep(scope.get(variable), scope)
      : keyword === undefined
        ? undefined
        : renderDeep(keyword, scope);
  if (!isTrue(either('ansible_become', frame.become))) return undefined;
  return {
    method: String(either('ansible_become_method', frame.becomeMethod) ?? 'sudo'),
    user: String(either('ansible_become_user', frame.becomeUser) ?? 'root'),
  };
}

function withEnvironment(connection: Connection, environment: unknown): Connection {
  if (typeof environment !== 'object' || environment === null) return connection;
  const exports = Object.entries(environment).map(([name, value]) => {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      throw new FixError('playbook/invalid', `${JSON.stringify(name)} is no name for an environment variable`, {
        hint: 'Letters, digits and underscores.',
      });
    }
    return sh`export ${`${name}=${String(value)}`}`;
  });
  return {
    ...connection,
    host: connection.host,
    run: (script, options) => connection.run(joinScripts([...exports, script]), options),
    tunnel: (host, port) => connection.tunnel(host, port),
    close: () => connection.close(),
  };
}
