import { z } from 'zod';
import { defineModule } from '../core/module.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { word } from './arguments.js';
import { type CommandNeeds, commandArguments, commandNeeds, noCommand, planCommand } from './command.js';

const Args = z.strictObject({ ...commandArguments, cmd: word.default('') });

/** Runs text in the host's shell. */
export const shell = defineModule<z.infer<typeof Args>, CommandNeeds>({
  name: 'shell',
  about: "Runs text in the host's shell, with its pipes, variables and redirections",
  example: `- name: count the established connections
  shell: grep -c ' 01 ' /proc/net/tcp || true
  register: connections
  changed_when: false`,
  args: Args,
  freeForm: 'cmd',
  needs: commandNeeds,
  plan(args, readings, task) {
    if (args.cmd.trim() === '') return noCommand();
    return planCommand(
      args,
      sh`exec ${pathWord(args.executable ?? '/bin/sh')} -c ${args.cmd}`,
      args.cmd,
      readings,
      task,
    );
  },
});
