import { failed } from './failure.js';

/** The longest text that a template may make, in UTF-16 units. */
export const MAX_TEXT = 32 * 1024 * 1024;
/** The longest list that a template may make by repeating, counting or combining. */
export const MAX_ITEMS = 1_000_000;
/** How many steps one rendering may take: a second or two of work. */
export const MAX_STEPS = 5_000_000;

/** @throws FixError `template/failed` where a text of this length would be too long */
export function allowText(length: number): void {
  if (!(length <= MAX_TEXT)) throw failed(`the text would be longer than ${MAX_TEXT} characters`);
}

/** @throws FixError `template/failed` where a list of this length would be too long */
export function allowItems(length: number): void {
  if (!(length <= MAX_ITEMS)) throw failed(`the list would have more than ${MAX_ITEMS} items`);
}
