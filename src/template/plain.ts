import { dictEntries } from './dict.js';
import { defined, failed } from './failure.js';
import { PartCount } from './limits.js';
import { str } from './python-text.js';
import { Callable, DateTime, isDict, isList, Namespace, OMIT, PyFloat, TimeDelta, Undefined } from './values.js';

const MAX_DEPTH = 200;

/**
 * A template's value as plain JavaScript for the rest of the program: lists are arrays, dicts are objects with text as
 * keys, floats are numbers. Objects that are not ours (a secret) pass through.
 * @throws FixError `template/undefined` where something in it is not there, `template/failed` for a function
 */
export function plain(value: unknown): unknown {
  return typeof value === 'object' ? plainPart(value, 0, new PartCount()) : (value ?? null);
}

function plainPart(value: unknown, depth: number, parts: PartCount): unknown {
  parts.next();
  if (depth > MAX_DEPTH) throw failed('the value is nested too deeply');
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Undefined) return defined(value);
  if (value instanceof PyFloat) return value.value;
  if (isList(value)) return Array.from(value, (item) => plainPart(item, depth + 1, parts));
  if (isDict(value)) {
    return Object.fromEntries(dictEntries(value).map(([key, item]) => [str(key), plainPart(item, depth + 1, parts)]));
  }
  if (value instanceof Callable) throw failed(`'${value.name}' is a function; call it with ()`);
  if (value instanceof Namespace) throw failed('a namespace is no value outside its template');
  return value instanceof DateTime || value instanceof TimeDelta ? str(value) : value;
}

/** The same without the keys and items whose value is `omit`; a whole value that is `omit` stays. */
export function withoutOmitted(value: unknown): unknown {
  if (isList(value)) return value.filter((item) => item !== OMIT).map(withoutOmitted);
  if (!isDict(value)) return value;
  const kept = dictEntries(value).filter(([, item]) => item !== OMIT);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutOmitted(item)]));
}
