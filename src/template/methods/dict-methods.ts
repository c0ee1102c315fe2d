import { listArgument } from '../arguments.js';
import { dictDelete, dictEntries, dictGet, dictHas, dictKeys, dictSet, dictValues, makeDict } from '../dict.js';
import { failed } from '../failure.js';
import { repr } from '../python-text.js';
import { entry, lenientEntry, type Table } from '../signature.js';
import { type Dict, isDict, tuple } from '../values.js';

/** Python's methods of dicts. `update`, `pop` and `setdefault` change only the template's own view of a variable. */
export const DICT_METHODS: Table = {
  get: lenientEntry('key, default=', (dict, [key, otherwise]) => dictGet(dict as Dict, key) ?? otherwise ?? null),
  keys: entry('', (dict) => dictKeys(dict as Dict)),
  values: entry('', (dict) => dictValues(dict as Dict)),
  items: entry('', (dict) => dictEntries(dict as Dict).map(([key, value]) => tuple(key, value))),
  iteritems: entry('', (dict) => dictEntries(dict as Dict).map(([key, value]) => tuple(key, value))),
  copy: entry('', (dict) => makeDict(dictEntries(dict as Dict))),
  update: entry('other=, **more', (dict, [other, more]) => {
    for (const [key, value] of [...pairsOf(other), ...dictEntries(more as Dict)]) dictSet(dict as Dict, key, value);
    return null;
  }),
  pop: lenientEntry('key, default=', (dict, [key, otherwise]) => popped(dict as Dict, key, otherwise)),
  setdefault: lenientEntry('key, default=', (dict, [key, otherwise]) => {
    if (!dictHas(dict as Dict, key)) dictSet(dict as Dict, key, otherwise ?? null);
    return dictGet(dict as Dict, key);
  }),
};

function pairsOf(other: unknown): (readonly [unknown, unknown])[] {
  if (other === undefined) return [];
  if (isDict(other)) return dictEntries(other);
  return listArgument(other, 'what a dict is updated with').map((pair) => {
    const [key, value] = listArgument(pair, 'a pair');
    return [key, value];
  });
}

function popped(dict: Dict, key: unknown, otherwise: unknown): unknown {
  if (!dictHas(dict, key)) {
    if (otherwise === undefined) throw failed(`the dict has no key ${repr(key)}`);
    return otherwise;
  }
  const value = dictGet(dict, key);
  dictDelete(dict, key);
  return value;
}
