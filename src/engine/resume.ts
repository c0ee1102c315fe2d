import type { BlockStep, Step } from '../playbook/play.js';
import type { HostRun } from './host-run.js';

/**
 * Notes where a host that fell would go on, were its failure forgotten (`meta: clear_host_errors`): as with Ansible,
 * after the innermost block around the failure, or after one further out whose rescue or always it came to. A failure in
 * no block at all ends the play for it.
 */
export function noteResume(host: HostRun, step: Step): void {
  if (step.kind === 'task' || (step.kind === 'block' && step.whole !== undefined)) return;
  const cameTo = step.kind === 'include' || step.rescue.length + step.always.length > 0;
  if (cameTo || host.resume === undefined) host.resume = step;
}

/** The steps that follow another one, with what stands around them; `undefined` where that is not among them. */
export function stepsAfter(steps: readonly Step[], last: Step): Step[] | undefined {
  for (const [index, step] of steps.entries()) {
    const later = steps.slice(index + 1);
    if (step === last) return later;
    const rest = step.kind === 'block' ? restOf(step, last) : undefined;
    if (rest !== undefined) return [rest, ...later];
  }
  return undefined;
}

function restOf(step: BlockStep, last: Step): BlockStep | undefined {
  const block = stepsAfter(step.block, last);
  if (block !== undefined) return { ...step, block };
  const rescue = stepsAfter(step.rescue, last);
  if (rescue !== undefined) return { ...step, block: rescue, rescue: [] };
  const always = stepsAfter(step.always, last);
  return always && { ...step, block: always, rescue: [], always: [] };
}
