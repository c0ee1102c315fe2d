import { z } from 'zod';
import { change, defineModule, refuse, unchanged } from '../core/module.js';
import { bool, float, text } from './arguments.js';
import { times } from './command-result.js';

const length = float.refine((value) => value <= 604_800, 'is longer than a week').optional();

const Args = z
  .strictObject({ seconds: length, minutes: length, prompt: text.optional(), echo: bool.optional() })
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
  once: true,
  plan({ seconds, minutes }, _, { check }) {
    if (seconds === undefined && minutes === undefined) {
      return refuse('a pause until somebody presses a key is not supported', { hint: 'Give it seconds or minutes.' });
    }
    // As Ansible: a whole number, and at least one second.
    const wait = Math.max(1, Math.trunc(seconds ?? (minutes ?? 0) * 60));
    const [amount, unit] = minutes === undefined ? [wait, 'seconds'] : [wait / 60, 'minutes'];
    const said = `Paused for ${inPython(amount)} ${unit}`;
    const result = { changed: false, rc: 0, stdout: said, stderr: '', delta: wait, user_input: '', echo: true };
    if (check) return unchanged(`would pause for ${wait} s`, { result });
    return change(`pauses for ${wait} s`, {
      actions: [{ kind: 'wait', seconds: wait }],
      result,
      conclude: ([output]) => {
        const { start, end: stop } = output === undefined ? {} : times(output);
        return { ...result, start, stop };
      },
    });
  },
});

/** As Python prints a float that is rounded to hundredths. */
function inPython(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
}
