import { attributeGetter } from '../attribute-getter.js';
import { itemOf } from '../attributes.js';
import { withoutCollection } from '../collection-name.js';
import { defined, failed } from '../failure.js';
import { iterate, truthy } from '../python-compare.js';
import { str } from '../python-text.js';
import type { Runtime } from '../runtime.js';
import { type Body, lenientEntry, type Table } from '../signature.js';
import { isList } from '../values.js';

/** Filters that run another filter or a test on each item, or reach into it. */
export const PICKING_FILTERS: Table = {
  map: lenientEntry('*args, **kwargs', (value, [args, kwargs], runtime) =>
    iterate(value).map(mapper(args as unknown[], kwargs as Record<string, unknown>, runtime)),
  ),
  select: lenientEntry('*args, **kwargs', picking(true, false)),
  reject: lenientEntry('*args, **kwargs', picking(false, false)),
  selectattr: lenientEntry('*args, **kwargs', picking(true, true)),
  rejectattr: lenientEntry('*args, **kwargs', picking(false, true)),
  extract: lenientEntry('container, morekeys=', (value, [container, moreKeys], runtime) => {
    const more = moreKeys === undefined || moreKeys === null ? [] : isList(moreKeys) ? moreKeys : [moreKeys];
    return [value, ...more].reduce((at: unknown, key) => itemOf(at, defined(key), runtime), container);
  }),
  attr: lenientEntry('name', (value, [name], runtime) => runtime.attribute(value, str(name))),
};

function mapper(args: unknown[], kwargs: Record<string, unknown>, runtime: Runtime): (item: unknown) => unknown {
  if (args.length === 0 && kwargs.attribute !== undefined) {
    const { attribute, default: fallback, ...unknown } = kwargs;
    const [name] = Object.keys(unknown);
    if (name !== undefined) throw failed(`map has no argument '${name}'`);
    return attributeGetter(attribute, runtime, fallback);
  }
  const [filter, ...rest] = args;
  if (typeof filter !== 'string') throw failed("map needs the name of a filter, or 'attribute='");
  return (item) => runtime.callFilter(withoutCollection(filter), item, { args: rest, kwargs });
}

/** What `select` and its three relatives do. */
function picking(keep: boolean, byAttribute: boolean): Body {
  return (value, [given, options], runtime) => {
    const args = given as unknown[];
    const kwargs = options as Record<string, unknown>;
    if (byAttribute && args.length === 0) throw failed('the name of an attribute is missing');
    const get = byAttribute ? attributeGetter(args[0], runtime) : (item: unknown) => item;
    const [test, ...rest] = byAttribute ? args.slice(1) : args;
    const passes =
      test === undefined
        ? (item: unknown) => truthy(item)
        : (item: unknown) => runtime.callTest(withoutCollection(str(test)), item, { args: rest, kwargs });
    return iterate(value).filter((item) => passes(get(item)) === keep);
  };
}
