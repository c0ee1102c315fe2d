import { z } from 'zod';
import { defineModule, refuse, unchanged } from '../core/module.js';

const Args = z
  .record(z.string(), z.unknown())
  .transform(({ cacheable = false, ...facts }) => ({ facts, isCacheable: asBoolean(cacheable) === true }))
  .refine(({ facts }) => Object.keys(facts).length > 0, 'no facts are given')
  .refine(({ facts }) => Object.keys(facts).every(isName), {
    error: ({ input }) =>
      `${Object.keys((input as { facts: object }).facts)
        .filter((name) => !isName(name))
        .join(', ')}: no valid name of a variable`,
  });

/** Gives the host variables of its own for the rest of the run. */
export const setFact = defineModule<z.infer<typeof Args>>({
  name: 'set_fact',
  namesVariables: true,
  about: 'Gives the host variables for the rest of the run',
  example: `- name: remember the interface
  set_fact:
    flannel_iface: eth1`,
  args: Args,
  plan({ facts: given, isCacheable }) {
    const reserved = Object.keys(given).find((name) => RESERVED.has(name));
    if (reserved !== undefined) return refuse(`${reserved} cannot be set`);
    const facts = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, asBoolean(value)]));
    return unchanged(`sets ${Object.keys(facts).join(', ')}`, {
      facts,
      result: { ansible_facts: facts },
      // It counts as found out about the host besides, until `clear_facts`.
      ...(isCacheable && { gathered: { ansible_facts: facts } }),
    });
  },
});

const RESERVED = new Set(['hostvars', 'groups', 'group_names', 'inventory_hostname', '__proto__']);

function isName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name);
}

/** Ansible makes booleans of these words where a fact is one of them. */
function asBoolean(value: unknown): unknown {
  if (typeof value !== 'string' || !/^(true|false|yes|no)$/i.test(value)) return value;
  return /^(true|yes)$/i.test(value);
}
