import { FixError, messageOf } from '../core/error.js';
import type { ActionOutput, Fields, Learned, Outcome } from '../core/module.js';
import { isMapping } from '../playbook/read-keywords.js';
import type { TaskResult } from './events.js';
import { type HostRun, newHostRun } from './host-run.js';
import type { Run } from './run.js';

/** A task's result before it is said whose it is. */
export type ItemResult = Omit<TaskResult, 'host' | 'ignored' | 'noLog'> & { readonly label?: unknown };

const UNREACHABLE = /^(ssh|become)\//;

/** What an error makes of a task. */
export function troubleOf(error: unknown): ItemResult {
  const unreachable = error instanceof FixError && UNREACHABLE.test(error.code);
  const why = messageOf(error);
  return {
    status: unreachable ? 'unreachable' : 'failed',
    why,
    hint: error instanceof FixError ? error.hint : undefined,
    code: error instanceof FixError ? error.code : undefined,
    result: { changed: false, failed: !unreachable, unreachable, msg: why },
    diff: [],
  };
}

/** A task, or an item of its loop, that was passed over. */
export function skipped(why?: string, fields: Fields = {}): ItemResult {
  const told = why === undefined ? { skip_reason: 'Conditional result was False' } : { msg: why };
  const result = { changed: false, skipped: true, ...told, ...fields };
  return { status: 'skipped', why: why ?? 'its condition is false', result, diff: [] };
}

type Act = (change: Extract<Outcome, { kind: 'change' }>) => Promise<readonly ActionOutput[]>;

/** Makes a result of an outcome: acts where it is a change and this is no check. */
export async function concludeOutcome(
  outcome: Outcome,
  check: boolean,
  tells: readonly HostRun[],
  run: Run,
  at: string,
  act: Act,
): Promise<ItemResult> {
  switch (outcome.kind) {
    case 'skip':
      return skipped(outcome.why, { failed: false, ...outcome.result });
    case 'refuse':
    case 'fail': {
      const refused = outcome.kind === 'refuse';
      const result = { msg: outcome.why, ...outcome.result, changed: false, failed: true, refused };
      return { status: 'failed', why: outcome.why, hint: outcome.hint, result, diff: [] };
    }
    case 'unchanged': {
      const before = run.live.inventory;
      for (const one of tells) learn(run, one, outcome, at);
      const joins = outcome.groups !== undefined || outcome.newHost !== undefined;
      const changed = outcome.counts === 'changed' && !(joins && run.live.inventory === before);
      const result = { changed, failed: false, msg: outcome.why, ...outcome.result };
      return { status: changed ? 'changed' : 'ok', why: outcome.why, result, diff: [], inRunOnly: changed };
    }
    case 'change': {
      let outputs: readonly ActionOutput[] | undefined;
      try {
        if (!check) {
          run.memory.clear();
          outputs = await act(outcome);
        }
      } catch (error) {
        // What was planned is told too: whoever undoes it needs to know how far it may have come.
        const trouble = troubleOf(error);
        const fields = error instanceof FixError ? error.fields : undefined;
        const result = { ...(fields ?? outcome.result), ...trouble.result, ...fields };
        return { ...trouble, result, ...(trouble.code === 'ssh/lost' && { cutOff: true }) };
      }
      for (const { facts } of tells) Object.assign(facts, outcome.facts);
      const known = { changed: true, failed: false, msg: outcome.why, ...outcome.result };
      const result: Fields = { ...known, ...(outputs && outcome.conclude?.(outputs)) };
      const status = result.failed === true ? 'failed' : result.changed === false ? 'ok' : 'changed';
      const why = status === 'failed' ? String(result.msg) : outcome.why;
      return { status, why, result, diff: outcome.diff ?? [], actions: outcome.actions };
    }
    default:
      return outcome satisfies never;
  }
}

/** Keeps what a task told of its host and of the run. */
function learn(run: Run, host: HostRun, learned: Learned, at: string) {
  const { facts, gathered, included, groups, parents, newHost, stats } = learned;
  Object.assign(host.facts, facts);
  Object.assign(host.gathered, joined(host.gathered, gathered ?? {}));
  Object.assign(host.included, included);
  if (groups !== undefined) host.inventory = run.live.join(host.inventory, groups, parents);
  if (newHost !== undefined) {
    const inventory = run.live.add(newHost, at);
    const known = run.hosts.get(inventory.name);
    if (known === undefined) run.hosts.set(inventory.name, newHostRun(inventory));
    else known.inventory = inventory;
  }
  if (stats !== undefined) addStats(run, stats.perHost ? host.name : '', stats);
}

/** What several tasks find out adds up in `ansible_facts` too. */
function joined(before: Fields, gathered: Fields): Fields {
  const [known, found] = [before.ansible_facts, gathered.ansible_facts];
  return isDict(known) && isDict(found) ? { ...gathered, ansible_facts: { ...known, ...found } } : gathered;
}

function isDict(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As Ansible adds them up: numbers and texts are joined, dicts are laid over each other, where `aggregate` says so. */
function addStats(run: Run, key: string, { data, aggregate }: NonNullable<Learned['stats']>): void {
  const known = run.stats.get(key) ?? {};
  for (const [name, value] of Object.entries(data)) {
    const before = known[name];
    known[name] = before === undefined || !aggregate ? value : addedUp(before, value);
  }
  run.stats.set(key, known);
}

function addedUp(before: unknown, value: unknown): unknown {
  if (typeof before === 'number' && typeof value === 'number') return before + value;
  if (typeof before === 'string' && typeof value === 'string') return before + value;
  if (Array.isArray(before) && Array.isArray(value)) return [...before, ...value];
  if (isMapping(before) && isMapping(value)) return { ...before, ...value };
  return value;
}
