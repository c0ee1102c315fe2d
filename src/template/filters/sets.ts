import { flag } from '../arguments.js';
import { attributeGetter, ignoringCase } from '../attribute-getter.js';
import { iterate, memberOf, unique } from '../python-compare.js';
import { entry, type Table } from '../signature.js';

/** Filters on lists as sets; the order of the first list is kept. */
export const SET_FILTERS: Table = {
  // Ansible hands its own default (None) to Jinja2 as false, so that text is compared without its case.
  unique: entry('case_sensitive=, attribute=', (value, [caseSensitive, attribute], runtime) => {
    const get = attributeGetter(attribute, runtime);
    return unique(iterate(value), (item) => (flag(caseSensitive) ? get(item) : ignoringCase(get(item))));
  }),
  union: entry('other', (value, [other]) => unique([...iterate(value), ...iterate(other)])),
  intersect: entry('other', (value, [other]) => {
    const items = memberOf(iterate(other));
    return unique(iterate(value).filter(items));
  }),
  difference: entry('other', (value, [other]) => {
    const items = memberOf(iterate(other));
    return unique(iterate(value).filter((item) => !items(item)));
  }),
  symmetric_difference: entry('other', (value, [other]) => {
    const [left, right] = [memberOf(iterate(value)), memberOf(iterate(other))];
    return unique([...iterate(value), ...iterate(other)].filter((item) => !(left(item) && right(item))));
  }),
};
