import { mapLimit } from '../core/concurrency.js';
import { FixError } from '../core/error.js';
import type { Module } from '../core/module.js';
import type { FleetModule } from '../modules/fleet-module.js';
import {
  type BlockStep,
  type Handler,
  type IncludeStep,
  type Step,
  stepName,
  type TaskStep,
} from '../playbook/play.js';
import { isMapping } from '../playbook/read-keywords.js';
import { renderDeep } from '../template/index.js';
import { type BatchRun, failedOf } from './batch-run.js';
import type { TaskResult } from './events.js';
import { runFleetTask } from './fleet-task.js';
import { type Frame, innerFrame, layersOf } from './frame.js';
import { type Settled, settleGuarded } from './guarded-host.js';
import { notify, runHandlers } from './handlers.js';
import { type HostRun, isWorking } from './host-run.js';
import { runMeta } from './meta.js';
import type { Run } from './run.js';
import { runInclude } from './run-include.js';
import { runTask } from './run-task.js';
import { runsWithTags } from './tags.js';
import type { PlacedTask } from './task-context.js';
import { flagOf, type Layers, numberOf, scopeFor } from './variables.js';

/**
 * Runs steps in lockstep: each on all of the hosts before the next begins. A host that fails takes no further step.
 * @returns the hosts that failed here (not the unreachable ones: nothing more can be done about those), and those that
 *   are waited for
 */
export async function runSteps(
  run: Run,
  batch: BatchRun,
  steps: readonly Step[],
  outer: Frame,
  hosts: readonly HostRun[],
): Promise<HostRun[]> {
  const failed = new Set<HostRun>();
  for (const step of steps) {
    const working = hosts.filter((host) => isWorking(host) && !failed.has(host));
    if (working.length === 0 || batch.over) break;
    for (const host of await runStep(run, batch, step, outer, working)) failed.add(host);
  }
  return [...failed];
}

function runStep(run: Run, batch: BatchRun, step: Step, outer: Frame, hosts: readonly HostRun[]): Promise<HostRun[]> {
  switch (step.kind) {
    case 'block':
      return runBlock(run, batch, step, innerFrame(outer, step), hosts);
    case 'task':
      return runOne(run, batch, step, innerFrame(outer, step), hosts);
    case 'include':
      return includeFor(run, batch, step, outer, hosts);
    default:
      return step satisfies never;
  }
}

async function includeFor(
  run: Run,
  batch: BatchRun,
  step: IncludeStep,
  outer: Frame,
  hosts: readonly HostRun[],
): Promise<HostRun[]> {
  const frame = innerFrame(outer, step);
  if (!runsWithTags(frame.tags, run.settings)) return [];
  const module = step.what === 'tasks' ? 'include_tasks' : 'include_role';
  const title = titleOf(run, step, { ...layersOf(frame), hosts: batch.hosts }, hosts[0] as HostRun);
  run.emit({ kind: 'task', task: title, module, at: step.at, handler: false });
  return runInclude(run, batch, step, outer, hosts, {
    tell(result) {
      const host = run.hosts.get(result.host) as HostRun;
      const isLost = record(batch, { ...step, module }, host, result);
      run.emit({ kind: 'result', task: title, module, at: step.at, of: result });
      return isLost;
    },
    runSteps: (steps, inside, going) => runSteps(run, batch, steps, inside, going),
  });
}

async function runBlock(
  run: Run,
  batch: BatchRun,
  step: BlockStep,
  frame: Frame,
  all: readonly HostRun[],
): Promise<HostRun[]> {
  const { whole } = step;
  // A role that is used again with the same words is run once on each host.
  const hosts = whole === undefined || whole.allowsDuplicates ? all : all.filter(({ roles }) => !roles.done.has(whole));
  if (hosts.length === 0) return [];
  let failed = await runSteps(run, batch, step.block, frame, hosts);
  if (whole !== undefined) for (const { roles } of hosts) if (roles.begun.has(whole)) roles.done.add(whole);
  if (step.rescue.length + step.always.length > 0) failed = await failedOf(batch, failed);
  if (failed.length > 0 && step.rescue.length > 0) {
    const over = batch.over;
    batch.over = false;
    // As Ansible counts: a failure that a rescue takes up is none, whatever becomes of the rescue.
    for (const { counts } of failed) {
      counts.failed--;
      counts.rescued++;
    }
    const lost = await failedOf(batch, await runSteps(run, batch, step.rescue, { ...frame, undoing: true }, failed));
    batch.over ||= over && lost.length > 0;
    for (const host of failed.filter((one) => !lost.includes(one) && one.state === 'working')) {
      host.trouble = undefined;
      batch.fallen.delete(host.name);
      run.emit({ kind: 'rescued', host: host.name });
    }
    failed = lost;
  }
  const last = await runAlways(run, batch, step, frame, hosts);
  return [...new Set([...failed, ...last])];
}

async function runAlways(run: Run, batch: BatchRun, step: BlockStep, frame: Frame, hosts: readonly HostRun[]) {
  if (step.always.length === 0) return [];
  const over = batch.over;
  batch.over = false;
  const failed = await runSteps(run, batch, step.always, { ...frame, undoing: true }, hosts);
  batch.over ||= over;
  return failed;
}

async function runOne(
  run: Run,
  batch: BatchRun,
  task: TaskStep,
  frame: Frame,
  hosts: readonly HostRun[],
): Promise<HostRun[]> {
  if (!runsWithTags(frame.tags, run.settings)) return [];
  const { wanted } = run.settings;
  if (wanted !== undefined && task.module !== 'meta') {
    const title = titleOf(run, task, { ...layersOf(frame), hosts: batch.hosts }, hosts[0] as HostRun);
    if (!(await wanted(title))) return [];
  }
  return runTaskOn(run, batch, { task, frame, hosts: batch.hosts }, hosts, false);
}

/** Runs one task on the hosts, tells what came of it, and remembers it. */
export async function runTaskOn(
  run: Run,
  batch: BatchRun,
  placed: PlacedTask,
  hosts: readonly HostRun[],
  handler: boolean,
): Promise<HostRun[]> {
  const { task, frame } = placed;
  if (task.module === 'meta') {
    const flush = () => flushHandlers(run, batch, { ...frame, when: [] }, false, (host) => hosts.includes(host));
    return runMeta(run, batch, placed, hosts, flush);
  }
  const name = titleOf(run, task, { ...layersOf(frame), hosts: placed.hosts }, hosts[0] as HostRun);
  run.emit({ kind: 'task', task: name, module: task.module, at: task.at, handler });
  const results = await settleGuarded(run, placed, await resultsOf(run, placed, hosts));
  const tell = (result: TaskResult) => {
    const host = run.hosts.get(result.host) as HostRun;
    const wantedHandlers = result.status === 'changed' ? handlersFor(run, placed, host) : [];
    for (const handler of wantedHandlers) run.emit({ kind: 'notified', host: host.name, handler });
    const isLost = record(batch, task, host, result, wantedHandlers);
    run.emit({ kind: 'result', task: name, module: task.module, at: task.at, of: result });
    return isLost;
  };
  const failed: HostRun[] = [];
  for (const one of results) {
    if ('later' in one) {
      failed.push(one.host);
      batch.waitedFor.set(one.host, async () => tell(await one.later));
    } else if (tell(one.result)) failed.push(run.hosts.get(one.result.host) as HostRun);
  }
  const scope = scopeOfFirst(run, placed, hosts[0] as HostRun);
  const fatal = flagOf(frame.anyErrorsFatal, scope) || flagOf(frame.runOnce, scope);
  for (const one of results) if (isFatal(one)) batch.fallen.add('later' in one ? one.host.name : one.result.host);
  if ((100 * batch.fallen.size) / batch.hosts.batch.length > batch.mostFailedPercent) {
    batch.over = true;
    return hosts.filter(isWorking);
  }
  if (fatal && results.some(isFatal)) {
    batch.over = true;
    // The others fall with it, as with Ansible: the rescue of their block undoes what they had begun.
    return hosts.filter(isWorking);
  }
  return failed;
}

/** The handlers that a change of a task wants, with what is a template in their names rendered for the host. */
function handlersFor(run: Run, { frame, hosts }: PlacedTask, host: HostRun): string[] {
  const scope = scopeFor(run, host, { ...layersOf(frame), hosts });
  return frame.notify.map((name) => {
    try {
      return String(renderDeep(name, scope));
    } catch {
      return name;
    }
  });
}

function isFatal(one: Settled): boolean {
  if ('later' in one) return true;
  const { status, ignored } = one.result;
  return (status === 'unreachable' || status === 'failed') && !ignored;
}

function scopeOfFirst(run: Run, { frame, hosts }: PlacedTask, host: HostRun) {
  return scopeFor(run, host, { ...layersOf(frame), hosts });
}

/** A task of a role is told with the role's name before its own, as with Ansible. */
function titleOf(run: Run, step: TaskStep | IncludeStep, layers: Layers, first: HostRun): string {
  const title = step.role === undefined ? stepName(step) : `${step.role.name} : ${stepName(step)}`;
  try {
    return String(renderDeep(title, scopeFor(run, first, layers)));
  } catch {
    return title;
  }
}

async function resultsOf(run: Run, placed: PlacedTask, hosts: readonly HostRun[]): Promise<TaskResult[]> {
  const module = run.world.findModule(placed.task.module);
  if (module === undefined) {
    throw new FixError('playbook/unsupported', `no module ${placed.task.module}`, {
      hint: '`fix-flannel modules` lists the modules that there are.',
      at: placed.task.at,
    });
  }
  if (isFleet(module)) return runFleetTask(run, placed, module, hosts);
  const scope = scopeOfFirst(run, placed, hosts[0] as HostRun);
  if (module.once || flagOf(placed.frame.runOnce, scope)) return runForAll(run, placed, module, hosts);
  const throttle = numberOf(placed.task.throttle, scope, 0);
  const limit = throttle > 0 ? Math.min(throttle, run.settings.forks) : run.settings.forks;
  return mapLimit(hosts, limit, (host) => runTask(run, placed, module, host));
}

function isFleet(module: Module | FleetModule): module is FleetModule {
  return 'fleet' in module;
}

/** `run_once`: the first host does it, and all have its result. */
async function runForAll(
  run: Run,
  placed: PlacedTask,
  module: Module,
  hosts: readonly HostRun[],
): Promise<TaskResult[]> {
  const [first, ...others] = hosts as [HostRun, ...HostRun[]];
  const result = await runTask(run, { ...placed, everyone: hosts }, module, first);
  if (placed.task.register) for (const host of others) host.facts[placed.task.register] = result.result;
  return [result];
}

/** Writes a result into its host; true where the host is lost to the steps that follow. */
function record(
  batch: BatchRun,
  task: Pick<TaskStep, 'name' | 'module' | 'register' | 'role'>,
  host: HostRun,
  result: TaskResult,
  wantedHandlers: readonly string[] = [],
): boolean {
  if (task.register) host.facts[task.register] = result.result;
  if (task.role !== undefined && result.status !== 'skipped') host.roles.begun.add(task.role);
  if (isMapping(result.result.journal_note)) host.note = result.result.journal_note;
  const { counts } = host;
  switch (result.status) {
    case 'changed':
      counts.changed++;
      counts.ok++;
      notify(batch, host, wantedHandlers);
      return false;
    case 'ok':
      counts.ok++;
      return false;
    case 'skipped':
      counts.skipped++;
      return false;
    case 'unreachable':
      if (result.ignored) {
        counts.ignored++;
        return false;
      }
      counts.unreachable++;
      host.state = 'unreachable';
      host.trouble = result.noLog ? '(no_log)' : result.why;
      return false;
    case 'failed':
      if (result.ignored) {
        counts.ok++;
        counts.ignored++;
        if (result.result.changed === true) counts.changed++;
        return false;
      }
      counts.failed++;
      host.trouble = result.noLog ? '(no_log)' : result.why;
      host.facts.ansible_failed_task = { name: task.name ?? task.module, action: task.module };
      host.facts.ansible_failed_result = result.result;
      return true;
    default:
      return result.status satisfies never;
  }
}

/** Runs the notified handlers, and forgets the notices. @param only those of these hosts */
export function flushHandlers(
  run: Run,
  batch: BatchRun,
  frame: Frame,
  force: boolean,
  only?: (host: HostRun) => boolean,
): Promise<HostRun[]> {
  const runOn = (handler: Handler, hosts: readonly HostRun[]) => {
    if (handler.kind === 'include') return includeFor(run, batch, handler, frame, hosts);
    const placed = { task: handler, frame: innerFrame(frame, handler), hosts: batch.hosts };
    return runTaskOn(run, batch, placed, hosts, true);
  };
  return runHandlers(batch, force, runOn, only);
}
