import { flag, integerArgument, textArgument } from '../arguments.js';
import { failed } from '../failure.js';
import { equals, iterate, lengthOf, truthy } from '../python-compare.js';
import { str } from '../python-text.js';
import { type Body, entry, lenientEntry, type Table } from '../signature.js';
import { strftime } from '../strftime.js';
import { DateTime, isFloat, isInteger, numeric, PyFloat, pyFloat, typeName, Undefined } from '../values.js';

const orDefault: Body = (value, [fallback, boolean]) => {
  const missing = value instanceof Undefined || (flag(boolean) && !truthy(value));
  return missing ? (fallback ?? '') : value;
};

/** Filters that make one value of another: defaults, types, choices. */
export const VALUE_FILTERS: Table = {
  default: lenientEntry('default_value=, boolean=', orDefault),
  d: lenientEntry('default_value=, boolean=', orDefault),
  mandatory: lenientEntry('msg=', (value, [message]) => {
    if (!(value instanceof Undefined)) return value;
    throw failed(
      typeof message === 'string' ? message : `Mandatory variable '${value.name ?? ''}' not defined.`,
      'Define the variable.',
    );
  }),
  ternary: lenientEntry('true_val, false_val, none_val=', (value, [whenTrue, whenFalse, whenNone]) => {
    if (value === null && whenNone !== undefined && whenNone !== null) return whenNone;
    return truthy(value) ? whenTrue : whenFalse;
  }),
  type_debug: lenientEntry('', (value) => typeName(value)),
  string: entry('', (value) => str(value)),
  bool: entry('', (value) => asBoolean(value)),
  int: entry('default=, base=', (value, [fallback, base]) =>
    asInteger(value, fallback ?? 0, integerArgument(base, 'base', 10)),
  ),
  float: entry('default=', (value, [fallback]) => asFloat(value) ?? fallback ?? new PyFloat(0)),
  list: entry('', (value) => [...iterate(value)]),
  length: entry('', (value) => lengthOf(value)),
  count: entry('', (value) => lengthOf(value)),
  strftime: entry('second=, utc=', (format, [second, utc], runtime) => {
    const seconds = second === undefined || second === null ? undefined : numeric(asFloat(second));
    if (second !== undefined && second !== null && seconds === undefined) throw failed('the epoch has to be a number');
    const date = seconds === undefined ? runtime.environment.now() : new Date(seconds * 1000);
    return strftime(new DateTime(date, flag(utc)), textArgument(format, 'the format'));
  }),
};

/** Ansible's words for true; everything else is false. */
function asBoolean(value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return ['yes', 'on', '1', 'true'].includes(value.toLowerCase());
  return equals(value, 1);
}

const PREFIXES: Readonly<Record<number, RegExp>> = { 2: /^0b/i, 8: /^0o/i, 16: /^0x/i };

/** Jinja2's `int`: what cannot be read is the fallback; `'42.9'` is 42. */
function asInteger(value: unknown, fallback: unknown, base: number): unknown {
  if (isInteger(value)) return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'string') {
    const read = readInteger(value, base);
    if (read !== undefined) return read;
  }
  const float = numeric(asFloat(value));
  return float !== undefined && Number.isFinite(float) ? Math.trunc(float) + 0 : fallback;
}

function readInteger(text: string, base: number): number | undefined {
  if (base < 2 || base > 36) throw failed('the base has to be from 2 to 36');
  const [, sign = '', body = ''] = /^\s*([-+]?)(\w+)\s*$/.exec(text) ?? [];
  const prefix = PREFIXES[base];
  const digits = (prefix === undefined ? body : body.replace(prefix, '')).toLowerCase();
  if (!/^[0-9a-z]+(?:_[0-9a-z]+)*$/.test(digits)) return undefined;
  const plain = digits.replaceAll('_', '');
  const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
  if ([...plain].some((digit) => !alphabet.includes(digit))) return undefined;
  const value = Number.parseInt(plain, base);
  if (!Number.isSafeInteger(value)) throw failed(`the integer ${text} is too large to be exact`);
  return sign === '-' ? 0 - value : value;
}

const FLOAT = /^\s*[-+]?(?:(?:\d+(?:_\d+)*)?\.?\d+(?:_\d+)*|\d+(?:_\d+)*\.)(?:[eE][-+]?\d+)?\s*$/;

function asFloat(value: unknown): number | PyFloat | undefined {
  if (isFloat(value)) return value;
  if (typeof value === 'number' || typeof value === 'boolean') return pyFloat(Number(value));
  if (typeof value !== 'string') return undefined;
  if (FLOAT.test(value)) return pyFloat(Number(value.replaceAll('_', '')));
  const [, sign, word] = /^\s*([-+]?)(inf|infinity|nan)\s*$/i.exec(value) ?? [];
  if (word === undefined) return undefined;
  const size = word.toLowerCase() === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
  return sign === '-' ? -size : size;
}
