import { flag, integerArgument, numberArgument, textArgument } from './arguments.js';
import { dictGet, dictHas } from './dict.js';
import { failed } from './failure.js';
import { FILE_TESTS } from './file-tests.js';
import { comparison } from './operators.js';
import { compare, contains, equals, iterate, memberOf, truthy } from './python-compare.js';
import { pythonRegex, searching } from './python-regex.js';
import { str } from './python-text.js';
import { type Body, entry, lenientEntry, lookIn, type Table } from './signature.js';
import {
  Callable,
  type Dict,
  isDict,
  isFloat,
  isInteger,
  isList,
  isNumber,
  numeric,
  typeName,
  Undefined,
} from './values.js';
import { versionHolds } from './version.js';

const compares = (operator: '==' | '!=' | '<' | '<=' | '>' | '>=') =>
  entry('other', (value, [other]) => comparison(operator, value, other));
const is = (test: (value: unknown) => boolean) => entry('', (value) => test(value));
/** A test of a type: what is not there is of none. */
const isOfType = (test: (value: unknown) => boolean) =>
  lenientEntry('', (value) => !(value instanceof Undefined) && test(value));

/** A field of a task's result. */
const field = (name: string, wanted = true) =>
  entry('', (value) => truthy(dictGet(result(value, name), name) ?? false) === wanted);

const matching = (how: 'match' | 'search' | 'any') =>
  entry('pattern=, ignorecase=, multiline=, match_type=', (value, [pattern, ignoreCase, multiline, type]) => {
    const options = { ignoreCase: flag(ignoreCase), multiline: flag(multiline) };
    const kind = how === 'any' ? (type ?? 'search') : how;
    const regex = pythonRegex(textArgument(pattern ?? '', 'the pattern'), options);
    const text = str(value);
    if (kind === 'search') return searching(regex, text, () => regex.test(text));
    // A match begins where the text begins; another alternative may do so where the leftmost match is not there.
    const atStart = new RegExp(`(?:${regex.source})`, `${regex.flags.replace('g', '')}y`);
    const start = searching(atStart, text, () => atStart.exec(text));
    return start !== null && (kind === 'match' || start[0].length === text.length);
  });

const version = entry('version, operator=, strict=, version_type=', (value, [other, operator, strict, type]) => {
  if ((strict ?? null) !== null && (type ?? null) !== null) {
    throw failed("version takes 'strict' or 'version_type', not both");
  }
  return versionHolds(str(value), str(other), operator ?? 'eq', flag(strict) ? 'strict' : (type ?? 'loose'));
});
const subset = entry('other', (value, [other]) => iterate(value).every(memberOf(iterate(other))));
const superset = entry('other', (value, [other]) => iterate(other).every(memberOf(iterate(value))));
const equal = compares('==');
const changed: Body = (value) => hasChanged(result(value, 'changed'));
const failedTest = field('failed');
const succeeded = field('failed', false);
const skipped = field('skipped');
const nan = is((value) => Number.isNaN(numeric(value) ?? 0));
const absolute = is((value) => textArgument(value, 'a path').startsWith('/'));

/** Every test by name. */
export const TESTS: Table = {
  defined: lenientEntry('', (value) => !(value instanceof Undefined)),
  undefined: lenientEntry('', (value) => value instanceof Undefined),
  none: isOfType((value) => value === null),
  true: isOfType((value) => value === true),
  false: isOfType((value) => value === false),
  boolean: isOfType((value) => typeof value === 'boolean'),
  integer: isOfType(isInteger),
  float: isOfType(isFloat),
  number: isOfType((value) => isNumber(value) || typeof value === 'boolean'),
  string: isOfType((value) => typeof value === 'string'),
  mapping: isOfType(isDict),
  sequence: isOfType((value) => typeof value === 'string' || isList(value) || isDict(value)),
  iterable: is((value) => typeof value === 'string' || isList(value) || isDict(value)),
  callable: is((value) => value instanceof Callable),
  sameas: entry('other', (value, [other]) => isSame(value, other)),
  escaped: is(() => false),
  upper: is((value) => str(value) === str(value).toUpperCase() && str(value) !== str(value).toLowerCase()),
  lower: is((value) => str(value) === str(value).toLowerCase() && str(value) !== str(value).toUpperCase()),
  odd: is((value) => Math.abs(integer(value) % 2) === 1),
  even: is((value) => integer(value) % 2 === 0),
  divisibleby: entry('num', (value, [number]) => {
    const divisor = integerArgument(number, 'num');
    if (divisor === 0) throw failed('division by zero');
    return numberArgument(value, 'divisibleby') % divisor === 0;
  }),
  in: entry('seq', (value, [sequence]) => contains(sequence, value)),
  contains: entry('value', (value, [item]) => contains(value, item)),
  filter: entry('', (value, _, runtime) => lookIn(runtime.environment.filters, str(value)) !== undefined),
  test: entry('', (value, _, runtime) => lookIn(runtime.environment.tests, str(value)) !== undefined),
  eq: equal,
  equalto: equal,
  '==': equal,
  ne: compares('!='),
  '!=': compares('!='),
  lt: compares('<'),
  lessthan: compares('<'),
  '<': compares('<'),
  le: compares('<='),
  '<=': compares('<='),
  gt: compares('>'),
  greaterthan: compares('>'),
  '>': compares('>'),
  ge: compares('>='),
  '>=': compares('>='),
  any: is((value) => iterate(value).some(truthy)),
  all: is((value) => iterate(value).every(truthy)),
  truthy: entry('convert_bool=', (value, [convert]) => truthiness(value, flag(convert))),
  falsy: entry('convert_bool=', (value, [convert]) => !truthiness(value, flag(convert))),
  nan,
  isnan: nan,
  subset,
  issubset: subset,
  superset,
  issuperset: superset,
  match: matching('match'),
  search: matching('search'),
  regex: matching('any'),
  version,
  version_compare: version,
  changed: entry('', changed),
  change: entry('', changed),
  failed: failedTest,
  failure: failedTest,
  succeeded,
  success: succeeded,
  successful: succeeded,
  skipped,
  skip: skipped,
  unreachable: field('unreachable'),
  reachable: field('unreachable', false),
  started: entry('', (value) => asynchronous(result(value, 'started'), 'started')),
  finished: entry('', (value) => asynchronous(result(value, 'finished'), 'finished')),
  abs: absolute,
  is_abs: absolute,
  url: lenientEntry('schemes=', (value, [schemes]) => {
    return isUri(value, schemes) && /^(?:file:|(?:[^:/?#]+:)?\/\/[^/?#])/i.test(str(value));
  }),
  uri: lenientEntry('schemes=', (value, [schemes]) => isUri(value, schemes)),
  vault_encrypted: is((value) => str(value).startsWith('$ANSIBLE_VAULT')),
  ...FILE_TESTS,
  urn: isOfType((value) => isUri(value, ['urn'])),
};

function result(value: unknown, test: string): Dict {
  if (isDict(value)) return value;
  throw failed(`the test '${test}' needs the result of a task, not ${typeName(value)}`);
}

/** A loop's result has changed where one of its items has. */
function hasChanged(task: Dict): boolean {
  if (dictHas(task, 'changed')) return truthy(dictGet(task, 'changed'));
  const results = dictGet(task, 'results');
  return isList(results) && results.some((one) => isDict(one) && truthy(dictGet(one, 'changed') ?? false));
}

/** A task that was not run asynchronously counts as started and finished. */
function asynchronous(task: Dict, name: string): boolean {
  const value = dictGet(task, name);
  return value === undefined || equals(value, 1);
}

function isSame(value: unknown, other: unknown): boolean {
  return value === other || (isFloat(value) && isFloat(other) && compare(value, other) === 0);
}

function integer(value: unknown): number {
  return numberArgument(value, 'the test');
}

const TRUE_WORDS: readonly string[] = ['y', 'yes', 'on', '1', 'true', 't'];
const FALSE_WORDS: readonly string[] = ['n', 'no', 'off', '0', 'false', 'f'];

function truthiness(value: unknown, convert: boolean): boolean {
  const word = typeof value === 'string' && convert ? value.toLowerCase().trim() : undefined;
  if (word !== undefined && TRUE_WORDS.includes(word)) return true;
  if (word !== undefined && FALSE_WORDS.includes(word)) return false;
  return truthy(value);
}

/** As in Ansible, any text at all is a URI unless schemes are named. */
function isUri(value: unknown, schemes: unknown): boolean {
  if (value !== null && typeof value !== 'string') return false;
  if (!isList(schemes) || schemes.length === 0) return true;
  return contains(schemes, /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(value ?? '')?.[1]?.toLowerCase() ?? '');
}
