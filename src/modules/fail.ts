import { z } from 'zod';
import { defineModule, fail as failing } from '../core/module.js';
import { text } from './arguments.js';

const Args = z.strictObject({ msg: text.default('Failed as requested from task') });

/** Fails, with a message. */
export const fail = defineModule<z.infer<typeof Args>>({
  name: 'fail',
  about: 'Fails, with a message',
  example: `- name: only Linux
  fail:
    msg: this host is not for us
  when: inventory_hostname == 'nobody'`,
  args: Args,
  plan: ({ msg }) => failing(msg, { result: { msg } }),
});
