import { change, type Outcome, unchanged } from '../core/module.js';
import type { FileStat } from '../facts/file-stat.js';
import {
  attributeActions,
  attributeChange,
  attributeFields,
  attributeText,
  differs,
  type WantedAttributes,
} from './file-attributes.js';

/** Owner, group and mode of something that is there already. */
export function planAttributes(args: WantedAttributes & { path: string }, now: FileStat, at: string): Outcome {
  const changes = attributeChange(args, now);
  const result = { path: args.path, ...attributeFields(now, changes) };
  if (!differs(changes)) return unchanged(`${args.path} is already so`, { result });
  return change(`${args.path}: ${Object.keys(changes.after).join(', ')}`, {
    diff: [{ path: args.path, before: attributeText(changes.before), after: attributeText(changes.after) }],
    actions: attributeActions(at, changes),
    result,
  });
}
