import { integerArgument } from '../arguments.js';
import { failed } from '../failure.js';
import { allowItems } from '../limits.js';
import { compare, equals, iterate } from '../python-compare.js';
import { repr } from '../python-text.js';
import { entry, type Table } from '../signature.js';
import { Tuple, tuple } from '../values.js';

/** Python's methods of lists. Those that change one change only the template's own view of a variable. */
export const LIST_METHODS: Table = {
  index: entry('value', (list, [value]) => {
    const index = items(list).findIndex((item) => equals(item, value));
    if (index < 0) throw failed(`${repr(value)} is not in the list`);
    return index;
  }),
  count: entry('value', (list, [value]) => items(list).filter((item) => equals(item, value)).length),
  copy: entry('', (list) => (list instanceof Tuple ? tuple(...items(list)) : [...items(list)])),
  append: entry('value', (list, [value]) => changed(list, (own) => own.push(value))),
  extend: entry('other', (list, [other]) => changed(list, (own) => own.push(...iterate(other)))),
  insert: entry('index, value', (list, [index, value]) =>
    changed(list, (own) => own.splice(integerArgument(index, 'the index'), 0, value)),
  ),
  pop: entry('index=', (list, [index]) => {
    const own = ownItems(list);
    const at = integerArgument(index, 'the index', -1);
    const place = at < 0 ? at + own.length : at;
    if (place < 0 || place >= own.length) throw failed(`the list has no item ${at}`);
    return own.splice(place, 1)[0];
  }),
  remove: entry('value', (list, [value]) =>
    changed(list, (own) => {
      const index = own.findIndex((item) => equals(item, value));
      if (index < 0) throw failed(`${repr(value)} is not in the list`);
      own.splice(index, 1);
    }),
  ),
  reverse: entry('', (list) => changed(list, (own) => own.reverse())),
  clear: entry('', (list) => changed(list, (own) => own.splice(0))),
  sort: entry('reverse=', (list, [reverse]) =>
    changed(list, (own) => own.sort((a, b) => (reverse === true ? compare(b, a) : compare(a, b)))),
  ),
};

function items(list: unknown): readonly unknown[] {
  return list as readonly unknown[];
}

function ownItems(list: unknown): unknown[] {
  if (list instanceof Tuple || Object.isFrozen(list)) throw failed('a tuple cannot be changed');
  return list as unknown[];
}

function changed(list: unknown, change: (own: unknown[]) => unknown): null {
  const own = ownItems(list);
  change(own);
  allowItems(own.length);
  return null;
}
