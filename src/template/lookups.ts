import { FixError } from '../core/error.js';
import { adopted } from './adopted.js';
import { flag, integerArgument, listArgument, textArgument } from './arguments.js';
import { dictEntries, dictGet, dictHas, dictValues, makeDict } from './dict.js';
import { defined, failed } from './failure.js';
import { subelementsOf } from './filters/dicts.js';
import { flattened } from './filters/flatten.js';
import { allowItems } from './limits.js';
import { refuseOptions } from './lookup-options.js';
import { percentFormat } from './percent-format.js';
import { truthy } from './python-compare.js';
import { pythonRegex, searching } from './python-regex.js';
import { str } from './python-text.js';
import { randomSource } from './random-source.js';
import type { Lookup, Runtime } from './runtime.js';
import { isDict, isList, tuple, Undefined } from './values.js';

/**
 * `lookup(...)`: the list's one value, its texts joined by commas, or the list; `query(...)` (`wantlist`): the list.
 * With `errors='ignore'` a failure gives an empty list, or None.
 * @throws FixError what the lookup throws; `template/failed` where there is none of that name
 */
export function callLookup(
  name: unknown,
  terms: readonly unknown[],
  { wantlist, errors, ...options }: Readonly<Record<string, unknown>>,
  { environment, scope }: Pick<Runtime, 'environment' | 'scope'>,
): unknown {
  const plugin = textArgument(defined(name), 'the name of a lookup').replace(/^ansible\.(?:builtin|legacy)\./, '');
  const lookup = Object.hasOwn(environment.lookups, plugin) ? environment.lookups[plugin] : undefined;
  if (lookup === undefined) throw failed(`there is no lookup '${plugin}'`, 'Check its spelling.');
  const values = run(guarded(plugin, lookup), terms.map(defined), options, errors);
  if (values === undefined) return flag(wantlist) ? [] : null;
  if (flag(wantlist)) return values;
  if (values.every((value) => typeof value === 'string')) return values.join(',');
  return values.length === 1 ? values[0] : values;

  function run(
    one: Lookup,
    given: readonly unknown[],
    more: Readonly<Record<string, unknown>>,
    how: unknown,
  ): readonly unknown[] | undefined {
    try {
      return one(given, more, scope).map(adopted);
    } catch (thrown) {
      if (thrown instanceof FixError && (how === 'ignore' || how === 'warn')) return undefined;
      throw thrown;
    }
  }
}

/** A lookup of this file takes those options only that are listed for it; others see to theirs themselves. */
function guarded(name: string, lookup: Lookup): Lookup {
  if (!Object.hasOwn(LOOKUPS, name) || LOOKUPS[name] !== lookup) return lookup;
  return (terms, options, scope) => {
    refuseOptions(name, options, OPTIONS[name] ?? []);
    return lookup(terms, options, scope);
  };
}

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  vars: ['default'],
  sequence: ['start', 'end', 'count', 'stride', 'format'],
};

/** The lookups that need nothing but variables; those that read files, commands or the environment are the caller's. */
export const LOOKUPS: Readonly<Record<string, Lookup>> = {
  vars: (terms, { default: fallback }, scope) =>
    terms.map((term) => {
      const name = textArgument(term, 'the name of a variable');
      const value = scope.read(name);
      if (value instanceof Undefined && fallback !== undefined) return fallback;
      return defined(
        value instanceof Undefined ? new Undefined(`No variable found with this name: ${name}`, name) : value,
      );
    }),
  varnames: (terms, _, scope) => {
    const patterns = terms.map((term) => pythonRegex(textArgument(term, 'a pattern')));
    return scope
      .names()
      .filter((name) => patterns.some((pattern) => searching(pattern, name, () => name.search(pattern) >= 0)));
  },
  items: (terms) => terms.flatMap((term) => (isList(term) ? [...term] : [term])),
  list: (terms) => [...terms],
  flattened: (terms) => flattened(terms, undefined, true),
  dict: (terms) =>
    terms
      .flatMap((term) => (isList(term) ? term : [term]))
      .flatMap((term) => {
        if (!isDict(term)) throw failed("the lookup 'dict' needs dicts");
        return dictEntries(term).map(([key, value]) =>
          makeDict([
            ['key', key],
            ['value', value],
          ]),
        );
      }),
  indexed_items: (terms) =>
    terms.flatMap((term) => (isList(term) ? [...term] : [term])).map((item, index) => tuple(index, item)),
  together: (terms) => {
    const lists = terms.map((term) => (isList(term) ? term : [term]));
    const length = Math.max(0, ...lists.map((list) => list.length));
    return Array.from({ length }, (_, index) => lists.map((list) => list[index] ?? null));
  },
  nested,
  cartesian: nested,
  subelements: (terms) => {
    const [elements, path, flags] = terms;
    if (terms.length < 2 || terms.length > 3) throw failed("the lookup 'subelements' needs a list and a path");
    const skipMissing =
      isDict(flags) && ['true', 'yes', 'on', '1'].includes(str(dictGet(flags, 'skip_missing') ?? '').toLowerCase());
    const all = isDict(elements) ? dictValues(elements) : listArgument(elements, 'what has subelements');
    const shown = all.filter((one) => !isDict(one) || !truthy(dictGet(one, 'skipped') ?? false));
    const keys = textArgument(path, 'the path of the list').split('.');
    return subelementsOf(shown, keys, skipMissing).map(([element, item]) => tuple(without(element, keys), item));
  },
  random_choice: (terms) => (terms.length === 0 ? [] : [terms[randomSource(undefined).below(terms.length)]]),
  sequence: (terms, options) =>
    terms.length > 0 ? terms.flatMap((term) => sequence(shorthand(str(term)))) : sequence(options),
};

/** A dict without what is at a path in it: the list that the items came from. */
function without(dict: unknown, [key, ...more]: readonly string[]): unknown {
  if (!isDict(dict) || !dictHas(dict, key)) return dict;
  const entries = dictEntries(dict);
  if (more.length === 0) return makeDict(entries.filter(([name]) => name !== key));
  return makeDict(entries.map(([name, value]) => [name, name === key ? without(value, more) : value]));
}

/** Every item of the first list with every item of the others; lists inside are opened, as in Ansible. */
function nested(terms: readonly unknown[]): readonly unknown[] {
  if (terms.length === 0) throw failed("the lookup 'nested' needs at least one list");
  const lists = terms.map((term) => (isList(term) ? term : [term]));
  allowItems(lists.reduce((size, list) => size * list.length, 1));
  let rows: unknown[][] = [[]];
  for (const list of lists) rows = rows.flatMap((row) => list.map((item) => [...row, item]));
  return rows.map((row) => flattened(row, undefined, false));
}

/** `start=1 end=4 stride=2 format=web%02d`, or `1-4`, `4`, `1-4/2:web%02d`. */
function shorthand(term: string): Record<string, unknown> {
  const short = /^(?:(0[xX][\da-fA-F]+|\d+)-)?(0[xX][\da-fA-F]+|\d+)(?:\/(-?\d+))?(?::(.+))?$/.exec(term.trim());
  if (short !== null) {
    const [, start = '1', end, stride = '1', format = '%d'] = short;
    return { start: Number(start), end: Number(end), stride: Number(stride), format };
  }
  const pairs = term
    .trim()
    .split(/\s+/)
    .map((part) => /^(\w+)=(.*)$/.exec(part));
  if (pairs.some((pair) => pair === null)) throw failed(`'${term}' is no sequence`);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key = '', value = ''] = pair as RegExpExecArray;
      return [key, /^-?\d+$/.test(value) ? Number(value) : value];
    }),
  );
}

function sequence({ start, end, count, stride, format }: Readonly<Record<string, unknown>>): string[] {
  const first = integerArgument(start, 'start', 1);
  const by = integerArgument(stride, 'stride', 1);
  const n = count === undefined ? undefined : integerArgument(count, 'count');
  if (n === undefined && end === undefined) throw failed('a sequence needs an end or a count');
  if (n !== undefined && end !== undefined) throw failed('a sequence has an end or a count, not both');
  if (by === 0) throw failed('the stride of a sequence cannot be 0');
  const last = n === undefined ? integerArgument(end, 'end') : first + n * by - 1;
  if (n !== 0 && by > 0 && last < first) throw failed('a sequence that counts backwards needs a negative stride');
  if (n !== 0 && by < 0 && last > first) throw failed('a sequence that counts forward needs a positive stride');
  const length = n ?? Math.max(0, Math.floor((last - first) / by) + 1);
  allowItems(length);
  const pattern = format === undefined ? '%d' : textArgument(format, 'format');
  return Array.from({ length }, (_, index) => percentFormat(pattern, first + index * by));
}
