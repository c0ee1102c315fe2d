import { rowsOf } from './in-gate.js';

/**
 * Each row with its share of the items: the first to one row, the second to the next, so that all of them come up
 * between the rows; with `npm test -- --all` each row with all of them.
 */
export function inShares<Row extends object, Item>(
  rows: readonly Row[],
  items: readonly Item[],
): (Row & { readonly share: readonly Item[] })[] {
  return rows.map((row, mine) => ({ ...row, share: rowsOf(items, mine, rows.length) }));
}
