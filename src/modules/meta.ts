import { z } from 'zod';
import { META_WORDS } from '../core/meta-words.js';
import { defineModule, unchanged } from '../core/module.js';

const Args = z.strictObject({
  free_form: z.enum(META_WORDS, {
    error: ({ input }) => `${JSON.stringify(input)} is none of ${META_WORDS.join(', ')}`,
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
