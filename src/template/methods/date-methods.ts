import { textArgument } from '../arguments.js';
import { str } from '../python-text.js';
import { entry, type Table } from '../signature.js';
import { strftime } from '../strftime.js';
import { type DateTime, pyFloat, type TimeDelta } from '../values.js';

/** The methods of what `now()` gives. */
export const DATE_METHODS: Table = {
  strftime: entry('format', (date, [format]) => strftime(date as DateTime, textArgument(format, 'the format'))),
  isoformat: entry('', (date) => str(date).replace(' ', 'T')),
  date: entry('', (date) => strftime(date as DateTime, '%Y-%m-%d')),
  timestamp: entry('', (date) => pyFloat((date as DateTime).totalMicroseconds / 1_000_000)),
};

const part = (format: string) => (date: DateTime) => Number(strftime(date, format));

/** Its attributes. */
export const DATE_ATTRIBUTES: ReadonlyMap<string, (date: DateTime) => unknown> = new Map([
  ['year', part('%Y')],
  ['month', part('%m')],
  ['day', part('%d')],
  ['hour', part('%H')],
  ['minute', part('%M')],
  ['second', part('%S')],
  ['microsecond', part('%f')],
]);

/** The methods of the time between two moments. */
export const TIME_DELTA_METHODS: Table = {
  total_seconds: entry('', (delta) => pyFloat((delta as TimeDelta).microseconds / 1_000_000)),
};

const DAY = 86_400_000_000;
const inDay = ({ microseconds }: TimeDelta) => microseconds - Math.floor(microseconds / DAY) * DAY;

/** Its attributes: whole days, and what is left in seconds and microseconds. */
export const TIME_DELTA_ATTRIBUTES: ReadonlyMap<string, (delta: TimeDelta) => unknown> = new Map([
  ['days', ({ microseconds }) => Math.floor(microseconds / DAY)],
  ['seconds', (delta) => Math.floor(inDay(delta) / 1_000_000)],
  ['microseconds', (delta) => inDay(delta) % 1_000_000],
]);
