import { textArgument } from '../arguments.js';
import { str } from '../python-text.js';
import { entry, type Table } from '../signature.js';
import { strftime } from '../strftime.js';
import { type DateTime, pyFloat } from '../values.js';

/** The methods of what `now()` gives. */
export const DATE_METHODS: Table = {
  strftime: entry('format', (date, [format]) => strftime(date as DateTime, textArgument(format, 'the format'))),
  isoformat: entry('', (date) => str(date).replace(' ', 'T')),
  timestamp: entry('', (date) => pyFloat((date as DateTime).date.getTime() / 1000)),
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
]);
