import { FixError } from '../core/error.js';
import { Undefined } from './values.js';

/** What a template cannot do, without a place yet; the evaluator adds the expression and its position. */
export function failed(message: string, hint = 'Correct the template or the value it works on.'): FixError {
  return new FixError('template/failed', message, { hint });
}

/** The use of something that is not there. */
export function undefinedUse(missing: Undefined): FixError {
  const hint = missing.name === undefined ? '' : ` (\`| default(...)\` where it may be missing)`;
  return new FixError('template/undefined', missing.message, { hint: `Define it, or give it a default${hint}.` });
}

/** The value, unless it is not there; an empty text for what a missing `else` gave. @throws FixError `template/undefined` */
export function defined<T>(value: T): Exclude<T, Undefined> {
  if (value instanceof Undefined) {
    if (value.quiet) return '' as unknown as Exclude<T, Undefined>;
    throw undefinedUse(value);
  }
  return value as Exclude<T, Undefined>;
}
