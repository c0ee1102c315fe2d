import type { Fields } from '../core/module.js';
import { jsonWithoutControls } from '../core/printable.js';
import { toJson } from '../template/json.js';

/** What a status says already, or only the program itself has a use for. */
const UNTOLD: ReadonlySet<string> = new Set([
  'failed',
  'skipped',
  'refused',
  'why',
  'hint',
  'journal_note',
  'plan_notes',
  'not_run',
  'warnings',
  'deprecations',
  'exception',
  'diff',
]);

/** Instead of a result that nobody may see. */
const CENSORED = "the output has been hidden due to the fact that 'no_log: true' was specified for this result";
/** What is told of such a result all the same. */
const TOLD_ANYWAY = ['attempts', 'changed', 'retries'];

export interface DumpOptions {
  /** Blanks for each level; on one line without it. */
  readonly indent?: number | undefined;
  /** Whether the arguments of the module are told too. */
  readonly invocation?: boolean;
}

/** A result as Ansible prints it: JSON with sorted keys, without what is internal. No control character is left in it. */
export function dumpResult(result: Fields, { indent, invocation = false }: DumpOptions = {}): string {
  const told = Object.entries(result).filter(
    ([key, value]) =>
      !UNTOLD.has(key) && (invocation || key !== 'invocation') && !(key === 'unreachable' && value === false),
  );
  return dumpFields(Object.fromEntries(told), indent);
}

/** The same for any fields. */
export function dumpFields(fields: Fields, indent?: number): string {
  const told = withoutInternal(fields);
  const options = { ascii: false, ...(indent !== undefined && { indent }) };
  return jsonWithoutControls(sortedOrAsItIs(told, options));
}

/** What `no_log` leaves of a result. */
export function censored(result: Fields): Fields {
  const kept = TOLD_ANYWAY.filter((key) => result[key] !== undefined).map((key) => [key, result[key]]);
  return { censored: CENSORED, ...Object.fromEntries(kept) };
}

/** Keys of several types have no order. */
function sortedOrAsItIs(value: unknown, options: { ascii: boolean; indent?: number }): string {
  try {
    return toJson(value, { ...options, sortKeys: true });
  } catch {
    return jsonOrNotice(value, options);
  }
}

/** A result that cannot be printed must not end a run. */
function jsonOrNotice(value: unknown, options: { ascii: boolean; indent?: number }): string {
  try {
    return toJson(value, options);
  } catch {
    return '{"unprintable": true}';
  }
}

function withoutInternal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutInternal);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !key.startsWith('_ansible_'))
      .map(([key, item]) => [key, withoutInternal(item)]),
  );
}
