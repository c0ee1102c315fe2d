import { z } from 'zod';
import { FixError } from '../core/error.js';
import { defineModule, skip, type TaskContext, unchanged } from '../core/module.js';
import { int } from './arguments.js';

const Args = z
  .strictObject({ msg: z.unknown().optional(), var: z.unknown().optional(), verbosity: int.default(0) })
  .refine((args) => args.msg === undefined || args.var === undefined, 'msg and var exclude each other');

/** Prints a message, or a variable under its name. */
export const debug = defineModule<z.infer<typeof Args>>({
  name: 'debug',
  about: 'Prints a message or a variable',
  example: `- name: which kernel
  debug:
    msg: "{{ inventory_hostname }} says hello"`,
  args: Args,
  plan(args, _, task) {
    if (args.verbosity > Number(task.vars.ansible_verbosity ?? 0)) {
      const skipped_reason = 'Verbosity threshold not met.';
      return skip(skipped_reason, { skipped_reason });
    }
    if (args.var === undefined) {
      const msg = args.msg ?? 'Hello world!';
      return unchanged(typeof msg === 'string' ? msg : JSON.stringify(msg), { result: { msg } });
    }
    // A variable that a template has rendered already is shown under the name of its type.
    const name =
      typeof args.var === 'string' ? args.var : Array.isArray(args.var) ? "<class 'list'>" : "<class 'dict'>";
    const value = typeof args.var === 'string' ? shownValue(args.var, task) : args.var;
    return unchanged(`${name}: ${JSON.stringify(value)}`, { result: { [name]: value } });
  },
});

function shownValue(expression: string, task: TaskContext): unknown {
  try {
    return JSON.parse(task.render(`{{ (${expression}) | to_json }}`));
  } catch (error) {
    if (error instanceof FixError && error.code === 'template/undefined') return 'VARIABLE IS NOT DEFINED!';
    throw error;
  }
}
