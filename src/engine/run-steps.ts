import { mapLimit } from '../core/concurrency.js';
import { FixError } from '../core/error.js';
import type { Module } from '../core/module.js';
import type { FleetModule } from '../modules/fleet-module.js';
import { type BlockStep, type Step, stepName, type TaskStep } from '../playbook/play.js';
import { isMapping } from '../playbook/read-keywords.js';
import { renderDeep } from '../template/index.js';
import { type BatchRun, failedOf } from './batch-run.js';
import type { TaskResult } from './events.js';
import { runFleetTask } from './fleet-task.js';
import { type Frame, innerFrame, layersOf } from './frame.js';
import { type Settled, settleGuarded } from './guarded-host.js';
import { type HostRun, isWorking } from './host-run.js';
import { runMeta } from './meta.js';
import type { Run } from './run.js';
import { runTask } from './run-task.js';
import { runsWithTags } from './tags.js';
import type { PlacedTask } from './task-context.js';
import { flagOf, numberOf, scopeFor } from './variables.js';

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
    const frame = innerFrame(outer, step);
    const fallen =
      step.kind === 'block' ? runBlock(run, batch, step, frame, working) : runOne(run, batch, step, frame, working);
    for (const host of await fallen) failed.add(host);
  }
  return [...failed];
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
    const lost = await failedOf(batch, await runSteps(run, batch, step.rescue, { ...frame, undoing: true }, failed));
    batch.over ||= over && lost.length > 0;
    for (const host of failed.filter((one) => !lost.includes(one) && one.state === 'working')) {
      host.counts.rescued++;
      host.trouble = undefined;
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
    const flush = () => flushHandlers(run, batch, { ...frame, when: [] }, false);
    return runMeta(run, batch, placed, hosts, flush);
  }
  const name = taskTitle(run, placed, hosts[0] as HostRun);
  run.emit({ kind: 'task', task: name, module: task.module, at: task.at, handler });
  const results = await settleGuarded(run, placed, await resultsOf(run, placed, hosts));
  const tell = (result: TaskResult) => {
    const isLost = record(batch, placed, run.hosts.get(result.host) as HostRun, result);
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
  const fatal = flagOf(frame.anyErrorsFatal, scopeOfFirst(run, placed, hosts[0] as HostRun));
  if (fatal && results.some(isFatal)) {
    batch.over = true;
    // The others fall with it, as with Ansible: the rescue of their block undoes what they had begun.
    return hosts.filter(isWorking);
  }
  return failed;
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
function taskTitle(run: Run, placed: PlacedTask, first: HostRun): string {
  const { role } = placed.task;
  const title = role === undefined ? stepName(placed.task) : `${role.name} : ${stepName(placed.task)}`;
  try {
    return String(renderDeep(title, scopeOfFirst(run, placed, first)));
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
  if (flagOf(placed.frame.runOnce, scope)) return runForAll(run, placed, module, hosts);
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
  const result = await runTask(run, placed, module, first);
  if (placed.task.register) for (const host of others) host.facts[placed.task.register] = result.result;
  return [result];
}

/** Writes a result into its host; true where the host is lost to the steps that follow. */
function record(batch: BatchRun, { task, frame }: PlacedTask, host: HostRun, result: TaskResult): boolean {
  if (task.register) host.facts[task.register] = result.result;
  if (task.role !== undefined && result.status !== 'skipped') host.roles.begun.add(task.role);
  if (isMapping(result.result.journal_note)) host.note = result.result.journal_note;
  const { counts } = host;
  switch (result.status) {
    case 'changed':
      counts.changed++;
      counts.ok++;
      notify(batch, host, frame.notify);
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

function notify(batch: BatchRun, host: HostRun, names: readonly string[]): void {
  if (names.length === 0) return;
  const notified = batch.notified.get(host) ?? new Set();
  for (const name of names) notified.add(name);
  batch.notified.set(host, notified);
}

/** Runs the notified handlers in the order in which they are written, and forgets the notices. */
export async function flushHandlers(run: Run, batch: BatchRun, frame: Frame, force: boolean): Promise<HostRun[]> {
  const failed = new Set<HostRun>();
  for (const handler of batch.handlers) {
    const hosts = [...batch.notified]
      .filter(
        ([host, names]) => answers(handler, names, batch) && (force ? host.state !== 'unreachable' : isWorking(host)),
      )
      .map(([host]) => host)
      .filter((host) => !failed.has(host));
    if (hosts.length === 0) continue;
    const placed = { task: handler, frame: innerFrame(frame, handler), hosts: batch.hosts };
    for (const host of await runTaskOn(run, batch, placed, hosts, true)) failed.add(host);
  }
  batch.notified.clear();
  return [...failed];
}

/** Of several handlers with one name the last one answers to it; to a topic all answer that listen. */
function answers(handler: TaskStep, names: ReadonlySet<string>, { handlers }: BatchRun): boolean {
  const isLast = (name: string) => handlers.findLast((one) => namesOf(one).includes(name)) === handler;
  return (
    namesOf(handler).some((name) => names.has(name) && isLast(name)) || handler.listen.some((topic) => names.has(topic))
  );
}

/** A role's handler can be notified by its name, and by its role's and its own. */
function namesOf({ name, role }: TaskStep): string[] {
  if (name === undefined) return [];
  return role === undefined ? [name] : [name, `${role.name} : ${name}`];
}
