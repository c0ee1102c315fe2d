import { mapLimit } from '../core/concurrency.js';
import { FixError } from '../core/error.js';
import type { Module } from '../core/module.js';
import type { FleetModule } from '../modules/fleet-module.js';
import { type IncludeStep, type Step, stepTitle, type TaskStep } from '../playbook/play.js';
import { isMapping } from '../playbook/read-keywords.js';
import { renderDeep } from '../template/index.js';
import type { BatchRun } from './batch-run.js';
import type { TaskResult } from './events.js';
import { runFleetTask } from './fleet-task.js';
import { type Frame, layersOf } from './frame.js';
import { type Settled, settleGuarded } from './guarded-host.js';
import { notify } from './handlers.js';
import { type HostRun, isWorking } from './host-run.js';
import type { Run } from './run.js';
import { runTask } from './run-task.js';
import type { PlacedTask } from './task-context.js';
import { flagOf, type Layers, numberOf, scopeFor } from './variables.js';

/** Runs one task on the hosts, tells what came of it, and remembers it. */
export async function runOnHosts(
  run: Run,
  batch: BatchRun,
  placed: PlacedTask,
  hosts: readonly HostRun[],
  handler: boolean,
): Promise<HostRun[]> {
  const { task, frame } = placed;
  const name = titleOf(run, task, { ...layersOf(frame), hosts: placed.hosts }, hosts[0] as HostRun);
  run.emit({ kind: 'task', task: name, module: task.module, at: task.at, handler });
  const results = await settleGuarded(run, placed, await resultsOf(run, placed, hosts));
  const tell = (result: TaskResult) => {
    const host = run.hosts.get(result.host) as HostRun;
    const wantedHandlers = result.status === 'changed' ? handlersFor(run, placed, host) : [];
    for (const handler of wantedHandlers) run.emit({ kind: 'notified', host: host.name, handler });
    const isLost = record(batch, task, frame, host, result, wantedHandlers);
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
export function titleOf(run: Run, step: TaskStep | IncludeStep, layers: Layers, first: HostRun): string {
  const title = stepTitle(step);
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
  const throttle = numberOf(placed.frame.throttle, scope, 0);
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
export function record(
  batch: BatchRun,
  task: Pick<TaskStep, 'name' | 'module' | 'register' | 'role'> & Step,
  frame: Frame,
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
      host.resume = task;
      batch.removed.add(host.name);
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
      host.resume = undefined;
      if (!frame.rescued) batch.removed.add(host.name);
      host.trouble = result.noLog ? '(no_log)' : result.why;
      host.facts.ansible_failed_task = { name: task.name ?? task.module, action: task.module };
      host.facts.ansible_failed_result = result.result;
      return true;
    default:
      return result.status satisfies never;
  }
}
