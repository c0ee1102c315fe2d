import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { defineModule, refuse, unchanged } from '../core/module.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import { text } from './arguments.js';

const Args = z.strictObject({ data: text.default('pong') });

/** Answers when the host can be reached and runs a script. */
export const ping = defineModule<z.infer<typeof Args>, { root: Ask<FileStat> }>({
  name: 'ping',
  about: 'Answers when the host can be reached and runs a script',
  example: `- name: is it there
  ping:`,
  args: z.preprocess((given) => given ?? {}, Args),
  needs: () => ({ root: ask(fileStat, { path: '/' }) }),
  plan({ data }, { root }) {
    if (data === 'crash') return refuse('boom');
    if (root.state !== 'present') return refuse('the host runs scripts, but not as it should');
    return unchanged('answers', { result: { ping: data } });
  },
});
