import { test } from 'vitest';
import { ALL } from './in-gate.js';
import { SHELLS, type Shell } from './local-shell.js';

/** What a suite that is there once for each shell declares its tests with. */
export interface Turn {
  (title: string, body: () => unknown, timeoutMs?: number): void;
  each<Row>(rows: readonly Row[]): (title: string, body: (row: Row) => unknown, timeoutMs?: number) => void;
}

/**
 * Each with a `turn` that declares a test, or a row of a table, under one of them, the first under the first;
 * with `npm test -- --all` under each. A test that is to be under each in the gate too is declared with `test`.
 */
export function takingTurns<T extends object>(all: readonly T[]): (T & { readonly turn: Turn })[] {
  return all.map((one, index) => ({ ...one, turn: turnOf(index, all.length) }));
}

/** The shells, which take turns. */
export const SHELLS_IN_TURN: readonly (Shell & { readonly turn: Turn })[] = takingTurns(SHELLS);

function turnOf(index: number, of: number): Turn {
  let declared = 0;
  const isMine = () => declared++ % of === index || ALL;
  const turn = (title: string, body: () => unknown, timeoutMs?: number): void => {
    if (isMine()) test(title, body, timeoutMs);
  };
  const each = <Row>(rows: readonly Row[]) => {
    const mine = rows.filter(isMine);
    return (title: string, body: (row: Row) => unknown, timeoutMs?: number): void => {
      if (mine.length > 0) test.each(mine)(title, body as never, timeoutMs);
    };
  };
  return Object.assign(turn, { each });
}
