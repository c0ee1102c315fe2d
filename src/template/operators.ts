import type { BinaryOperator, Comparison } from './ast.js';
import { defined, failed } from './failure.js';
import { allowItems, allowText } from './limits.js';
import { percentFormat } from './percent-format.js';
import { compare, contains, equals } from './python-compare.js';
import { str } from './python-text.js';
import { DateTime, isFloat, isList, numeric, pyFloat, TimeDelta, Tuple, tuple, typeName } from './values.js';

/** Arithmetic and joining as Python does it. @throws FixError `template/failed` for operands that do not go together */
export function arithmetic(operator: Exclude<BinaryOperator, 'and' | 'or'>, left: unknown, right: unknown): unknown {
  if (operator === '~') return joined(str(left), str(right));
  const a: unknown = defined(left);
  const b: unknown = defined(right);
  const x = numeric(a);
  const y = numeric(b);
  if (x !== undefined && y !== undefined) return numbers(operator, x, y, isFloat(a) || isFloat(b));
  if (operator === '+') {
    if (typeof a === 'string' && typeof b === 'string') return joined(a, b);
    if (isList(a) && isList(b) && a instanceof Tuple === b instanceof Tuple) return lists(a, b);
  }
  if (operator === '%' && typeof a === 'string') return percentFormat(a, b);
  const time = a instanceof DateTime || a instanceof TimeDelta ? times(operator, a, b) : undefined;
  if (time !== undefined) return time;
  if (operator === '*') {
    if (y !== undefined && !isFloat(b)) return repeated(a, y, operator, b);
    if (x !== undefined && !isFloat(a)) return repeated(b, x, operator, a);
  }
  throw unsupported(operator, a, b);
}

/** Moments and the times between them; `undefined` for what cannot be done with them. */
function times(operator: string, a: DateTime | TimeDelta, b: unknown): unknown {
  if (operator !== '+' && operator !== '-') return undefined;
  const sign = operator === '+' ? 1 : -1;
  if (a instanceof TimeDelta) {
    if (b instanceof TimeDelta) return new TimeDelta(a.microseconds + sign * b.microseconds);
    return b instanceof DateTime && sign > 0 ? moved(b, a.microseconds) : undefined;
  }
  if (b instanceof TimeDelta) return moved(a, sign * b.microseconds);
  if (!(b instanceof DateTime) || sign > 0) return undefined;
  if ((a.offsetMinutes === undefined) !== (b.offsetMinutes === undefined)) {
    throw failed('one of the moments names a zone, and the other does not');
  }
  return new TimeDelta(a.totalMicroseconds - b.totalMicroseconds);
}

function moved(moment: DateTime, by: number): DateTime {
  const total = moment.totalMicroseconds + by;
  const milliseconds = Math.floor(total / 1000);
  return new DateTime(new Date(milliseconds), moment.utc, total - milliseconds * 1000, moment.offsetMinutes);
}

export function comparison(operator: Comparison, left: unknown, right: unknown): boolean {
  if (operator === 'in') return contains(right, left);
  if (operator === 'not in') return !contains(right, left);
  const a: unknown = defined(left);
  const b: unknown = defined(right);
  if (operator === '==') return equals(a, b);
  if (operator === '!=') return !equals(a, b);
  const order = compare(a, b);
  if (operator === '<') return order < 0;
  if (operator === '<=') return order <= 0;
  return operator === '>' ? order > 0 : order >= 0;
}

/** A sign before a number. */
export function signed(sign: '-' | '+', operand: unknown): unknown {
  const value = numeric(defined(operand));
  if (value === undefined) throw failed(`a sign cannot stand before ${typeName(operand)}`);
  const result = sign === '-' ? -value : value;
  return isFloat(operand) ? pyFloat(result) : result + 0 === 0 ? 0 : result;
}

function unsupported(operator: string, left: unknown, right: unknown) {
  const hint =
    operator === '+' ? '`~` joins any values as text; `| int` and `| string` turn one type into the other.' : undefined;
  return failed(`'${operator}' cannot be used between ${typeName(left)} and ${typeName(right)}`, hint);
}

function numbers(operator: Exclude<BinaryOperator, 'and' | 'or' | '~'>, x: number, y: number, float: boolean): unknown {
  if (y === 0 && (operator === '/' || operator === '//' || operator === '%')) throw failed('division by zero');
  switch (operator) {
    case '+':
      return number(x + y, float);
    case '-':
      return number(x - y, float);
    case '*':
      return number(x * y, float);
    case '/':
      return pyFloat(x / y);
    case '//':
      return number(Math.floor(x / y), float);
    case '%':
      return number(modulo(x, y), float);
    case '**':
      return power(x, y, float);
    default:
      return operator satisfies never;
  }
}

/** As Python's: the result has the sign of the divisor. */
function modulo(x: number, y: number): number {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest + 0;
}

function power(x: number, y: number, float: boolean): unknown {
  if (x === 0 && y < 0) throw failed('0 cannot be raised to a negative power');
  const result = x ** y;
  if (Number.isNaN(result) && !Number.isNaN(x) && !Number.isNaN(y)) throw failed('the power is no real number');
  return number(result, float || y < 0);
}

/** A result as an integer or a float. @throws FixError `template/failed` where an integer is too large to be exact */
export function number(value: number, float: boolean): unknown {
  if (float) return pyFloat(value);
  if (!Number.isSafeInteger(value)) throw failed('an integer beyond 2^53 cannot be computed exactly');
  return value + 0;
}

function joined(left: string, right: string): string {
  allowText(left.length + right.length);
  return left + right;
}

function lists(left: readonly unknown[], right: readonly unknown[]): unknown {
  allowItems(left.length + right.length);
  return left instanceof Tuple ? tuple(...left, ...right) : [...left, ...right];
}

function repeated(value: unknown, times: number, operator: string, by: unknown): unknown {
  const count = Math.max(0, times);
  if (typeof value === 'string') {
    allowText(value.length * count);
    return value.repeat(count);
  }
  if (!isList(value)) throw unsupported(operator, value, by);
  allowItems(value.length * count);
  const items = Array.from({ length: count }, () => value).flat();
  return value instanceof Tuple ? tuple(...items) : items;
}
