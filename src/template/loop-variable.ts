import { makeDict } from './dict.js';
import { failed } from './failure.js';
import { equals } from './python-compare.js';
import { Callable, tuple, Undefined } from './values.js';

/**
 * What `loop` is in a `{% for %}`.
 * @param changed what `loop.changed()` saw last, shared by the rounds of one loop
 */
export function loopVariable(
  items: readonly unknown[],
  index: number,
  changed: { last?: unknown },
  depth = 1,
): Map<unknown, unknown> {
  const none = (name: string) => new Undefined(`there is no ${name} item`, name);
  return makeDict([
    ['index', index + 1],
    ['index0', index],
    ['revindex', items.length - index],
    ['revindex0', items.length - index - 1],
    ['first', index === 0],
    ['last', index === items.length - 1],
    ['length', items.length],
    ['depth', depth],
    ['depth0', depth - 1],
    ['previtem', index > 0 ? items[index - 1] : none('previous')],
    ['nextitem', index < items.length - 1 ? items[index + 1] : none('next')],
    ['cycle', new Callable('cycle', ({ args }) => cycled(args, index))],
    ['changed', new Callable('changed', ({ args }) => hasChanged(args, changed))],
  ]);
}

function cycled(args: readonly unknown[], index: number): unknown {
  if (args.length === 0) throw failed('loop.cycle() needs values to go through');
  return args[index % args.length];
}

function hasChanged(args: readonly unknown[], changed: { last?: unknown }): boolean {
  const now = tuple(...args);
  const differs = changed.last === undefined || !equals(changed.last, now);
  changed.last = now;
  return differs;
}
