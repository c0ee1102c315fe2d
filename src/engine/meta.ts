import type { MetaWord } from '../core/meta-words.js';
import { metaWord } from '../playbook/read-task.js';
import type { BatchRun } from './batch-run.js';
import { layersOf } from './frame.js';
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
  const picked = hosts.filter((host) =>
    allHold(frame.when, scopeFor(run, host, { ...layersOf(frame), hosts: placed.hosts })),
  );
  switch (metaWord(task.args) as MetaWord) {
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
      // The reader lets no other word through.
      return [];
  }
}
