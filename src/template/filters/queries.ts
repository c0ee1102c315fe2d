import { search } from '@aws-lambda-powertools/jmespath';
import { messageOf } from '../../core/error.js';
import { printableLine } from '../../core/text.js';
import { makeDict } from '../dict.js';
import { failed } from '../failure.js';
import { allowText, PartCount } from '../limits.js';
import { plain } from '../plain.js';
import { str } from '../python-text.js';
import { entry, type Table } from '../signature.js';
import { isDict, isList } from '../values.js';

/** Filters that ask a value in a language of its own. */
export const QUERY_FILTERS: Table = {
  json_query: entry('expr', (value, [expression]) => jsonQuery(value, str(expression))),
};

type Data = Parameters<typeof search>[1];

/** @throws FixError `template/failed` for what is no JMESPath, or does not fit the value */
function jsonQuery(value: unknown, expression: string): unknown {
  allowText(expression.length);
  try {
    // The blank: the library keeps what it has read in an object, where `constructor` alone would find the object's own.
    const found = search(` ${withQuotedLiterals(expression)}`, unprototyped(plain(value)) as Data);
    return adopted(found, new PartCount());
  } catch (thrown) {
    throw failed(`json_query '${printableLine(expression, 120)}': ${messageOf(thrown)}`, 'Correct the JMESPath.');
  }
}

/**
 * The literal `web` in backticks as a text, which it is to Python's JMESPath although no JSON has it so. What stands
 * in quotes is left alone.
 */
function withQuotedLiterals(expression: string): string {
  return expression.replace(/'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`((?:\\.|[^`\\])*)`/gs, (whole, literal) =>
    literal === undefined || isJson(literal.replaceAll('\\`', '`')) ? whole : `\`"${literal.trimStart()}"\``,
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Dicts without a prototype: the library asks for keys with `in`, and nothing but the value's own may be found. */
function unprototyped(value: unknown): unknown {
  if (isList(value)) return value.map(unprototyped);
  if (!isDict(value)) return value;
  const own = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of Object.entries(value)) own[key] = unprototyped(item);
  return own;
}

/** The result as a value; functions and whatever else a query may have got hold of are none. */
function adopted(value: unknown, parts: PartCount): unknown {
  parts.next();
  // The mean of nothing.
  if (value === undefined || value === null || Number.isNaN(value)) return null;
  if (isList(value)) return value.map((item) => adopted(item, parts));
  if (isDict(value)) return makeDict(Object.entries(value).map(([key, item]) => [key, adopted(item, parts)]));
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw failed('a query has to end in a value');
}
