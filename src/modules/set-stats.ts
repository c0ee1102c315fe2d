import { z } from 'zod';
import { defineModule, refuse, unchanged } from '../core/module.js';
import { bool } from './arguments.js';

const Args = z.strictObject({
  data: z.record(z.string(), z.unknown(), { error: "The 'data' option needs to be a dictionary/hash" }).default({}),
  per_host: bool.default(false),
  aggregate: bool.default(true),
});

/** Keeps numbers and texts for the end of the run. */
export const setStats = defineModule<z.infer<typeof Args>>({
  name: 'set_stats',
  about: 'Keeps numbers and texts for the end of the run, of each host or of all together',
  example: `- name: count the nodes that were moved
  set_stats:
    data:
      moved: 1`,
  args: Args,
  plan({ data, per_host, aggregate }) {
    const wrong = Object.keys(data).find((name) => !/^[A-Za-z_]\w*$/.test(name) || name === '__proto__');
    if (wrong !== undefined) {
      return refuse(`The variable name '${wrong}' is not valid.`, {
        hint: 'A name has letters, digits and underscores, and begins with no digit.',
      });
    }
    return unchanged(`keeps ${Object.keys(data).join(', ') || 'nothing'}`, {
      stats: { data, perHost: per_host, aggregate },
      result: { ansible_stats: { data, per_host, aggregate } },
    });
  },
});
