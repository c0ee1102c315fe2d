import { failed } from '../failure.js';
import { allowItems } from '../limits.js';
import { isList } from '../values.js';

/**
 * Ansible's `flatten`.
 * @param levels how many levels of lists are opened; all without it
 * @param skipNulls leave out None, and the texts `None` and `null`, as Ansible does
 */
export function flattened(
  list: readonly unknown[],
  levels: number | undefined,
  skipNulls: boolean,
  depth = 0,
): unknown[] {
  if (depth > 200) throw failed('the list is nested too deeply');
  const made: unknown[] = [];
  for (const item of list) {
    if (skipNulls && (item === null || item === 'None' || item === 'null')) continue;
    if (isList(item) && (levels === undefined || levels >= 1)) {
      for (const inner of flattened(item, levels === undefined ? undefined : levels - 1, skipNulls, depth + 1)) {
        made.push(inner);
      }
    } else made.push(item);
  }
  allowItems(made.length);
  return made;
}
