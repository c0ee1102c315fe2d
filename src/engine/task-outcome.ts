import { FixError, messageOf } from '../core/error.js';
import type { ActionOutput, Fields, Outcome } from '../core/module.js';
import type { TaskResult } from './events.js';
import type { HostRun } from './host-run.js';
import type { Run } from './run.js';

/** A task's result before it is said whose it is. */
export type ItemResult = Omit<TaskResult, 'host' | 'ignored' | 'noLog'>;

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
export function skipped(why: string, fields: Fields = {}): ItemResult {
  return { status: 'skipped', why, result: { changed: false, skipped: true, msg: why, ...fields }, diff: [] };
}

type Act = (change: Extract<Outcome, { kind: 'change' }>) => Promise<readonly ActionOutput[]>;

/** Makes a result of an outcome: acts where it is a change and this is no check. */
export async function concludeOutcome(
  outcome: Outcome,
  check: boolean,
  host: HostRun,
  run: Run,
  act: Act,
): Promise<ItemResult> {
  switch (outcome.kind) {
    case 'skip':
      return skipped(outcome.why, outcome.result);
    case 'refuse':
    case 'fail': {
      const refused = outcome.kind === 'refuse';
      const result = { msg: outcome.why, ...outcome.result, changed: false, failed: true, refused };
      return { status: 'failed', why: outcome.why, hint: outcome.hint, result, diff: [] };
    }
    case 'unchanged': {
      Object.assign(host.facts, outcome.facts);
      for (const group of outcome.groups ?? []) joinGroup(run, host, group);
      const result = { changed: false, failed: false, msg: outcome.why, ...outcome.result };
      return { status: 'ok', why: outcome.why, result, diff: [] };
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
        const result = { ...outcome.result, ...trouble.result };
        return { ...trouble, result, ...(trouble.code === 'ssh/lost' && { cutOff: true }) };
      }
      Object.assign(host.facts, outcome.facts);
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

function joinGroup(run: Run, host: HostRun, group: string): void {
  host.joined.add(group);
  const members = run.groups[group] ?? [];
  if (!members.includes(host.name)) run.groups[group] = [...members, host.name];
}
