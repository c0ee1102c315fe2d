import { FixError } from '../core/error.js';
import type { Playbook, Step, TaskStep } from '../playbook/play.js';
import type { World } from './run.js';

/**
 * The tasks of a playbook that look at its fleet as a whole.
 * @throws FixError `playbook/unsupported` for one with a keyword that means one host at a time
 */
export function fleetTasks({ plays }: Playbook, world: Pick<World, 'findModule'>): TaskStep[] {
  const isFleet = (task: TaskStep) => {
    const module = world.findModule(task.module);
    return module !== undefined && 'fleet' in module;
  };
  const tasks = plays.flatMap((play) => [...play.steps, ...play.handlers].flatMap(tasksOf)).filter(isFleet);
  for (const task of tasks) refuseUnfit(task);
  return tasks;
}

function tasksOf(step: Step): TaskStep[] {
  if (step.kind === 'include') return [];
  return step.kind === 'task' ? [step] : [...step.block, ...step.rescue, ...step.always].flatMap(tasksOf);
}

function refuseUnfit(task: TaskStep): void {
  const unfit = [
    ...(task.loop === undefined ? [] : ['loop']),
    ...(task.until.length > 0 ? ['until'] : []),
    ...(task.changedWhen.length > 0 ? ['changed_when'] : []),
    ...(task.failedWhen.length > 0 ? ['failed_when'] : []),
    ...(task.runOnce === undefined ? [] : ['run_once']),
    ...(task.throttle === undefined ? [] : ['throttle']),
  ];
  if (unfit.length === 0) return;
  throw new FixError(
    'playbook/unsupported',
    `${task.module} looks at all hosts at once and takes no ${unfit.join(', ')}`,
    {
      hint: 'Take that out of the task.',
      at: task.at,
    },
  );
}
