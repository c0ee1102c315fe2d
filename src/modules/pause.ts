import { z } from 'zod';
import { change, defineModule, refuse, unchanged } from '../core/module.js';
import { bool, float, text } from './arguments.js';

const amount = float.refine((value) => value <= 604_800, 'is longer than a week').optional();

const Args = z
  .strictObject({ seconds: amount, minutes: amount, prompt: text.optional(), echo: bool.optional() })
  .refine(
    ({ seconds, minutes }) => seconds === undefined || minutes === undefined,
    'seconds and minutes exclude each other',
  );

/** Lets some time pass. */
export const pause = defineModule<z.infer<typeof Args>>({
  name: 'pause',
  about: 'Lets some time pass',
  example: `- name: let it settle
  pause:
    seconds: 1`,
  args: Args,
  plan({ seconds, minutes }, _, { check }) {
    if (seconds === undefined && minutes === undefined) {
      return refuse('a pause until somebody presses a key is not supported', { hint: 'Give it seconds or minutes.' });
    }
    // As Ansible: a whole number, and at least one second.
    const wait = Math.max(1, Math.trunc(seconds ?? (minutes ?? 0) * 60));
    const said = minutes === undefined ? `Paused for ${wait} seconds` : `Paused for ${minutes} minutes`;
    const result = { changed: false, rc: 0, stdout: said, stderr: '', delta: wait, user_input: '', echo: true };
    if (check) return unchanged(`would pause for ${wait} s`, { result });
    return change(`pauses for ${wait} s`, { actions: [{ kind: 'wait', seconds: wait }], result });
  },
});
