import { z } from 'zod';
import { change, defineModule, refuse, run, skip } from '../core/module.js';
import { scriptAsWritten, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { path, word } from './arguments.js';
import { commandResult } from './command-result.js';

const Args = z.strictObject({ cmd: word, executable: path.optional() });

/** Runs text as it is in the login shell that the connection holds. */
export const raw = defineModule<z.infer<typeof Args>>({
  name: 'raw',
  about: 'Runs text as it is in the shell of the connection',
  example: `- name: see whether the host answers
  raw: uptime
  changed_when: false`,
  args: Args,
  freeForm: 'cmd',
  plan({ cmd, executable }, _, { check }) {
    if (cmd.trim() === '') return refuse('no command given');
    if (check) return skip('not run in check mode', { not_run: true });
    const script = executable === undefined ? scriptAsWritten(cmd) : sh`exec ${pathWord(executable)} -c ${cmd}`;
    return change(`runs ${cmd}`, {
      actions: [run(script, { mayFail: true })],
      conclude: ([output]) => {
        const { cmd: _cmd, ...result } = commandResult(cmd, output, { strip: false });
        return result;
      },
    });
  },
});
