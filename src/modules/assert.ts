import { z } from 'zod';
import { defineModule, fail, type TaskContext, unchanged } from '../core/module.js';
import { bool, text } from './arguments.js';

const condition = z.union([z.string(), z.boolean(), z.number()]);

const Args = z.preprocess(
  (given) => {
    if (typeof given !== 'object' || given === null || !('msg' in given)) return given;
    const { msg, ...rest } = given as Record<string, unknown>;
    return { fail_msg: msg, ...rest };
  },
  z.strictObject({
    that: z.union([z.array(condition), condition.transform((one) => [one])]),
    fail_msg: z.union([z.array(text), text]).optional(),
    success_msg: z.union([z.array(text), text]).optional(),
    quiet: bool.default(false),
  }),
);

/** Fails unless all conditions hold. */
export const assert = defineModule<z.infer<typeof Args>>({
  name: 'assert',
  about: 'Fails unless all conditions hold',
  example: `- name: a host needs an address of its own
  assert:
    that:
      - ansible_host is defined
      - ansible_host != '10.0.2.15'
    fail_msg: give this host an ansible_host`,
  args: Args,
  plan({ that, fail_msg, success_msg }, _, task) {
    for (const assertion of that) {
      if (holds(assertion, task)) continue;
      const msg = fail_msg ?? 'Assertion failed';
      return fail(textOf(msg), { result: { assertion, evaluated_to: false, msg } });
    }
    const msg = success_msg ?? 'All assertions passed';
    return unchanged(textOf(msg), { result: { msg } });
  },
});

/** As Ansible itself asks: the expression is put in an `if`. */
function holds(assertion: string | boolean | number, task: TaskContext): boolean {
  if (typeof assertion !== 'string') return Boolean(assertion);
  return task.render(`{% if ${assertion} %} True {% else %} False {% endif %}`).trim() === 'True';
}

function textOf(msg: string | readonly string[]): string {
  return typeof msg === 'string' ? msg : msg.join('\n');
}
