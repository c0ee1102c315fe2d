import type { MetaWord } from '../core/meta-words.js';
import { metaWord } from '../playbook/read-task.js';
import type { BatchRun } from './batch-run.js';
import { layersOf } from './frame.js';
import { type HostRun, newHostRun } from './host-run.js';
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
  // The reader lets no other word through.
  const word = metaWord(task.args) as MetaWord;
  switch (word) {
    case 'noop':
      return [];
    case 'flush_handlers':
      return flush();
    case 'end_host':
      for (const host of picked) host.ended = true;
      return [];
    case 'end_batch':
    case 'end_play':
      if (picked.length > 0) end(batch, word === 'end_play' ? 'play' : 'batch');
      return [];
    case 'clear_facts':
      for (const host of picked) for (const facts of [host.facts, host.gathered]) clear(facts);
      return [];
    case 'clear_host_errors':
      for (const host of run.hosts.values()) host.state = 'working';
      return [];
    case 'refresh_inventory':
      refresh(run);
      return [];
    case 'reset_connection':
      for (const host of picked) run.forgetConnections(host);
      return [];
    default:
      return word satisfies never;
  }
}

function end(batch: BatchRun, what: 'batch' | 'play'): void {
  batch.over = true;
  batch.ended = what;
}

function clear(facts: Record<string, unknown>): void {
  for (const name of Object.keys(facts)) delete facts[name];
}

/** Reads the inventory again; hosts that are new join the run, what the run added stays. */
function refresh(run: Run): void {
  const read = run.settings.readInventory?.();
  if (read === undefined) return;
  run.live.replace(read);
  for (const [name, inventory] of run.live.inventory.hosts) {
    const known = run.hosts.get(name);
    if (known === undefined) run.hosts.set(name, newHostRun(inventory));
    else known.inventory = inventory;
  }
}
