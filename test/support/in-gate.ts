import process from 'node:process';
import { describe, test } from 'vitest';

/** Set by `npm test -- --all`: all rows and all runs, which takes hours. The gate takes the telling ones. */
export const ALL = process.env.TEST_ALL === '1';

/** How many times fewer runs of a dear property the gate makes. */
const FEWER = 5;

/** The rows of a table that the gate has time for: the first ones, or with `npm test -- --all` all of them. */
export function inGate<T>(first: number, rows: readonly T[]): readonly T[] {
  return ALL ? rows : rows.slice(0, first);
}

/** The rows that fall to one of several, the one at `index` of `of`; with `npm test -- --all` all of them. */
export function rowsOf<T>(rows: readonly T[], index: number, of: number): readonly T[] {
  return ALL ? rows : rows.filter((_, row) => row % of === index % of);
}

/** How often the gate tries a property whose single run is dear: a fifth of `all`, or with `npm test -- --all` all. */
export function runsInGate(all: number): number {
  return ALL ? all : Math.max(3, Math.ceil(all / FEWER));
}

/**
 * Each row with one of the others, taking turns, so that every row and every other comes up;
 * with `npm test -- --all` each row with each.
 */
export function inTurn<T extends object, U extends object>(rows: readonly T[], others: readonly U[]): (T & U)[] {
  if (ALL) return rows.flatMap((row) => others.map((other) => ({ ...row, ...other })));
  return rows.map((row, index) => ({ ...row, ...(others[index % others.length] as U) }));
}

const absent = Object.assign(() => {}, { each: () => () => {} });

/** `test` and `describe` for what the gate has no time for: it is there with `npm test -- --all` alone. */
export const longTest = (ALL ? test : absent) as typeof test;
export const longDescribe = (ALL ? describe : absent) as typeof describe;
