import { failed } from './failure.js';

/** The longest text that a template may make, in UTF-16 units. */
export const MAX_TEXT = 16 * 1024 * 1024;
/** The longest list that a template may make by repeating, counting or combining. */
export const MAX_ITEMS = 500_000;
/** How many steps one rendering may take: a second or two of work. */
export const MAX_STEPS = 1_000_000;

/** @throws FixError `template/failed` where a text of this length would be too long */
export function allowText(length: number): void {
  if (!(length <= MAX_TEXT)) throw failed(`the text would be longer than ${MAX_TEXT} characters`);
}

/** @throws FixError `template/failed` where a list of this length would be too long */
export function allowItems(length: number): void {
  if (!(length <= MAX_ITEMS)) throw failed(`the list would have more than ${MAX_ITEMS} items`);
}

/** How much one filter may copy or compare beyond the length of its lists. */
const MAX_WORK = 20_000_000;

/** @throws FixError `template/failed` where a filter would take this many comparisons or copies */
export function allowWork(amount: number): void {
  if (!(amount <= MAX_WORK)) throw failed('the lists are too long for this', 'Work on shorter lists.');
}

/** Counts the parts of a value while it is walked: a list that holds one list twice, and so on, grows like 2^depth. */
export class PartCount {
  #left = MAX_ITEMS * 2;

  /** @throws FixError `template/failed` where the value has too many parts */
  next(): void {
    if (--this.#left < 0) throw failed(`the value has more than ${MAX_ITEMS * 2} parts`);
  }
}
