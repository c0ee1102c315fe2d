import { dictGet } from './dict.js';
import { failed } from './failure.js';
import { DATE_ATTRIBUTES, TIME_DELTA_ATTRIBUTES } from './methods/date-methods.js';
import { methodOf } from './methods/index.js';
import { codePointLength } from './python-compare.js';
import { repr } from './python-text.js';
import type { Runtime } from './runtime.js';
import {
  DateTime,
  Group,
  isDict,
  isInteger,
  isList,
  Namespace,
  numeric,
  RecursiveLoop,
  TimeDelta,
  Tuple,
  tuple,
  typeName,
  Undefined,
} from './values.js';

/**
 * `value.name`: a dict's own key, else a method of the value's type, else `Undefined`.
 * Nothing else can be reached: no prototype, no property of an object.
 * @param called a method comes before a key, as in `d.items()` where `d` has a key `items`
 */
export function attributeOf(value: unknown, name: string, runtime: Runtime, called = false): unknown {
  if (value instanceof Undefined) return value;
  const method = methodOf(value, name, runtime);
  if (called && method !== undefined) return method;
  const own = ownValue(value, name);
  // None is a value like any other.
  return own !== undefined ? own : (method ?? missing(value, name));
}

/** `value[index]`: a dict's own key, an item of a list or a character counted from 0 or back from -1, else `Undefined`. */
export function itemOf(value: unknown, index: unknown, runtime: Runtime): unknown {
  if (value instanceof Undefined) return value;
  if (index instanceof Undefined) return index;
  const own = ownValue(value, index);
  if (own !== undefined) return own;
  const method = typeof index === 'string' ? methodOf(value, index, runtime) : undefined;
  return method ?? missing(value, index);
}

function ownValue(value: unknown, key: unknown): unknown {
  if (isDict(value)) return isList(key) || isDict(key) ? undefined : dictGet(value, key);
  if (value instanceof RecursiveLoop) return value.attributes.get(key);
  if (value instanceof Namespace) return typeof key === 'string' ? value.attributes.get(key) : undefined;
  if (value instanceof DateTime && typeof key === 'string') return DATE_ATTRIBUTES.get(key)?.(value);
  if (value instanceof TimeDelta && typeof key === 'string') return TIME_DELTA_ATTRIBUTES.get(key)?.(value);
  if (value instanceof Group && (key === 'grouper' || key === 'list')) return value[key === 'grouper' ? 0 : 1];
  const index = typeof key === 'boolean' ? numeric(key) : key;
  if (!isInteger(index)) return undefined;
  if (isList(value)) return nullIfMissing(value, index < 0 ? index + value.length : index);
  if (typeof value !== 'string') return undefined;
  const characters = Array.from(value);
  return characters[index < 0 ? index + characters.length : index];
}

function nullIfMissing(list: readonly unknown[], index: number): unknown {
  if (index < 0 || index >= list.length) return undefined;
  return list[index] === undefined ? null : list[index];
}

function missing(value: unknown, key: unknown): Undefined {
  const name = typeof key === 'string' ? key : isInteger(key) ? String(key) : typeName(key);
  const owner = value === null ? 'None' : `${typeName(value)} object`;
  return new Undefined(`'${owner}' has no ${isInteger(key) ? 'item' : 'attribute'} ${repr(name)}`, name);
}

/** `value[start:stop:step]` of a list or a text. @throws FixError `template/failed` */
export function sliceOf(value: unknown, bounds: readonly unknown[]): unknown {
  const [start, stop, step] = bounds.map(boundOf);
  if (typeof value === 'string') {
    return sliceItems(Array.from(value), codePointLength(value), start, stop, step).join('');
  }
  if (!isList(value)) throw failed(`${typeName(value)} cannot be sliced`);
  const items = sliceItems(value, value.length, start, stop, step);
  return value instanceof Tuple ? tuple(...items) : items;
}

function boundOf(bound: unknown): number | undefined {
  if (bound === undefined || bound === null) return undefined;
  if (isInteger(bound)) return bound;
  throw failed(`a slice is bounded by integers, not by ${typeName(bound)}`);
}

function sliceItems(
  items: readonly unknown[],
  length: number,
  start: number | undefined,
  stop: number | undefined,
  step = 1,
): unknown[] {
  if (step === 0) throw failed('the step of a slice cannot be 0');
  const clamp = (bound: number, low: number, high: number) =>
    Math.min(Math.max(bound < 0 ? bound + length : bound, low), high);
  const [low, high] = step > 0 ? [0, length] : [-1, length - 1];
  const first = start === undefined ? (step > 0 ? low : high) : clamp(start, low, high);
  const last = stop === undefined ? (step > 0 ? high : low) : clamp(stop, low, high);
  const picked: unknown[] = [];
  for (let index = first; step > 0 ? index < last : index > last; index += step) picked.push(items[index]);
  return picked;
}
