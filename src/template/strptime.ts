import { failed } from './failure.js';
import { repr } from './python-text.js';
import { DAYS, MONTHS } from './strftime.js';
import { DateTime } from './values.js';

/** What has been read of a moment. */
interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  microsecond: number;
  dayOfYear?: number;
  afternoon?: boolean;
  offsetMinutes?: number;
}

type Reader = readonly [pattern: string, read: (text: string, parts: Parts) => void];

const digits = (most: number, name: 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second'): Reader => [
  `\\d{1,${most}}`,
  (text, parts) => {
    parts[name] = Number(text);
  },
];
const ignored = (pattern: string): Reader => [pattern, () => {}];
const oneOf = (names: readonly string[]) => names.join('|');
const month: Reader['1'] = (text, parts) => {
  parts.month = MONTHS.findIndex((name) => name.toLowerCase().startsWith(text.toLowerCase())) + 1;
};
const short = (name: string) => name.slice(0, 3);

const READERS: Readonly<Record<string, Reader>> = {
  Y: [
    '\\d{4}',
    (text, parts) => {
      parts.year = Number(text);
    },
  ],
  y: [
    '\\d{2}',
    (text, parts) => {
      parts.year = Number(text) + (Number(text) < 69 ? 2000 : 1900);
    },
  ],
  m: digits(2, 'month'),
  d: digits(2, 'day'),
  H: digits(2, 'hour'),
  I: digits(2, 'hour'),
  M: digits(2, 'minute'),
  S: digits(2, 'second'),
  f: [
    '\\d{1,6}',
    (text, parts) => {
      parts.microsecond = Number(text.padEnd(6, '0'));
    },
  ],
  j: [
    '\\d{1,3}',
    (text, parts) => {
      parts.dayOfYear = Number(text);
    },
  ],
  p: [
    'AM|PM',
    (text, parts) => {
      parts.afternoon = text.toUpperCase() === 'PM';
    },
  ],
  B: [oneOf(MONTHS), month],
  b: [oneOf(MONTHS.map(short)), month],
  A: ignored(oneOf(DAYS)),
  a: ignored(oneOf(DAYS.map(short))),
  Z: ignored('UTC|GMT'),
  z: [
    'Z|[-+]\\d{2}:?\\d{2}',
    (text, parts) => {
      parts.offsetMinutes = offsetOf(text);
    },
  ],
  '%': ignored('%'),
};
const WHOLES: Readonly<Record<string, string>> = { D: '%m/%d/%y', F: '%Y-%m-%d', T: '%H:%M:%S', R: '%H:%M' };

/** A text as a moment, by the directives of Python's `strptime`. @throws FixError `template/failed` */
export function strptime(text: string, format: string): DateTime {
  const reads: Reader['1'][] = [];
  const whole = format.replace(/%([DFTR])/g, (_, name: string) => WHOLES[name] as string);
  const pattern = whole.replace(/%([\s\S]?)|\s+|[\\^$.*+?()[\]{}|]/g, (found, directive?: string) => {
    if (directive === undefined) return found.trim() === '' ? '\\s+' : `\\${found}`;
    if (!Object.hasOwn(READERS, directive)) throw failed(`the date format has the unknown directive %${directive}`);
    const [own, read] = READERS[directive] as Reader;
    reads.push(read);
    return `(${own})`;
  });
  const found = new RegExp(`^${pattern}$`, 'i').exec(text);
  if (found === null) throw failed(`${repr(text)} is no date of the form ${repr(format)}`);
  const parts: Parts = { year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0, microsecond: 0 };
  reads.forEach((read, index) => {
    read(found[index + 1] as string, parts);
  });
  return momentOf(parts, text);
}

function momentOf(parts: Parts, text: string): DateTime {
  const { year, minute, second, microsecond, dayOfYear, afternoon, offsetMinutes } = parts;
  const [month, day] = dayOfYear === undefined ? [parts.month, parts.day] : [1, dayOfYear];
  const hour = afternoon === undefined ? parts.hour : (parts.hour % 12) + (afternoon ? 12 : 0);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, Math.floor(microsecond / 1000));
  const isDay = dayOfYear !== undefined || (date.getUTCMonth() === month - 1 && date.getUTCDate() === day);
  if (!isDay || hour > 23 || minute > 59 || second > 59) throw failed(`there is no such moment: ${repr(text)}`);
  if (offsetMinutes !== undefined) date.setTime(date.getTime() - offsetMinutes * 60_000);
  return new DateTime(date, true, microsecond % 1000, offsetMinutes);
}

function offsetOf(text: string): number {
  if (text.toUpperCase() === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return text.startsWith('-') ? -minutes : minutes;
}
