import { flag, integerArgument, listArgument, optionalText } from './arguments.js';
import { dictEntries, makeDict } from './dict.js';
import { CONSTANT } from './evaluate.js';
import { failed } from './failure.js';
import { allowItems } from './limits.js';
import { callLookup } from './lookups.js';
import { type Body, entry, lenientEntry, type Table } from './signature.js';
import { strftime } from './strftime.js';
import { DateTime, isDict, Namespace, OMIT } from './values.js';

const query: Body = (_, [name, terms, options], runtime) =>
  callLookup(name, terms as unknown[], { ...(options as Record<string, unknown>), wantlist: true }, runtime);

/** What a template may name besides variables. A variable of the same name comes first. */
export const GLOBALS: Table = {
  omit: entry(CONSTANT, () => OMIT),
  range: entry('start, stop=, step=', (_, [start, stop, step]) => range(start, stop, step)),
  dict: entry('items=, **kwargs', (_, [items, kwargs]) => {
    const given = items === undefined ? [] : isDict(items) ? dictEntries(items) : listArgument(items, 'dict').map(pair);
    return makeDict([...given, ...Object.entries(kwargs as object)]);
  }),
  namespace: entry('items=, **kwargs', (_, [items, kwargs]) => {
    const made = new Namespace();
    const given = isDict(items) ? dictEntries(items) : [];
    for (const [name, value] of [...given, ...Object.entries(kwargs as object)]) {
      made.attributes.set(String(name), value);
    }
    return made;
  }),
  now: entry('utc=, fmt=', (_, [utc, format], { environment }) => {
    const now = new DateTime(environment.now(), flag(utc));
    const wanted = optionalText(format, 'fmt');
    return wanted === undefined || wanted === '' ? now : strftime(now, wanted);
  }),
  lookup: lenientEntry('plugin, *terms, **options', (_, [name, terms, options], runtime) =>
    callLookup(name, terms as unknown[], options as Record<string, unknown>, runtime),
  ),
  query: lenientEntry('plugin, *terms, **options', query),
  q: lenientEntry('plugin, *terms, **options', query),
  undef: entry('hint=', (_, [hint]) => {
    throw failed(optionalText(hint, 'hint') ?? 'Mandatory variable has not been overridden', 'Define the variable.');
  }),
};

function range(start: unknown, stop: unknown, step: unknown): number[] {
  const by = integerArgument(step, 'step', 1);
  if (by === 0) throw failed('the step of a range cannot be 0');
  const [from, to] =
    stop === undefined
      ? [0, integerArgument(start, 'stop')]
      : [integerArgument(start, 'start'), integerArgument(stop, 'stop')];
  const length = Math.max(0, Math.ceil((to - from) / by));
  allowItems(length);
  return Array.from({ length }, (_, index) => from + index * by);
}

function pair(item: unknown): [unknown, unknown] {
  const [key, value] = listArgument(item, 'a pair');
  return [key, value];
}
