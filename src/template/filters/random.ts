import { integerArgument } from '../arguments.js';
import { failed } from '../failure.js';
import { iterate, truthy } from '../python-compare.js';
import { randomSource, shuffled } from '../random-source.js';
import { entry, type Table } from '../signature.js';
import { isDict, isList, numeric, typeName } from '../values.js';

/**
 * Filters that choose. With a `seed` they choose what Ansible chooses with it, each time; without one a plan and the
 * run after it may differ.
 */
export const RANDOM_FILTERS: Table = {
  random: entry('start=, step=, seed=', (value, [start, step, seed]) => {
    const source = randomSource(seed);
    if (typeof value === 'number' || typeof value === 'boolean') {
      return inRange(numeric(value) as number, start, step, source.below.bind(source));
    }
    if (!isList(value) && typeof value !== 'string') {
      if (isDict(value)) throw failed('random cannot choose from a dict', 'Choose from its keys: `| list | random`.');
      throw failed(`random can only be used on lists and integers, not on ${typeName(value)}`);
    }
    if (isGiven(start) || isGiven(step)) throw failed('start and step can only be used with integers');
    const items = iterate(value);
    if (items.length === 0) throw failed('random cannot choose from an empty list');
    return items[source.below(items.length)];
  }),
  shuffle: entry('seed=', (value, [seed]) => {
    if (!isList(value) && typeof value !== 'string' && !isDict(value)) return value;
    // Ansible hands back the list as it is where its seed is none, and takes an empty seed for no seed.
    if (isList(seed) || isDict(seed))
      return truthy(seed) ? [...iterate(value)] : shuffled(iterate(value), randomSource(null));
    return shuffled(iterate(value), randomSource(isGiven(seed) ? seed : null));
  }),
};

function isGiven(value: unknown): boolean {
  return value !== undefined && truthy(value);
}

function inRange(end: number, start: unknown, step: unknown, below: (limit: number) => number): number {
  if (!Number.isInteger(end)) throw failed('random can only be used on lists and integers, not on float');
  const from = isGiven(start) ? integerArgument(start, 'start') : 0;
  const by = isGiven(step) ? integerArgument(step, 'step') : 1;
  const count = Math.ceil((end - from) / by);
  if (count <= 0) throw failed(`there is no number from ${from} to ${end}`);
  return from + by * below(count);
}
