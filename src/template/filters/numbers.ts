import { integerArgument, numberArgument } from '../arguments.js';
import { failed } from '../failure.js';
import { number } from '../operators.js';
import { entry, type Table } from '../signature.js';
import { isFloat, isInteger, pyFloat } from '../values.js';

/** Filters on numbers. */
export const NUMBER_FILTERS: Table = {
  abs: entry('', (value) => number(Math.abs(numberArgument(value, 'abs')), isFloat(value))),
  round: entry('precision=, method=', (value, [precision, method]) => {
    return rounded(value, integerArgument(precision, 'precision', 0), method ?? 'common');
  }),
  log: entry('base=', (value, [base]) => {
    const x = numberArgument(value, 'log');
    const b = base === undefined ? Math.E : numberArgument(base, 'base');
    if (x <= 0 || b <= 0 || b === 1) throw failed('the logarithm is not defined there');
    if (b === 10) return pyFloat(Math.log10(x));
    return pyFloat(b === Math.E ? Math.log(x) : Math.log(x) / Math.log(b));
  }),
  pow: entry('y', (value, [y]) => pyFloat(numberArgument(value, 'pow') ** numberArgument(y, 'pow'))),
  root: entry('base=', (value, [base]) => {
    const x = numberArgument(value, 'root');
    const b = base === undefined ? 2 : numberArgument(base, 'base');
    if (x < 0 && b === 2) throw failed('a negative number has no square root');
    if (b === 0) throw failed('there is no 0th root');
    return pyFloat(b === 2 ? Math.sqrt(x) : x ** (1 / b));
  }),
};

function rounded(value: unknown, precision: number, method: unknown): unknown {
  const x = numberArgument(value, 'round');
  if (typeof value === 'boolean') return rounded(x, precision, method);
  if (method !== 'common' && method !== 'ceil' && method !== 'floor') {
    throw failed('method has to be common, ceil or floor');
  }
  if (Math.abs(precision) > 300) throw failed('the precision is out of range');
  const factor = 10 ** precision;
  if (method !== 'common') return pyFloat((method === 'ceil' ? Math.ceil : Math.floor)(x * factor) / factor);
  if (isInteger(value) && precision >= 0) return value;
  const result = precision > 0 ? roundedDecimal(x, precision) : halfEven(x * factor) / factor;
  return isInteger(value) ? number(result, false) : pyFloat(result);
}

/** To the even neighbour where both are as near, as Python 3. */
export function halfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

function roundedDecimal(x: number, precision: number): number {
  if (precision > 100 || Math.abs(x) >= 1e21) return x;
  const scaled = x * 10 ** precision;
  const exact = scaled / 10 ** precision === x && Math.abs(scaled % 1) === 0.5 && isDyadic(x);
  return exact ? halfEven(scaled) / 10 ** precision : Number(x.toFixed(precision));
}

/** Whether a tie is a real one: the number has so few binary digits that its decimal form is short. */
function isDyadic(x: number): boolean {
  return Number.isInteger(x * 2 ** 20);
}
