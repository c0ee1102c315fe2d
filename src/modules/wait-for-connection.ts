import { z } from 'zod';
import { change, defineModule, skip } from '../core/module.js';
import { sh } from '../core/script.js';
import { float, int } from './arguments.js';

const seconds = int.refine((number) => number >= 0 && number <= 604_800, 'is no time in seconds');

const Args = z.preprocess(
  (given) => given ?? {},
  z.strictObject({
    connect_timeout: seconds.refine((number) => number > 0, 'is no time in seconds').default(5),
    delay: seconds.default(0),
    sleep: float.refine((number) => number >= 0 && number <= 3600, 'is no time in seconds').default(1),
    timeout: seconds.default(600),
  }),
);

/** Waits until the host answers over a new connection, or fails once the time is over. */
export const waitForConnection = defineModule<z.infer<typeof Args>>({
  name: 'wait_for_connection',
  about: 'Waits until the host can be reached over a new connection',
  example: `- name: it is there again
  wait_for_connection:
    delay: 5
    timeout: 300`,
  args: Args,
  plan({ connect_timeout, delay, sleep, timeout }, _, { check }) {
    if (check) return skip('not waited for in check mode');
    return change('waits until the host can be reached', {
      actions: [
        {
          kind: 'reconnect',
          script: sh`:`,
          delaySeconds: delay,
          trySeconds: connect_timeout,
          sleepSeconds: sleep,
          withinSeconds: delay + timeout,
        },
      ],
      // Waiting alters nothing.
      result: { changed: false, elapsed: 0 },
    });
  },
});
