import { dictGet } from './dict.js';
import { failed } from './failure.js';
import { allowText } from './limits.js';
import { repr, reprFloat, str } from './python-text.js';
import { type Dict, isDict, isFloat, numeric, Tuple } from './values.js';

const DIRECTIVE = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?[hlL]?([a-zA-Z%]?)/g;
const MAX_WIDTH = 100_000;

/**
 * Python's `format % values`.
 * @param values a tuple for several, a dict for named ones, else the one value
 * @throws FixError `template/failed` where values and directives do not match
 */
export function percentFormat(format: string, values: unknown): string {
  const list = values instanceof Tuple ? values : [values];
  let used = 0;
  let named = false;
  const next = (): unknown => {
    if (used >= list.length) throw failed('there are fewer values than the format asks for');
    return list[used++];
  };
  const made = format.replace(DIRECTIVE, (_, key: string | undefined, flags, width, precision, conversion) => {
    if (conversion === '%') return '%';
    if (conversion === '') throw failed('the format ends inside a directive');
    const w = sizeOf(width === '*' ? next() : width);
    const p = precision === undefined ? undefined : sizeOf(precision === '*' ? next() : precision);
    if (key !== undefined) named = true;
    const value = key === undefined ? next() : namedValue(values, key);
    return padded(converted(value, conversion, p, flags), conversion, flags, w);
  });
  allowText(made.length);
  if (!named && used < list.length && !(isDict(values) && used === 0)) {
    throw failed('not all values are used by the format');
  }
  return made;
}

function sizeOf(value: unknown): number {
  const size = value === undefined ? 0 : Number(numeric(value) ?? value);
  if (!(size >= 0 && size <= MAX_WIDTH)) throw failed(`the width ${str(value)} of the format is out of range`);
  return size;
}

function namedValue(values: unknown, key: string): unknown {
  if (!isDict(values)) throw failed('a format with names needs a dict');
  const value = dictGet(values as Dict, key);
  if (value === undefined) throw failed(`the format's '${key}' is not among the values`);
  return value;
}

function converted(value: unknown, conversion: string, precision: number | undefined, flags: string): string {
  if (conversion === 's') return cut(str(value), precision);
  if (conversion === 'r' || conversion === 'a') return cut(repr(value), precision);
  if (conversion === 'c') return typeof value === 'number' ? String.fromCodePoint(value) : str(value);
  const number = numeric(value);
  if (number === undefined) throw failed(`%${conversion} needs a number, not ${repr(value)}`);
  return sign(number, flags) + magnitude(Math.abs(number), conversion, precision, flags, isFloat(value));
}

function cut(text: string, precision: number | undefined): string {
  return precision === undefined ? text : Array.from(text).slice(0, precision).join('');
}

function sign(number: number, flags: string): string {
  if (number < 0 || Object.is(number, -0)) return Object.is(number, -0) ? '' : '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

/** The digits of a number that is not negative. */
export function magnitude(
  number: number,
  conversion: string,
  precision: number | undefined,
  flags: string,
  float: boolean,
): string {
  const whole = Math.trunc(number);
  const alternative = flags.includes('#');
  switch (conversion) {
    case 'd':
    case 'i':
    case 'u':
      return BigInt(whole)
        .toString()
        .padStart(precision ?? 0, '0');
    case 'x':
    case 'X': {
      if (float) throw failed(`%${conversion} needs an integer`);
      const hex = (alternative ? '0x' : '') + whole.toString(16).padStart(precision ?? 0, '0');
      return conversion === 'X' ? hex.toUpperCase() : hex;
    }
    case 'o':
      if (float) throw failed('%o needs an integer');
      return (alternative ? '0o' : '') + whole.toString(8).padStart(precision ?? 0, '0');
    default:
      return floatMagnitude(number, conversion, Math.min(precision ?? 6, 100));
  }
}

function floatMagnitude(number: number, conversion: string, precision: number): string {
  if (!Number.isFinite(number)) return reprFloat(number);
  const lower = conversion.toLowerCase();
  if (lower === 'f') return number.toFixed(precision);
  if (lower === 'e') return upperIf(conversion, exponential(number.toExponential(precision)));
  if (lower !== 'g') throw failed(`%${conversion} is no directive of a format`);
  const significant = precision === 0 ? 1 : precision;
  const exponent = number === 0 ? 0 : Number(number.toExponential(significant - 1).split('e')[1]);
  if (exponent < -4 || exponent >= significant) {
    const [digits = '', power = '+0'] = number.toExponential(significant - 1).split('e');
    return upperIf(conversion, exponential(`${withoutZeros(digits)}e${power}`));
  }
  return withoutZeros(number.toFixed(Math.max(0, significant - 1 - exponent)));
}

function upperIf(conversion: string, text: string): string {
  return conversion === conversion.toUpperCase() ? text.toUpperCase() : text;
}

function exponential(text: string): string {
  return text.replace(/e([-+])(\d)$/, 'e$10$2');
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function padded(text: string, conversion: string, flags: string, width: number): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || /[sracRSAC]/.test(conversion)) return text.padStart(width);
  const prefix = /^[-+ ]?(?:0[xXo])?/.exec(text)?.[0] ?? '';
  return prefix + text.slice(prefix.length).padStart(width - prefix.length, '0');
}
