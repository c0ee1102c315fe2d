import { failed } from './failure.js';
import { type Dict, LazyDict, PyFloat } from './values.js';

/** A dict with these entries, in order; a later entry replaces the value of an earlier one with the same key. */
export function makeDict(entries: Iterable<readonly [unknown, unknown]>): Map<unknown, unknown> {
  const made = new Map<unknown, unknown>();
  for (const [key, value] of entries) made.set(normalKey(key), value);
  return made;
}

/** Sets a key of a dict that belongs to a template: one that it made, or its own view of a variable. */
export function dictSet(dict: Dict, key: unknown, value: unknown): void {
  if (dict instanceof Map) dict.set(normalKey(key), value);
  else if (dict instanceof LazyDict && textKey(key) !== undefined) dict.set(textKey(key) as string, value);
  else throw failed('this dict cannot be changed from a template');
}

/** Takes a key out of a dict that belongs to a template. */
export function dictDelete(dict: Dict, key: unknown): void {
  if (dict instanceof Map) dict.delete(normalKey(key));
  else if (dict instanceof LazyDict && textKey(key) !== undefined) dict.delete(textKey(key) as string);
  else throw failed('this dict cannot be changed from a template');
}

/** The value of an own key, or `undefined` where there is none. Never reaches a prototype. */
export function dictGet(dict: Dict, key: unknown): unknown {
  if (dict instanceof Map) return dict.get(normalKey(key));
  const name = textKey(key);
  if (name === undefined) return undefined;
  if (dict instanceof LazyDict) return dict.get(name);
  return Object.hasOwn(dict, name) ? nullIfMissing((dict as Record<string, unknown>)[name]) : undefined;
}

export function dictHas(dict: Dict, key: unknown): boolean {
  if (dict instanceof Map) return dict.has(normalKey(key));
  const name = textKey(key);
  if (name === undefined) return false;
  return dict instanceof LazyDict ? dict.has(name) : Object.hasOwn(dict, name);
}

export function dictKeys(dict: Dict): unknown[] {
  if (dict instanceof Map) return [...dict.keys()];
  return dict instanceof LazyDict ? dict.keys() : Object.keys(dict);
}

export function dictEntries(dict: Dict): [unknown, unknown][] {
  if (dict instanceof Map) return [...dict.entries()] as [unknown, unknown][];
  return dictKeys(dict).map((key) => [key, dictGet(dict, key)]);
}

export function dictValues(dict: Dict): unknown[] {
  return dictEntries(dict).map(([, value]) => value);
}

export function dictSize(dict: Dict): number {
  return dict instanceof Map ? dict.size : dictKeys(dict).length;
}

/** A YAML file's `80: http` is the key `80` of a plain object; `ports[80]` finds it. */
function textKey(key: unknown): string | undefined {
  if (typeof key === 'string') return key;
  return typeof key === 'number' && Number.isInteger(key) ? String(key) : undefined;
}

function nullIfMissing(value: unknown): unknown {
  return value === undefined ? null : value;
}

/** Python's keys 1, 1.0 and True are one key (1 and True stay apart here); lists and dicts are none. */
function normalKey(key: unknown): unknown {
  if (typeof key === 'boolean' || typeof key === 'number' || typeof key === 'string' || key === null) return key;
  if (key instanceof PyFloat) return key.value;
  throw failed('a list, a dict or an object cannot be the key of a dict');
}
