import { createContext, Script } from 'node:vm';
import { codeOf } from './error-code.js';

/** How long one search with a regular expression may take, the match deadline; a file's lines together count as one. */
export const MATCH_DEADLINE_MS = 500;

/** A pattern that was still searching at the deadline. */
export class SlowPattern extends Error {
  override readonly name = 'SlowPattern';

  constructor(pattern: string) {
    const shown = pattern.length > 80 ? `${pattern.slice(0, 80)}…` : pattern;
    super(`the pattern '${shown}' takes longer than ${MATCH_DEADLINE_MS / 1000} s on this text`);
  }
}

/** What to tell a person whose pattern is too slow. */
export const SLOW_PATTERN_HINT =
  'Write it without repetitions inside repetitions, such as (a+)+, or anchor it: it tries too many ways to match.';

/**
 * Searches with a regular expression, and gives up at the match deadline.
 *
 * A pattern that cannot take long on a text of this length runs as it is; any other runs where it can be stopped,
 * which costs about a tenth of a millisecond. A search that is stopped leaves nothing behind.
 *
 * @param length of all the text that `search` looks through, in UTF-16 units
 * @param search uses the regular expression, and changes nothing
 * @throws SlowPattern at the deadline, and at once for a pattern that would take long only to be made ready
 * @see docs/decisions/0007-regular-expressions.md
 */
export function matchInTime<T>(regex: RegExp, length: number, search: () => T): T {
  const steps = mostSteps(regex.source, length);
  if (steps === undefined) throw new SlowPattern(regex.source);
  return steps <= QUICK_STEPS ? search() : interruptibly(regex.source, search);
}

/** A few milliseconds. */
const QUICK_STEPS = 1_000_000;
/** V8 takes 20 ms to compile `a?` and `a` twenty times over, 4 s for forty; nothing can interrupt it. */
const MAX_OPTIONAL = 24;

/**
 * The most ways in which a backtracking search can go wrong, as an upper bound: each unlimited repetition of one
 * character may end anywhere, each choice doubles. A repeated group has no bound worth having.
 *
 * @returns `undefined` where the pattern cannot even be compiled in time
 */
function mostSteps(source: string, length: number): number | undefined {
  let steps = length + 1;
  let optional = 0;
  for (const [piece, group, quantifier, most] of source.matchAll(PIECES)) {
    if (quantifier !== undefined && group !== '') steps = Number.POSITIVE_INFINITY;
    else if (quantifier?.startsWith('{') && most === undefined) continue;
    else if (quantifier !== undefined) steps *= most ? Math.min(Number(most), length) + 1 : length + 1;
    else if (piece === '|' || piece.endsWith('?')) steps *= 2;
    if (piece === '?') optional += 1;
  }
  return optional > MAX_OPTIONAL ? undefined : steps;
}

/** Escapes and classes are passed over; what is left is quantifiers, with a group's end before them, and `|`. */
const PIECES = /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|(\)?)([*+]|\{\d+(?:,(\d*))?\})\??|\)?\?(?![:=!<])|\|/g;

const ROOM: { work?: (() => unknown) | undefined } = createContext({ work: undefined });
const CALL = new Script('work()');

function interruptibly<T>(pattern: string, search: () => T): T {
  const outer = ROOM.work;
  ROOM.work = search;
  try {
    return CALL.runInContext(ROOM, { timeout: MATCH_DEADLINE_MS }) as T;
  } catch (thrown) {
    if (codeOf(thrown) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new SlowPattern(pattern);
    throw thrown;
  } finally {
    ROOM.work = outer;
  }
}
