import { flag, integerArgument } from '../arguments.js';
import { attributeGetter, ignoringCase } from '../attribute-getter.js';
import { defined, failed } from '../failure.js';
import { allowItems, allowText, allowWork } from '../limits.js';
import { arithmetic } from '../operators.js';
import { compare, equals, iterate } from '../python-compare.js';
import { str } from '../python-text.js';
import type { Runtime } from '../runtime.js';
import { type Body, entry, lenientEntry, type Table } from '../signature.js';
import { Group, isList, tuple, Undefined } from '../values.js';
import { flattened } from './flatten.js';

const extreme =
  (sign: 1 | -1): Body =>
  (value, [caseSensitive, attribute], runtime) => {
    const items = iterate(value);
    if (items.length === 0) return new Undefined('No aggregated item, sequence was empty.');
    const key = keyOf(attribute, flag(caseSensitive), runtime);
    return items.reduce((best, item) => (sign * compare(key(item), key(best)) > 0 ? item : best));
  };

/** Filters on lists. */
export const LIST_FILTERS: Table = {
  first: lenientEntry('', (value) => endOf(iterate(value), 'first')),
  last: lenientEntry('', (value) => endOf(iterate(value), 'last')),
  min: entry('case_sensitive=, attribute=', extreme(-1)),
  max: entry('case_sensitive=, attribute=', extreme(1)),
  sum: entry('attribute=, start=', (value, [attribute, start], runtime) => {
    let copied = 0;
    return iterate(value)
      .map(attributeGetter(attribute, runtime))
      .reduce((sum, item) => {
        copied += isList(sum) || typeof sum === 'string' ? sum.length : 0;
        allowWork(copied);
        return arithmetic('+', sum, item);
      }, start ?? 0);
  }),
  join: entry('d=, attribute=', (value, [separator, attribute], runtime) => {
    const parts = iterate(value).map(attributeGetter(attribute, runtime)).map(str);
    const between = separator === undefined ? '' : str(separator);
    allowText(parts.reduce((length, part) => length + part.length + between.length, 0));
    return parts.join(between);
  }),
  sort: entry('reverse=, case_sensitive=, attribute=', (value, [reverse, caseSensitive, attribute], runtime) => {
    const names = typeof attribute === 'string' ? attribute.split(',') : [attribute];
    const getters = names.map((name) => keyOf(name, flag(caseSensitive), runtime));
    const keyed = iterate(value).map((item) => ({ item, keys: getters.map((get) => get(item)) }));
    const sign = flag(reverse) ? -1 : 1;
    return keyed.sort((a, b) => sign * compare(a.keys, b.keys)).map(({ item }) => item);
  }),
  reverse: entry('', (value) => {
    const reversed = [...iterate(value)].reverse();
    return typeof value === 'string' ? reversed.join('') : reversed;
  }),
  flatten: entry('levels=, skip_nulls=', (value, [levels, skipNulls]) => {
    const depth = levels === undefined || levels === null ? undefined : integerArgument(levels, 'levels');
    return flattened(iterate(value), depth, flag(skipNulls, true));
  }),
  zip: entry('*others', (value, [others]) => {
    const lists = [value, ...(others as unknown[])].map(iterate);
    const length = Math.min(...lists.map((list) => list.length));
    return Array.from({ length }, (_, index) => tuple(...lists.map((list) => list[index])));
  }),
  zip_longest: entry('*others, fillvalue=', (value, [others, fill]) => {
    const lists = [value, ...(others as unknown[])].map(iterate);
    const length = Math.max(...lists.map((list) => list.length));
    const at = (list: readonly unknown[], index: number) => (index < list.length ? list[index] : (fill ?? null));
    return Array.from({ length }, (_, index) => tuple(...lists.map((list) => at(list, index))));
  }),
  product: entry('*others, repeat=', (value, [others, repeat]) => {
    const lists = [value, ...(others as unknown[])].map(iterate);
    const times = integerArgument(repeat, 'repeat', 1);
    allowItems(times);
    return product(Array.from({ length: times }, () => lists).flat());
  }),
  permutations: entry('r=', (value, [r]) => {
    const items = iterate(value);
    return permutations(items, r === undefined ? items.length : integerArgument(r, 'r'));
  }),
  combinations: entry('r', (value, [r]) => combinations(iterate(value), integerArgument(r, 'r'))),
  batch: entry('linecount, fill_with=', (value, [count, fill]) => {
    const size = positive(count, 'linecount');
    const items = iterate(value);
    const rows = Array.from({ length: Math.ceil(items.length / size) }, (_, row) =>
      items.slice(row * size, row * size + size),
    );
    const last = rows.at(-1);
    if (last === undefined || fill === undefined || fill === null) return rows;
    allowItems(size);
    rows[rows.length - 1] = [...last, ...Array.from({ length: size - last.length }, () => fill)];
    return rows;
  }),
  slice: entry('slices, fill_with=', (value, [count, fill]) => slices(iterate(value), positive(count, 'slices'), fill)),
  groupby: entry('attribute, default=, case_sensitive=', (value, [attribute, fallback, caseSensitive], runtime) =>
    groups(iterate(value), attributeGetter(attribute, runtime, fallback), flag(caseSensitive)),
  ),
};

function endOf(items: readonly unknown[], which: 'first' | 'last'): unknown {
  if (items.length === 0) return new Undefined(`No ${which} item, sequence was empty.`);
  return items.at(which === 'first' ? 0 : -1);
}

function keyOf(attribute: unknown, caseSensitive: boolean, runtime: Runtime): (item: unknown) => unknown {
  const get = attributeGetter(typeof attribute === 'string' ? attribute.trim() : attribute, runtime);
  return (item) => {
    const value: unknown = defined(get(item));
    return caseSensitive ? value : ignoringCase(value);
  };
}

function positive(value: unknown, what: string): number {
  const number = integerArgument(value, what);
  if (number < 1) throw failed(`${what} has to be at least 1`);
  allowItems(number);
  return number;
}

function product(lists: readonly (readonly unknown[])[]): unknown[] {
  allowItems(lists.reduce((size, list) => size * list.length, 1));
  let rows: unknown[][] = [[]];
  for (const list of lists) rows = rows.flatMap((row) => list.map((item) => [...row, item]));
  return rows.map((row) => tuple(...row));
}

function permutations(items: readonly unknown[], r: number): unknown[] {
  let size = 1;
  for (let i = 0; i < r; i++) size *= Math.max(0, items.length - i);
  allowItems(size);
  let rows: number[][] = [[]];
  for (let i = 0; i < r; i++) {
    rows = rows.flatMap((row) => items.flatMap((_, index) => (row.includes(index) ? [] : [[...row, index]])));
  }
  return rows.map((row) => tuple(...row.map((index) => items[index])));
}

function combinations(items: readonly unknown[], r: number): unknown[] {
  let size = 1;
  for (let i = 0; i < Math.min(r, items.length); i++) {
    size = (size * (items.length - i)) / (i + 1);
    // Half-way is the most that there are at any length on the way.
    allowItems(size);
  }
  let rows: number[][] = [[]];
  for (let i = 0; i < r; i++) {
    rows = rows.flatMap((row) => items.flatMap((_, index) => (index > (row.at(-1) ?? -1) ? [[...row, index]] : [])));
  }
  return rows.map((row) => tuple(...row.map((index) => items[index])));
}

/** As many lists as asked for, the first ones longer by one where it does not come out even. */
function slices(items: readonly unknown[], count: number, fill: unknown): unknown[] {
  const each = Math.floor(items.length / count);
  const longer = items.length % count;
  return Array.from({ length: count }, (_, index) => {
    const start = index * each + Math.min(index, longer);
    const own = items.slice(start, start + each + (index < longer ? 1 : 0));
    return fill !== undefined && fill !== null && longer > 0 && index >= longer ? [...own, fill] : own;
  });
}

function groups(items: readonly unknown[], get: (item: unknown) => unknown, caseSensitive: boolean): unknown[] {
  const key = (item: unknown): unknown => {
    const value: unknown = defined(get(item));
    return caseSensitive ? value : ignoringCase(value);
  };
  const sorted = items.map((item) => ({ item, key: key(item) })).sort((a, b) => compare(a.key, b.key));
  const made: { key: unknown; members: unknown[] }[] = [];
  for (const { item, key: own } of sorted) {
    const last = made.at(-1);
    if (last !== undefined && equals(last.key, own)) last.members.push(item);
    else made.push({ key: own, members: [item] });
  }
  return made.map(({ members }) => new Group(get(members[0]), members));
}
