import { flag, listArgument, optionalText, textArgument } from '../arguments.js';
import { ignoringCase } from '../attribute-getter.js';
import { dictEntries, dictGet, dictHas, dictValues, makeDict } from '../dict.js';
import { failed } from '../failure.js';
import { compare, contains } from '../python-compare.js';
import { repr } from '../python-text.js';
import { entry, lenientEntry, type Table } from '../signature.js';
import { type Dict, isDict, isList, type Tuple, tuple, typeName, Undefined } from '../values.js';
import { flattened } from './flatten.js';

const LIST_MERGES: readonly string[] = ['replace', 'keep', 'append', 'prepend', 'append_rp', 'prepend_rp'];

/** Filters on dicts. */
export const DICT_FILTERS: Table = {
  dict2items: entry('key_name=, value_name=', (value, [key, item]) => {
    const [keyName, valueName] = [key ?? 'key', item ?? 'value'];
    return dictEntries(dictArgument(value, 'dict2items')).map(([k, v]) =>
      makeDict([
        [keyName, k],
        [valueName, v],
      ]),
    );
  }),
  items2dict: entry('key_name=, value_name=', (value, [key, item]) =>
    makeDict(listArgument(value, 'items2dict').map((one) => pairOf(one, key ?? 'key', item ?? 'value'))),
  ),
  items: lenientEntry('', (value) =>
    value instanceof Undefined ? [] : dictEntries(dictArgument(value, 'items')).map((pair) => tuple(...pair)),
  ),
  dictsort: entry('case_sensitive=, by=, reverse=', (value, [caseSensitive, by, reverse]) => {
    if (by !== undefined && by !== 'key' && by !== 'value') throw failed("by has to be 'key' or 'value'");
    const place = by === 'value' ? 1 : 0;
    const key = (pair: readonly unknown[]) => (flag(caseSensitive) ? pair[place] : ignoringCase(pair[place]));
    const pairs = dictEntries(dictArgument(value, 'dictsort')).sort((a, b) => compare(key(a), key(b)));
    return (flag(reverse) ? pairs.reverse() : pairs).map((pair) => tuple(...pair));
  }),
  combine: entry('*dicts, recursive=, list_merge=', (value, [others, recursive, listMerge]) => {
    const merge = optionalText(listMerge, 'list_merge') ?? 'replace';
    if (!LIST_MERGES.includes(merge)) throw failed(`list_merge has to be one of ${LIST_MERGES.join(', ')}`);
    const dicts = flattened([value, ...(others as unknown[])], 1, true).map((one) => dictArgument(one, 'combine'));
    return dicts.reduce((merged, dict) => combined(merged, dict, flag(recursive), merge), makeDict([]));
  }),
  subelements: entry('subelements, skip_missing=', (value, [path, skipMissing]) =>
    subelementsOf(value, path, flag(skipMissing)),
  ),
  rekey_on_member: entry('key, duplicates=', (value, [key, duplicates]) => {
    const members = isDict(value) ? dictValues(value) : listArgument(value, 'rekey_on_member');
    const made = new Map<unknown, unknown>();
    for (const member of members) {
      const name = dictGet(dictArgument(member, 'rekey_on_member'), key);
      if (name === undefined) throw failed(`the key ${repr(key)} was not found`);
      if (made.has(name) && duplicates !== 'overwrite') throw failed(`the key ${repr(name)} is not unique`);
      made.set(name, member);
    }
    return makeDict(made);
  }),
};

function dictArgument(value: unknown, what: string): Dict {
  if (isDict(value)) return value;
  throw failed(`${what} needs a dict, not ${typeName(value)}`);
}

function pairOf(item: unknown, keyName: unknown, valueName: unknown): [unknown, unknown] {
  const dict = dictArgument(item, 'items2dict');
  if (!dictHas(dict, keyName) || !dictHas(dict, valueName)) {
    throw failed(`items2dict needs the keys ${repr(keyName)} and ${repr(valueName)} in each item`);
  }
  return [dictGet(dict, keyName), dictGet(dict, valueName)];
}

/** Ansible's `merge_hash`: what stands in `over` wins. @see ansible `utils/vars.py` at 2.14 */
function combined(under: Dict, over: Dict, recursive: boolean, listMerge: string): Map<unknown, unknown> {
  const made = makeDict(dictEntries(under));
  for (const [key, value] of dictEntries(over)) {
    const old = dictGet(made, key);
    if (isDict(old) && isDict(value)) made.set(key, recursive ? combined(old, value, recursive, listMerge) : value);
    else if (isList(old) && isList(value)) made.set(key, mergedList(old, value, listMerge));
    else made.set(key, value);
  }
  return made;
}

function mergedList(under: readonly unknown[], over: readonly unknown[], how: string): readonly unknown[] {
  const notIn = (items: readonly unknown[]) => items.filter((item) => !contains(over, item));
  switch (how) {
    case 'keep':
      return under;
    case 'append':
      return [...under, ...over];
    case 'prepend':
      return [...over, ...under];
    case 'append_rp':
      return [...notIn(under), ...over];
    case 'prepend_rp':
      return [...over, ...notIn(under)];
    default:
      return over;
  }
}

/** Each element with each item of its list under a path. */
export function subelementsOf(value: unknown, path: unknown, skipMissing: boolean): Tuple[] {
  const elements = isDict(value) ? dictValues(value) : listArgument(value, 'subelements');
  const keys = isList(path) ? path : textArgument(path, 'the path of the list').split('.');
  return elements.flatMap((element) => {
    let found: unknown = element;
    for (const key of keys) {
      const next = isDict(found) ? dictGet(found, key) : undefined;
      if (next === undefined) {
        if (skipMissing && isDict(found)) return [];
        throw failed(`could not find the key ${repr(key)} in an item of subelements`);
      }
      found = next;
    }
    return listArgument(found, `what stands under ${repr(path)}`).map((item) => tuple(element, item));
  });
}
