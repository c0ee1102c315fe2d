import { failed } from './failure.js';
import { truthy } from './python-compare.js';
import { str } from './python-text.js';
import { isInteger, isList, numeric, typeName } from './values.js';

/** The readers of an entry's arguments: what is not of the type is refused, by the name of the argument. */

export function textArgument(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw failed(`${what} has to be a text, not ${typeName(value)}`);
}

export function optionalText(value: unknown, what: string): string | undefined {
  return value === undefined || value === null ? undefined : textArgument(value, what);
}

export function integerArgument(value: unknown, what: string, otherwise?: number): number {
  if (value === undefined && otherwise !== undefined) return otherwise;
  const integer = typeof value === 'boolean' ? numeric(value) : value;
  if (isInteger(integer)) return integer;
  throw failed(`${what} has to be an integer, not ${typeName(value)}`);
}

export function numberArgument(value: unknown, what: string): number {
  const number = numeric(value);
  if (number === undefined) throw failed(`${what} has to be a number, not ${typeName(value)}`);
  return number;
}

export function listArgument(value: unknown, what: string): readonly unknown[] {
  if (isList(value)) return value;
  throw failed(`${what} has to be a list, not ${typeName(value)}`);
}

/** A flag, by truth. */
export function flag(value: unknown, otherwise = false): boolean {
  return value === undefined ? otherwise : truthy(value);
}

/** Any value as text, as filters that begin with `soft_str` take it. */
export function anyText(value: unknown): string {
  return str(value);
}
