import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { change, defineModule, refuse, run, unchanged } from '../core/module.js';
import { sh } from '../core/script.js';
import { type Account, hostAccount } from '../facts/host-account.js';
import { accountTrouble } from './account-trouble.js';
import { bool, int, owner } from './arguments.js';

const Args = z
  .strictObject({
    name: owner,
    state: z.enum(['present', 'absent']).default('present'),
    gid: int.refine((gid) => gid >= 0, 'is no number of a group').optional(),
    system: bool.default(false),
    non_unique: bool.default(false),
  })
  .refine(({ gid, non_unique }) => !non_unique || gid !== undefined, 'non_unique needs a gid');

/** A group of users. */
export const group = defineModule<z.infer<typeof Args>, { account: Ask<Account> }>({
  name: 'group',
  about: 'Has a group of users, or not',
  example: `- name: who may read the certificates
  group:
    name: etcd
    system: true`,
  args: Args,
  needs: ({ name }) => ({ account: ask(hostAccount, { groups: [name] }) }),
  plan({ name, state, gid, system, non_unique }, { account }) {
    const trouble = accountTrouble(account);
    if (trouble !== undefined || account.state !== 'present') return refuse(trouble ?? 'there are no groups');
    const now = account.value.groups.find((one) => one.name === name);
    const number = [...(gid === undefined ? [] : ['-g', String(gid)]), ...(non_unique ? ['-o'] : [])];
    const result = { name, state };
    if (state === 'absent') {
      if (now === undefined) return unchanged(`there is no group ${name}`, { result });
      return change(`there is a group ${name}`, { actions: [run(sh`groupdel ${name}`)], result });
    }
    const told = { ...result, system, ...(gid === undefined ? {} : { gid }) };
    if (now === undefined) {
      const add = run(sh`groupadd ${[...number, ...(system ? ['-r'] : [])]} ${name}`);
      return change(`there is no group ${name}`, { actions: [add], result: told });
    }
    if (gid === undefined || gid === now.gid) {
      return unchanged(`there is a group ${name}`, { result: { ...told, gid: now.gid } });
    }
    return change(`the group ${name} has number ${now.gid}`, {
      actions: [run(sh`groupmod ${number} ${name}`)],
      result: told,
    });
  },
});
