import { z } from 'zod';
import { defineModule, unchanged } from '../core/module.js';

export const META_ACTIONS = [
  'flush_handlers',
  'noop',
  'clear_facts',
  'clear_host_errors',
  'end_play',
  'end_host',
  'end_batch',
  'refresh_inventory',
  'reset_connection',
] as const;

const Args = z.strictObject({
  free_form: z.enum(META_ACTIONS, {
    error: ({ input }) => `${JSON.stringify(input)} is none of ${META_ACTIONS.join(', ')}`,
  }),
});

/** Steers the run itself; the engine acts on it. */
export const meta = defineModule<z.infer<typeof Args>>({
  name: 'meta',
  about: 'Steers the run itself: handlers now, end of the play, and the like',
  example: `- name: the handlers, now
  meta: flush_handlers`,
  args: Args,
  freeForm: 'free_form',
  plan: ({ free_form }) => unchanged(free_form),
});
