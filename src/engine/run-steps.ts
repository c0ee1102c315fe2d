import type { BlockStep, Handler, IncludeStep, Step, TaskStep } from '../playbook/play.js';
import { type BatchRun, failedOf } from './batch-run.js';
import { type Frame, innerFrame, layersOf } from './frame.js';
import { runHandlers } from './handlers.js';
import { type HostRun, isWorking } from './host-run.js';
import { runMeta } from './meta.js';
import { noteResume } from './resume.js';
import type { Run } from './run.js';
import { runInclude } from './run-include.js';
import { record, runOnHosts, titleOf } from './run-on-hosts.js';
import { runsWithTags } from './tags.js';
import type { PlacedTask } from './task-context.js';

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
    for (const host of await runStep(run, batch, step, outer, working)) {
      failed.add(host);
      noteResume(host, step);
    }
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
      const isLost = record(batch, { ...step, module }, frame, host, result);
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
  const tried = step.rescue.length > 0 ? { ...frame, rescued: true } : frame;
  let failed = await runSteps(run, batch, step.block, tried, hosts);
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

/** A task that steers the run itself, or one that is done on the hosts. */
function runTaskOn(
  run: Run,
  batch: BatchRun,
  placed: PlacedTask,
  hosts: readonly HostRun[],
  handler: boolean,
): Promise<HostRun[]> {
  if (placed.task.module !== 'meta') return runOnHosts(run, batch, placed, hosts, handler);
  const around = { ...placed.frame, when: [] };
  const flush = (wanted: readonly HostRun[]) =>
    flushHandlers(run, batch, around, false, (host) => wanted.includes(host));
  return runMeta(run, batch, placed, hosts, flush);
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
