import { z } from 'zod';
import { defineModule, unchanged } from '../core/module.js';
import { text } from './arguments.js';

const Args = z.strictObject({
  key: text,
  // One text is one name here, commas and all.
  parents: z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(text)).default(['all']),
});

/** Puts the host in a group whose name comes of its variables, and that group in others. */
export const groupBy = defineModule<z.infer<typeof Args>>({
  name: 'group_by',
  about: 'Puts the host in a group whose name comes of its variables',
  example: `- name: a group for each kind of host
  group_by:
    key: "kind_{{ kind | default('plain') }}"`,
  args: Args,
  plan({ key, parents }) {
    const group = asGroup(key);
    const result = { add_group: group, parent_groups: parents.map(asGroup) };
    return unchanged(`joins ${group}`, {
      counts: 'changed',
      groups: [group],
      parents: result.parent_groups,
      result,
    });
  },
});

function asGroup(name: string): string {
  return name.replaceAll(' ', '-');
}
