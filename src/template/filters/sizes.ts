import { anyText, flag, numberArgument, optionalText } from '../arguments.js';
import { failed } from '../failure.js';
import { entry, type Table } from '../signature.js';
import { numeric } from '../values.js';
import { halfEven } from './numbers.js';

/** Ansible's units, the largest first; each is 1024 of the next. */
const UNITS: readonly (readonly [string, number])[] = [
  ['Y', 2 ** 80],
  ['Z', 2 ** 70],
  ['E', 2 ** 60],
  ['P', 2 ** 50],
  ['T', 2 ** 40],
  ['G', 2 ** 30],
  ['M', 2 ** 20],
  ['K', 2 ** 10],
  ['B', 1],
];

/** Filters on sizes in bytes and bits. */
export const SIZE_FILTERS: Table = {
  human_readable: entry('isbits=, unit=', (value, [isBits, unit]) => {
    return humanReadable(numberArgument(value, 'human_readable'), flag(isBits), optionalText(unit, 'unit'));
  }),
  human_to_bytes: entry('default_unit=, isbits=', (value, [unit, isBits]) => {
    return bytesOf(anyText(value), optionalText(unit, 'default_unit'), flag(isBits));
  }),
  filesizeformat: entry('binary=', (value, [binary]) => fileSize(Number(numeric(value) ?? value), flag(binary))),
};

function humanReadable(size: number, isBits: boolean, unit: string | undefined): string {
  const wanted = unit?.toUpperCase();
  const found = UNITS.find(([name, limit]) => (wanted === undefined ? size >= limit : wanted === name));
  const [name, limit] = found ?? (['B', 1] as const);
  const base = isBits ? 'bits' : 'Bytes';
  return `${(size / limit).toFixed(2)} ${limit === 1 ? base : name + (base[0] as string)}`;
}

/** @throws FixError `template/failed` for a unit that is none, or `b` for bytes where bits are meant */
function bytesOf(text: string, defaultUnit: string | undefined, isBits: boolean): number {
  const [, digits = '', own] = /^\s*(\d*\.?\d*)\s*([A-Za-z]+)?/.exec(text) ?? [];
  const amount = Number.parseFloat(digits);
  if (Number.isNaN(amount)) throw failed(`'${text}' is no size`);
  const unit = own ?? defaultUnit;
  if (unit === undefined) return halfEven(amount);
  const limit = UNITS.find(([name]) => name === unit[0]?.toUpperCase())?.[1];
  const letter = isBits ? 'b' : 'B';
  const spelled = unit.toLowerCase().includes(isBits ? 'bit' : 'byte');
  if (limit === undefined || (unit.length > 1 && !spelled && unit[1] !== letter)) {
    throw failed(`'${unit}' is no unit of a size in ${isBits ? 'bits' : 'bytes'}`);
  }
  return halfEven(amount * limit);
}

function fileSize(bytes: number, binary: boolean): string {
  if (Number.isNaN(bytes)) throw failed('the size has to be a number');
  const base = binary ? 1024 : 1000;
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  const prefixes = binary ? ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] : ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  const place = Math.max(
    0,
    prefixes.findIndex((_, index) => bytes < base ** (index + 2)),
  );
  return `${(bytes / base ** (place + 1)).toFixed(1)} ${prefixes[place]}`;
}
