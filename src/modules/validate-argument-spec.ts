import { z } from 'zod';
import { type ArgumentSpec, checkArguments, hiddenArguments } from '../core/argument-spec.js';
import { neverShow } from '../core/mask.js';
import { defineModule, fail, unchanged } from '../core/module.js';

const Lists = z.array(z.array(z.string())).optional();

/** What may be said of an argument; what is there for readers only (`description`) is let pass. */
const Option: z.ZodType<ArgumentSpec[string]> = z.looseObject({
  type: z.string().optional(),
  elements: z.string().optional(),
  required: z.boolean().optional(),
  choices: z.array(z.unknown()).optional(),
  aliases: z.array(z.string()).optional(),
  apply_defaults: z.boolean().optional(),
  no_log: z.boolean().optional(),
  mutually_exclusive: Lists,
  required_together: Lists,
  required_one_of: Lists,
  required_if: z
    .array(
      z.union([
        z.tuple([z.string(), z.unknown(), z.array(z.string())]),
        z.tuple([z.string(), z.unknown(), z.array(z.string()), z.boolean()]),
      ]),
    )
    .optional(),
  required_by: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  get options() {
    return z.record(z.string(), Option).optional();
  },
}) as never;

const Args = z.strictObject({
  argument_spec: z.record(z.string(), Option),
  provided_arguments: z.record(z.string(), z.unknown()).default({}),
  /** Only told in the result. */
  validate_args_context: z.record(z.string(), z.unknown()).default({}),
});

/** Holds variables against a specification. */
export const validateArgumentSpec = defineModule<z.infer<typeof Args>>({
  name: 'validate_argument_spec',
  about: 'Fails where variables are not as a specification of arguments wants them',
  example: `- name: the interface is named
  validate_argument_spec:
    argument_spec:
      flannel_iface:
        type: str
        required: true
    provided_arguments:
      flannel_iface: eth1`,
  args: Args,
  plan({ argument_spec: spec, provided_arguments, validate_args_context }, _, { vars }) {
    const known = Object.keys(spec).filter((name) => name in vars);
    const given = { ...Object.fromEntries(known.map((name) => [name, vars[name]])), ...provided_arguments };
    for (const hidden of hiddenArguments(spec, given)) neverShow(hidden);
    const { errors } = checkArguments(spec, given);
    if (errors.length === 0) {
      const msg = 'The arg spec validation passed';
      return unchanged(msg, { result: { msg, validate_args_context } });
    }
    return fail(`Validation of arguments failed:\n${errors.join('\n')}`, {
      result: { argument_errors: errors, argument_spec_data: spec, validate_args_context },
    });
  },
});
