import { optionalText, textArgument } from '../arguments.js';
import { entry, type Table } from '../signature.js';
import { strptime } from '../strptime.js';

/** Filters that read dates. */
export const DATE_FILTERS: Table = {
  to_datetime: entry('format=', (value, [format]) =>
    strptime(textArgument(value, 'a date'), optionalText(format, 'the format') ?? '%Y-%m-%d %H:%M:%S'),
  ),
};
