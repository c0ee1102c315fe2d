import { randomInt } from 'node:crypto';
import { MersenneTwister } from './mersenne-twister.js';

/** Where choices come from: a seed's numbers, which are the same each time, or the machine's own. */
export interface RandomSource {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
}

/** @throws FixError `template/failed` for a seed that is neither text nor a whole number */
export function randomSource(seed: unknown): RandomSource {
  return seed === undefined || seed === null ? UNSEEDED : new MersenneTwister(seed);
}

const UNSEEDED: RandomSource = { below: (limit) => randomInt(Math.max(1, Math.min(limit, 2 ** 48 - 1))) };

/** Items in another order, as Python's `shuffle` makes it of the same numbers. */
export function shuffled(items: readonly unknown[], source: RandomSource): unknown[] {
  const made = [...items];
  for (let i = made.length - 1; i > 0; i--) {
    const j = source.below(i + 1);
    [made[i], made[j]] = [made[j], made[i]];
  }
  return made;
}
