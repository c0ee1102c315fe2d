import { FixError } from '../core/error.js';
import type { BatchRun } from './batch-run.js';
import type { HostRun } from './host-run.js';
import type { Run } from './run.js';
import type { PlacedTask } from './task-context.js';
import { allHold, scopeFor } from './variables.js';

/** `meta`: a word to the engine itself. */
export async function runMeta(
  run: Run,
  batch: BatchRun,
  placed: PlacedTask,
  hosts: readonly HostRun[],
  flush: () => Promise<HostRun[]>,
): Promise<HostRun[]> {
  const { task, frame } = placed;
  const word =
    typeof task.args === 'string' ? task.args.trim() : String(task.args._raw_params ?? task.args.free_form ?? '');
  const picked = hosts.filter((host) =>
    allHold(frame.when, scopeFor(run, host, { play: frame.vars, hosts: placed.hosts })),
  );
  switch (word) {
    case 'noop':
      return [];
    case 'flush_handlers':
      return flush();
    case 'end_host':
      for (const host of picked) host.ended = true;
      return [];
    case 'end_play':
      batch.over ||= picked.length > 0;
      return [];
    case 'clear_facts':
      for (const host of picked) for (const name of Object.keys(host.facts)) delete host.facts[name];
      return [];
    default:
      throw new FixError('playbook/unsupported', `meta: ${JSON.stringify(word)} is not supported yet`, {
        hint: 'Supported: noop, flush_handlers, end_host, end_play, clear_facts.',
        at: task.at,
      });
  }
}
