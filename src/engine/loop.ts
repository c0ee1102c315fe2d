import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import type { Loop, Variables } from '../playbook/play.js';
import { isTemplate, lookUp, renderDeep, type Scope } from '../template/index.js';
import type { ItemResult } from './task-outcome.js';
import { flagOf } from './variables.js';

/**
 * The items of a loop: the list that `loop` gives, or what the lookup of `with_NAME` makes of its terms.
 * @throws FixError `playbook/invalid` where `loop` is no list; `template/*`
 */
export function itemsOf({ over, lookup }: Loop, scope: Scope, at: string): readonly unknown[] {
  if (lookup !== undefined) return lookUp(lookup, termsOf(over, lookup, scope), scope);
  const items = renderDeep(over, scope);
  if (Array.isArray(items)) return items;
  throw new FixError(
    'playbook/invalid',
    `the loop's value is no list but ${printableLine(JSON.stringify(items) ?? 'nothing', 80)}`,
    {
      hint: 'Give `loop` a list; `| list` makes one.',
      at,
    },
  );
}

function termsOf(over: unknown, lookup: string, scope: Scope): readonly unknown[] {
  if (lookup !== 'first_found') {
    const terms = renderDeep(over, scope);
    return Array.isArray(terms) ? terms : [terms];
  }
  // Of the files to look for, one whose name is not known is passed over.
  return [over].flat().flatMap((term) => {
    try {
      return [renderDeep(term, scope)].flat();
    } catch (error) {
      if (typeof term === 'string' && isTemplate(term) && error instanceof FixError) return [];
      throw error;
    }
  });
}

/** The variables of one item, and those of them that its result tells. */
export function itemVariables(
  { loopVar, indexVar }: Loop,
  items: readonly unknown[],
  index: number,
  extended: Extended,
): { vars: Variables; told: Variables } {
  const told = {
    [loopVar]: items[index],
    ansible_loop_var: loopVar,
    ...(indexVar && { [indexVar]: index, ansible_index_var: indexVar }),
    ...(extended.isOn && { ansible_loop: whereItStands(items, index, extended.allItems) }),
  };
  return { vars: told, told };
}

/** Whether `ansible_loop` tells where an item stands, and all of the items. */
interface Extended {
  readonly isOn: boolean;
  readonly allItems: boolean;
}

export function extendedOf({ extended, allItems }: Loop, scope: Scope): Extended {
  return { isOn: flagOf(extended, scope) === true, allItems: flagOf(allItems, scope) !== false };
}

function whereItStands(items: readonly unknown[], index: number, allItems: boolean): Variables {
  const { length } = items;
  return {
    ...(allItems && { allitems: items }),
    index: index + 1,
    index0: index,
    first: index === 0,
    last: index + 1 === length,
    length,
    revindex: length - index,
    revindex0: length - index - 1,
    ...(index + 1 < length && { nextitem: items[index + 1] }),
    ...(index > 0 && { previtem: items[index - 1] }),
  };
}

/** What the items of a loop come to together. */
export function summaryOf(results: readonly ItemResult[]): ItemResult {
  const bad = results.find((one) => one.status === 'unreachable') ?? results.find((one) => one.status === 'failed');
  const changed = results.some((one) => one.result.changed === true);
  const allSkipped = results.every((one) => one.status === 'skipped');
  const status = bad ? bad.status : allSkipped ? 'skipped' : changed ? 'changed' : 'ok';
  const reasons = results.filter((one) => one.status === (bad ? bad.status : 'changed')).map((one) => one.why);
  const nothing = allSkipped ? 'no items, or none that its condition takes' : 'nothing to change';
  return {
    status,
    why: [...new Set(reasons)].join('; ') || nothing,
    hint: bad?.hint,
    code: bad?.code,
    result: {
      results: results.map((one) => one.result),
      changed,
      ...(bad?.status === 'failed' && { failed: true }),
      ...(allSkipped && { skipped: true }),
      ...(results.length === 0
        ? { skipped_reason: 'No items in the list' }
        : { msg: bad ? 'One or more items failed' : allSkipped ? 'All items skipped' : 'All items completed' }),
    },
    diff: results.flatMap((one) => one.diff),
    actions: results.flatMap((one) => one.actions ?? []),
    become: results.find((one) => one.become !== undefined)?.become,
    delegated: results.find((one) => one.delegated !== undefined)?.delegated,
    items: results,
    inRunOnly: results.every((one) => one.status !== 'changed' || one.inRunOnly === true),
  };
}
