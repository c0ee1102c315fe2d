import { dictEntries } from './dict.js';
import { defined, failed, undefinedUse } from './failure.js';
import { PartCount } from './limits.js';
import { strftime } from './strftime.js';
import {
  Callable,
  DateTime,
  isDict,
  isFloat,
  isList,
  Namespace,
  Omit,
  PyFloat,
  TimeDelta,
  Tuple,
  Undefined,
} from './values.js';

const MAX_DEPTH = 200;

/**
 * A value as Python's `str` writes it.
 * @throws FixError `template/undefined`; `template/failed` for what has no text (`omit`, a secret, a function)
 */
export function str(value: unknown): string {
  const present: unknown = value instanceof Undefined ? defined(value) : value;
  return typeof present === 'string' ? present : repr(present);
}

/** A value as Python's `repr` writes it. */
export function repr(value: unknown, depth = 0, parts = new PartCount()): string {
  parts.next();
  if (depth > MAX_DEPTH) throw failed('the value is nested too deeply to print');
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'string') return reprString(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (isFloat(value)) return reprFloat(value instanceof PyFloat ? value.value : value);
  if (typeof value === 'number') return reprInteger(value);
  if (value instanceof Undefined) throw undefinedUse(value);
  if (isList(value)) return reprList(value, depth, parts);
  if (isDict(value)) {
    return `{${dictEntries(value)
      .map(([key, item]) => `${repr(key, depth + 1, parts)}: ${repr(item, depth + 1, parts)}`)
      .join(', ')}}`;
  }
  return reprObject(value);
}

/** A float as Python prints it: `1.0`, `1e-05`, `1e+16`. */
export function reprFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [digits = '', exponentText = '0'] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  if (exponent < 0) {
    const sign = value < 0 ? '-' : '';
    return `${sign}0.${'0'.repeat(-exponent - 1)}${digits.replace(/[-.]/g, '')}`;
  }
  return Number.isInteger(value) ? `${String(value)}.0` : String(value);
}

function reprInteger(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

function reprList(list: readonly unknown[], depth: number, parts: PartCount): string {
  const items = list.map((item) => repr(item, depth + 1, parts)).join(', ');
  if (!(list instanceof Tuple)) return `[${items}]`;
  return list.length === 1 ? `(${items},)` : `(${items})`;
}

function reprObject(value: unknown): string {
  if (value instanceof Date) return yamlDate(value);
  if (value instanceof DateTime) return dateTimeText(value);
  if (value instanceof TimeDelta) return timeDeltaText(value);
  if (value instanceof Callable) throw failed(`'${value.name}' is a function; call it with ()`);
  if (value instanceof Omit) {
    throw failed("'omit' cannot be part of a text", 'Let the whole value be `{{ ... | default(omit) }}`.');
  }
  if (value instanceof Namespace) throw failed('a namespace has no text; print its attributes');
  throw failed('a secret or a foreign object cannot be put into a text');
}

/** A date or a moment that a YAML file held, as Python prints it. */
function yamlDate(date: Date): string {
  const [day, time = ''] = date.toISOString().split('T') as [string, string];
  return time === '00:00:00.000Z' ? day : `${day} ${time.replace('.000Z', '').replace('Z', '000')}+00:00`;
}

function dateTimeText(moment: DateTime): string {
  const fraction = moment.totalMicroseconds % 1_000_000 === 0 ? '' : '.%f';
  const text = strftime(moment, `%Y-%m-%d %H:%M:%S${fraction}`);
  return moment.offsetMinutes === undefined ? text : text + strftime(moment, '%z').replace(/(..)$/, ':$1');
}

/** `1 day, 2:03:04.000005`, as Python prints it. */
function timeDeltaText({ microseconds }: TimeDelta): string {
  const days = Math.floor(microseconds / DAY);
  const rest = microseconds - days * DAY;
  const two = (n: number) => String(n).padStart(2, '0');
  const seconds = Math.floor(rest / 1_000_000);
  const fraction = rest % 1_000_000 === 0 ? '' : `.${String(rest % 1_000_000).padStart(6, '0')}`;
  const time = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${fraction}`;
  return days === 0 ? time : `${days} day${Math.abs(days) === 1 ? '' : 's'}, ${time}`;
}

const DAY = 86_400_000_000;

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Single quotes, unless the text holds single ones and no double ones. */
export function reprString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // Not printable in Python: controls, surrogates, format characters, separators other than the blank.
  const escaped = text.replace(/[\\\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}|['"]/gu, (char) => {
    if (char === "'" || char === '"') return char === quote ? `\\${char}` : char;
    return ESCAPES[char] ?? hexEscape(char.codePointAt(0) as number);
  });
  return `${quote}${escaped}${quote}`;
}

function hexEscape(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
