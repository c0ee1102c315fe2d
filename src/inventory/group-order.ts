import { FixError } from '../core/error.js';
import type { DraftGroup } from './draft.js';

/**
 * How far each group lies below `all`, by its longest way.
 *
 * @throws FixError `inventory/invalid` where groups are each other's children, naming the loop
 */
export function groupDepths(groups: ReadonlyMap<string, DraftGroup>): Map<string, number> {
  const depths = new Map<string, number>();
  const waiting = new Map([...groups.values()].map((group) => [group.name, group.parents.size]));
  const ready = [...groups.values()].filter((group) => group.parents.size === 0);
  for (const group of ready) {
    const depth = depths.get(group.name) ?? 0;
    depths.set(group.name, depth);
    waiting.delete(group.name);
    for (const child of group.children) {
      depths.set(child, Math.max(depths.get(child) ?? 0, depth + 1));
      const left = (waiting.get(child) ?? 0) - 1;
      waiting.set(child, left);
      if (left === 0) ready.push(groups.get(child) as DraftGroup);
    }
  }
  if (waiting.size > 0) throw loopAmong(groups, waiting);
  return depths;
}

/** Every group that is left waits for one that is left too: go up from any one until a name comes back. */
function loopAmong(groups: ReadonlyMap<string, DraftGroup>, left: ReadonlyMap<string, number>): FixError {
  const way: string[] = [];
  let name = left.keys().next().value as string;
  while (!way.includes(name)) {
    way.push(name);
    name = [...(groups.get(name) as DraftGroup).parents].find((parent) => left.has(parent)) as string;
  }
  const loop = way.slice(way.indexOf(name)).reverse();
  // Nobody wrote that a group is below all, so it is the other one that has to go.
  while (loop.includes('all') && loop[1 % loop.length] !== 'all') loop.push(loop.shift() as string);
  loop.push(loop[0] as string);
  return new FixError('inventory/invalid', `these groups are each other's children: ${loop.join(' > ')}`, {
    hint: `Remove one of them from the children of the one before it, such as ${loop[1]} from ${loop[0]}.`,
    at: (groups.get(loop[1] as string) as DraftGroup).at,
  });
}

/** Names of groups in the order in which their variables are laid over each other; the last one wins. */
export function mergeOrder(
  names: readonly string[],
  groups: ReadonlyMap<string, DraftGroup>,
  depths: ReadonlyMap<string, number>,
): string[] {
  const priority = (name: string) => groups.get(name)?.priority ?? 1;
  const depth = (name: string) => depths.get(name) ?? 0;
  return [...names].sort((a, b) => depth(a) - depth(b) || priority(a) - priority(b) || (a < b ? -1 : Number(a > b)));
}

/** A group's name, its children's, their children's and so on, level by level, each once. */
export function descendants(name: string, groups: ReadonlyMap<string, DraftGroup>): Set<string> {
  const found = new Set([name]);
  for (const member of found) for (const child of groups.get(member)?.children ?? []) found.add(child);
  return found;
}
