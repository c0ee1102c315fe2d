import type { MetaWord } from '../core/meta-words.js';
import { stepTitle, type TaskStep } from '../playbook/play.js';
import { metaWord } from '../playbook/read-task.js';
import type { BatchRun } from './batch-run.js';
import { layersOf } from './frame.js';
import { type HostRun, newHostRun } from './host-run.js';
import type { Run } from './run.js';
import type { PlacedTask } from './task-context.js';
import { skipped } from './task-outcome.js';
import { allHold, scopeFor } from './variables.js';

/** `meta`: a word to the engine itself. */
export async function runMeta(
  run: Run,
  batch: BatchRun,
  placed: PlacedTask,
  hosts: readonly HostRun[],
  flush: (hosts: readonly HostRun[]) => Promise<HostRun[]>,
): Promise<HostRun[]> {
  const { task, frame } = placed;
  const picked = hosts.filter((host) =>
    allHold(frame.when, scopeFor(run, host, { ...layersOf(frame), hosts: placed.hosts })),
  );
  // What is of the whole batch is decided by its first host, as with Ansible.
  const wanted = picked.includes(hosts[0] as HostRun);
  // The reader lets no other word through.
  const word = metaWord(task.args) as MetaWord;
  const passedOver = EACH_HOST.includes(word)
    ? hosts.filter((host) => !picked.includes(host))
    : hosts.slice(0, wanted ? 0 : 1);
  tellPassedOver(run, task, word, passedOver);
  switch (word) {
    case 'noop':
      return [];
    case 'flush_handlers':
      return picked.length > 0 ? flush(picked) : [];
    case 'end_host':
      for (const host of picked) {
        host.ended = true;
        batch.removed.add(host.name);
      }
      return [];
    case 'end_batch':
    case 'end_play':
      if (wanted) end(batch, word === 'end_play' ? 'play' : 'batch');
      return [];
    case 'clear_facts':
      // What `set_fact` gave is no fact to Ansible either.
      if (wanted) for (const host of hostsOf(run, batch)) clear(host.gathered);
      return [];
    case 'clear_host_errors':
      if (wanted) clearErrors(run, batch);
      return [];
    case 'refresh_inventory':
      if (wanted) refresh(run);
      return [];
    case 'reset_connection':
      for (const host of picked) run.forgetConnections(host);
      return [];
    default:
      return word satisfies never;
  }
}

/** Those that each host decides for itself. */
const EACH_HOST: readonly MetaWord[] = ['end_host', 'flush_handlers'];

/** What goes on where a condition does not hold, in Ansible's words; the others are done without a word. */
const GOES_ON: Partial<Record<MetaWord, (host: string) => string>> = {
  end_host: (host) => `continuing execution for ${host}`,
  end_batch: () => 'continuing current batch',
  end_play: () => 'continuing play',
  clear_facts: (host) => `not clearing facts and fact cache for ${host}`,
  clear_host_errors: (host) => `not clearing host error state for ${host}`,
  flush_handlers: (host) => `not running handlers for ${host}`,
};

/** That a condition does not hold is told as of any task, and counted nowhere. */
function tellPassedOver(run: Run, task: TaskStep, word: MetaWord, hosts: readonly HostRun[]): void {
  const goesOn = GOES_ON[word];
  if (goesOn === undefined || hosts.length === 0) return;
  const about = { task: stepTitle(task), module: task.module, at: task.at };
  run.emit({ kind: 'task', ...about, handler: false });
  for (const { name } of hosts) {
    const because = (value: string) => `${word} conditional evaluated to ${value}, ${goesOn(name)}`;
    const msg = word === 'end_host' ? because('false') : word;
    const one = skipped(undefined, { msg, skip_reason: because('False') });
    run.emit({ kind: 'result', ...about, of: { ...one, host: name, ignored: false, noLog: false } });
  }
}

function hostsOf(run: Run, { hosts }: BatchRun): HostRun[] {
  return hosts.batch.map((name) => run.hosts.get(name) as HostRun);
}

/** Those of the play that fell are hosts of the next plays again, and go on in this one from where they can. */
function clearErrors(run: Run, batch: BatchRun): void {
  for (const name of batch.hosts.all) {
    const host = run.hosts.get(name);
    if (host !== undefined) host.state = 'working';
  }
  for (const host of hostsOf(run, batch)) if (batch.removed.has(host.name) && !host.ended) batch.cleared.add(host);
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
