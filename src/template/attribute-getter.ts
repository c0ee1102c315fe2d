import { itemOf } from './attributes.js';
import type { Runtime } from './runtime.js';
import { isInteger, Undefined } from './values.js';

/**
 * Jinja2's `attribute=` of `map`, `sort`, `groupby` and their like: `'a.b.0'` or a number; keys before methods.
 * @param fallback what stands in for a missing one; without it that is `Undefined`
 */
export function attributeGetter(attribute: unknown, runtime: Runtime, fallback?: unknown): (item: unknown) => unknown {
  if (attribute === undefined || attribute === null) return (item) => item;
  const keys = isInteger(attribute)
    ? [attribute]
    : String(attribute)
        .split('.')
        .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return (item) => {
    const value = keys.reduce((at, key) => itemOf(at, key, runtime), item);
    return value instanceof Undefined && fallback !== undefined ? fallback : value;
  };
}

/** Text in lower case; anything else as it is. */
export function ignoringCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}
