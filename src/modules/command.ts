import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import {
  change,
  defineModule,
  type Fields,
  type Outcome,
  refuse,
  run,
  skip,
  type TaskContext,
  unchanged,
} from '../core/module.js';
import type { Reading } from '../core/reading.js';
import { printBytes, type Script, scriptAsWritten, sh } from '../core/script.js';
import { splitWords } from '../core/words.js';
import { pathWord } from '../core/write-file.js';
import { fileGlob } from '../facts/file-glob.js';
import { bool, list, path, text, word } from './arguments.js';
import { commandResult, streams } from './command-result.js';
import { expandedWord } from './expanded-word.js';

/** What `command` and `shell` share. */
export const commandArguments = {
  chdir: path.optional(),
  creates: path.optional(),
  removes: path.optional(),
  executable: path.optional(),
  stdin: text.optional(),
  stdin_add_newline: bool.default(true),
  strip_empty_ends: bool.default(true),
  /** Ansible's advice about other modules; there is none here. */
  warn: bool.optional(),
};

const Args = z
  .strictObject({
    ...commandArguments,
    cmd: word.optional(),
    argv: list.optional(),
    expand_argument_vars: bool.default(true),
  })
  .refine(({ cmd, argv }) => cmd === undefined || argv === undefined, 'cmd and argv exclude each other');

/** Runs a program without a shell: its words are split as by a shell, but nothing in them is expanded except variables. */
export const command = defineModule<z.infer<typeof Args>, CommandNeeds>({
  name: 'command',
  about: 'Runs a program, without a shell',
  example: `- name: note the kernel
  command: uname -r
  register: kernel
  changed_when: false`,
  args: Args,
  freeForm: 'cmd',
  needs: commandNeeds,
  plan(args, readings, task) {
    const argv = args.argv ?? wordsOf(args.cmd ?? '');
    if (typeof argv === 'string') return refuse(`${argv}: ${args.cmd}`, { hint: 'Quote the command as for a shell.' });
    if (argv.length === 0 || argv[0] === '') return noCommand();
    const words = argv.map((item) => (args.expand_argument_vars ? expandedWord(item) : sh`${item}`));
    return planCommand(args, sh`exec ${words}`, argv, readings, task);
  },
});

/** What `command` and `shell` say when there is nothing to run, in Ansible's fields. */
export function noCommand(): Outcome {
  const msg = 'no command given';
  return refuse(msg, { result: { changed: false, cmd: null, rc: 256, ...streams('', ''), msg } });
}

export type CommandArguments = z.infer<z.ZodObject<typeof commandArguments>>;
export type CommandNeeds = { creates?: Ask<readonly string[]>; removes?: Ask<readonly string[]> };
type CommandReadings = { creates?: Reading<readonly string[]>; removes?: Reading<readonly string[]> };

export function commandNeeds({ creates, removes, chdir }: CommandArguments): CommandNeeds {
  return {
    ...(creates === undefined ? {} : { creates: ask(fileGlob, { pattern: creates, directory: chdir }) }),
    ...(removes === undefined ? {} : { removes: ask(fileGlob, { pattern: removes, directory: chdir }) }),
  };
}

/** The outcome of a command: nothing where `creates` or `removes` says so, never run in check mode. */
export function planCommand(
  args: CommandArguments,
  program: Script,
  cmd: string | readonly string[],
  readings: CommandReadings,
  { check }: TaskContext,
): Outcome {
  const done = (stdout: string, msg: string) =>
    unchanged(msg, { result: { cmd, rc: 0, ...streams(stdout, ''), changed: false, msg } });
  const shoulda = check ? 'Would' : 'Did';
  if (readings.creates?.state === 'present') {
    const why = `${shoulda} not run command since '${args.creates}' exists`;
    return done(`skipped, since ${args.creates} exists`, why);
  }
  if (readings.removes?.state === 'absent') {
    const why = `${shoulda} not run command since '${args.removes}' does not exist`;
    return done(`skipped, since ${args.removes} does not exist`, why);
  }
  const unsure = [readings.creates, readings.removes].find((reading) => reading?.state === 'unreadable');
  if (unsure?.state === 'unreadable') return refuse(`cannot tell whether to run: ${unsure.why}`);
  if (check && args.creates === undefined && args.removes === undefined) {
    const msg = 'Command would have run if not in check mode';
    return skip(msg, { not_run: true, cmd, rc: 0, ...streams('', ''), changed: false, msg });
  }
  return change(`runs ${typeof cmd === 'string' ? cmd : cmd.join(' ')}`, {
    actions: [run(commandScript(args, program), { mayFail: true, timeoutMs: COMMAND_TIMEOUT_MS })],
    result: check ? { cmd, rc: 0, ...streams('', ''), msg: 'Command would have run if not in check mode' } : { cmd },
    conclude: ([output]) =>
      withoutAStart(commandResult(cmd, output, { strip: args.strip_empty_ends }), cmd, args.chdir),
  });
}

/** Ansible has no limit; a day is one that no task meets. */
const COMMAND_TIMEOUT_MS = 24 * 3600 * 1000;
const NO_DIRECTORY = 'Unable to change directory before execution';

function commandScript({ chdir, stdin, stdin_add_newline }: CommandArguments, program: Script): Script {
  const enter =
    chdir === undefined
      ? scriptAsWritten('')
      : sh`cd ${pathWord(chdir)} || { echo ${NO_DIRECTORY} >&2; exit 1; }
`;
  if (stdin === undefined) return sh`${enter}${program}`;
  return sh`${enter}${printBytes(Buffer.from(stdin_add_newline ? `${stdin}\n` : stdin))} | ( ${program} )`;
}

/** A folder or a program that is not there, or may not be used, gives Python's error numbers, as with Ansible. */
function withoutAStart(result: Fields, cmd: string | readonly string[], chdir: string | undefined): Fields {
  if (result.stdout !== '') return result;
  const said = String(result.stderr).trimEnd();
  if (chdir !== undefined && result.rc === 1 && said.endsWith(NO_DIRECTORY)) {
    const trouble = /denied/i.test(said) ? '[Errno 13] Permission denied' : '[Errno 2] No such file or directory';
    const msg = `${NO_DIRECTORY}: ${trouble}: b'${chdir}'`;
    return { ...result, changed: false, rc: null, ...streams('', ''), msg };
  }
  if (typeof cmd === 'string') return result;
  const unbegun = (rc: number, trouble: string) => {
    const msg = `[Errno ${rc}] ${trouble}: b'${cmd[0]}'`;
    return { ...result, cmd: cmd.join(' '), rc, changed: false, ...streams('', ''), msg };
  };
  if (result.rc === 127 && /exec: .*(not found|No such file)|: (not found|No such file or directory)$/.test(said)) {
    return unbegun(2, 'No such file or directory');
  }
  if (result.rc === 126 && /: (Permission denied|Is a directory)$/i.test(said)) {
    return unbegun(13, 'Permission denied');
  }
  return result;
}

function wordsOf(cmd: string): string[] | string {
  try {
    return splitWords(cmd);
  } catch (error) {
    return (error as Error).message;
  }
}
