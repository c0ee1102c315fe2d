import type { Runtime } from '../runtime.js';
import { callEntry, lookIn, type Table } from '../signature.js';
import { Callable, DateTime, isDict, isList, TimeDelta } from '../values.js';
import { DATE_METHODS, TIME_DELTA_METHODS } from './date-methods.js';
import { DICT_METHODS } from './dict-methods.js';
import { LIST_METHODS } from './list-methods.js';
import { STRING_METHODS } from './string-methods.js';

/** A method of a value, bound to it, where its type has one of that name here; nothing else is ever reached. */
export function methodOf(value: unknown, name: string, runtime: Runtime): Callable | undefined {
  const table = tableFor(value);
  const method = table === undefined ? undefined : lookIn(table, name);
  if (method === undefined) return undefined;
  return new Callable(name, (call) => callEntry(`'${name}'`, method, value, call, runtime));
}

function tableFor(value: unknown): Table | undefined {
  if (typeof value === 'string') return STRING_METHODS;
  if (isList(value)) return LIST_METHODS;
  if (isDict(value)) return DICT_METHODS;
  if (value instanceof TimeDelta) return TIME_DELTA_METHODS;
  return value instanceof DateTime ? DATE_METHODS : undefined;
}
