import { dictEntries, dictGet, dictHas, dictKeys, dictSize } from './dict.js';
import { defined, failed } from './failure.js';
import { allowItems, allowWork, PartCount } from './limits.js';
import {
  DateTime,
  type Dict,
  isDict,
  isList,
  Namespace,
  numeric,
  PyFloat,
  TimeDelta,
  Tuple,
  typeName,
} from './values.js';

const MAX_DEPTH = 200;

/** Python's truth of a value. @throws FixError `template/undefined` */
export function truthy(value: unknown): boolean {
  const present: unknown = defined(value);
  if (isList(present)) return present.length > 0;
  if (isDict(present)) return dictSize(present) > 0;
  if (present instanceof PyFloat) return present.value !== 0;
  if (typeof present === 'number') return present !== 0; // NaN is true in Python
  return Boolean(present);
}

/** Python's `==`: by value, 1 == 1.0 == True, never across text and numbers, a list is no tuple. */
export function equals(left: unknown, right: unknown, depth = 0, parts?: PartCount): boolean {
  parts?.next();
  if (depth > MAX_DEPTH) throw failed('the values are nested too deeply to compare');
  if (left === right) return true;
  const a = numeric(left);
  const b = numeric(right);
  if (a !== undefined && b !== undefined) return a === b;
  if (isList(left) && isList(right)) return listsEqual(left, right, depth, parts ?? new PartCount());
  if (isDict(left) && isDict(right)) return dictsEqual(left, right, depth, parts ?? new PartCount());
  if (left instanceof DateTime && right instanceof DateTime) return left.totalMicroseconds === right.totalMicroseconds;
  if (left instanceof TimeDelta && right instanceof TimeDelta) return left.microseconds === right.microseconds;
  if ((left ?? null) === null) return (right ?? null) === null;
  return false;
}

function listsEqual(left: readonly unknown[], right: readonly unknown[], depth: number, parts: PartCount): boolean {
  if (left.length !== right.length || left instanceof Tuple !== right instanceof Tuple) return false;
  return left.every((item, index) => equals(defined(item), defined(right[index]), depth + 1, parts));
}

function dictsEqual(left: Dict, right: Dict, depth: number, parts: PartCount): boolean {
  if (dictSize(left) !== dictSize(right)) return false;
  return dictEntries(left).every(([key, value]) => {
    return dictHas(right, key) && equals(defined(value), defined(dictGet(right, key)), depth + 1, parts);
  });
}

/**
 * Python's order: negative, zero or positive; NaN where floats have no order.
 * @throws FixError `template/failed` for values that Python cannot order (text and numbers)
 */
export function compare(left: unknown, right: unknown): number {
  const a = numeric(left);
  const b = numeric(right);
  if (a !== undefined && b !== undefined) return Math.sign(a - b) || (a === b ? 0 : a - b);
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  if (isList(left) && isList(right) && left instanceof Tuple === right instanceof Tuple) {
    for (let index = 0; index < Math.min(left.length, right.length); index++) {
      if (!equals(left[index], right[index])) return compare(left[index], right[index]);
    }
    return left.length - right.length;
  }
  if (left instanceof DateTime && right instanceof DateTime) return left.totalMicroseconds - right.totalMicroseconds;
  if (left instanceof TimeDelta && right instanceof TimeDelta) return left.microseconds - right.microseconds;
  defined(left);
  defined(right);
  throw failed(
    `'<' is not supported between ${typeName(left)} and ${typeName(right)}`,
    'Compare numbers with numbers: `| int` turns a text into one.',
  );
}

/** By code point, as Python orders text; UTF-16 order differs beyond the basic plane. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    if (left[index] !== right[index]) {
      const a = left.charCodeAt(index);
      const b = right.charCodeAt(index);
      const surrogates = (a & 0xf800) === 0xd800 || (b & 0xf800) === 0xd800;
      return surrogates ? (left.codePointAt(index) as number) - (right.codePointAt(index) as number) || a - b : a - b;
    }
  }
  return left.length - right.length;
}

/** Python's `needle in haystack`. @throws FixError `template/failed` for what has no members */
export function contains(haystack: unknown, needle: unknown): boolean {
  const whole: unknown = defined(haystack);
  const part: unknown = defined(needle);
  if (typeof whole === 'string') {
    if (typeof part === 'string') return whole.includes(part);
    throw failed(`'in <string>' requires a string as its left side, not ${typeName(part)}`);
  }
  if (isList(whole)) return whole.some((item) => equals(item, part));
  if (isDict(whole)) return dictHas(whole, part);
  if (whole instanceof Namespace && typeof part === 'string') return whole.attributes.has(part);
  throw failed(`${typeName(whole)} has no members to look through`);
}

/** The members of a list, the characters of a text, the keys of a dict. @throws FixError for anything else */
export function iterate(value: unknown): readonly unknown[] {
  const present: unknown = defined(value);
  if (isList(present)) return present;
  if (typeof present === 'string') {
    allowItems(present.length);
    return Array.from(present);
  }
  if (isDict(present)) return dictKeys(present);
  throw failed(`${typeName(present)} is not a list`);
}

/** Python's `len`. */
export function lengthOf(value: unknown): number {
  const present: unknown = defined(value);
  if (typeof present === 'string') return codePointLength(present);
  if (isList(present)) return present.length;
  if (isDict(present)) return dictSize(present);
  throw failed(`${typeName(present)} has no length`);
}

export function codePointLength(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** Items without repeats, the first of each kept, in order. */
export function unique(items: readonly unknown[], key: (item: unknown) => unknown = (item) => item): unknown[] {
  const seenScalars = new Set<unknown>();
  const seenOthers: unknown[] = [];
  let work = 0;
  return items.filter((item) => {
    const k: unknown = defined(key(item));
    const scalar = numeric(k) ?? (typeof k === 'string' || k === null ? k : undefined);
    if (scalar !== undefined) return seenScalars.has(scalar) ? false : Boolean(seenScalars.add(scalar));
    work += seenOthers.length;
    allowWork(work);
    if (seenOthers.some((other) => equals(other, k))) return false;
    seenOthers.push(k);
    return true;
  });
}

/** Whether an item is one of these. Text and numbers, which most lists hold, are looked up at once. */
export function memberOf(items: readonly unknown[]): (item: unknown) => boolean {
  const scalars = new Set(items.map(scalarOf).filter((scalar) => scalar !== undefined));
  const others = items.filter((item) => scalarOf(item) === undefined);
  let work = 0;
  return (item) => {
    const scalar = scalarOf(item);
    if (scalar !== undefined) return scalars.has(scalar);
    work += others.length;
    allowWork(work);
    return contains(others, item);
  };
}

/** What a Set may hold in an item's place; a number's text never equals it. NaN is no member of anything. */
function scalarOf(item: unknown): unknown {
  if (typeof item === 'string') return item;
  const number = numeric(item);
  return number !== undefined && !Number.isNaN(number) ? number : undefined;
}
