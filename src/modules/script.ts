import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import {
  type ActionOutput,
  change,
  defineModule,
  type Fields,
  type Outcome,
  refuse,
  run,
  skip,
  type TaskContext,
} from '../core/module.js';
import { printBytes, type Script, scriptAsWritten, sh } from '../core/script.js';
import { splitWords, UnbalancedText } from '../core/words.js';
import { pathWord } from '../core/write-file.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import type { Answers } from './answers.js';
import { path, word } from './arguments.js';
import { commandResult } from './command-result.js';
import { baseOf } from './host-path.js';

const Args = z.strictObject({
  cmd: word.refine((value) => value.trim() !== '', 'is empty; a script is needed'),
  chdir: word.refine((value) => value.startsWith('/'), 'must be an absolute path').optional(),
  creates: path.optional(),
  removes: path.optional(),
  executable: word.optional(),
});

type ScriptArguments = z.infer<typeof Args>;
type Needs = { creates?: Ask<FileStat>; removes?: Ask<FileStat> };

/** Runs a script of the controller on the host. */
export const script = defineModule<ScriptArguments, Needs>({
  name: 'script',
  about: 'Runs a script of the controller on the host, with arguments',
  example: `- name: clean up what an old version left
  script: cleanup.sh --all
  args:
    creates: /var/lib/cleaned`,
  args: Args,
  freeForm: 'cmd',
  needs: ({ creates, removes }) => ({
    ...(creates === undefined ? {} : { creates: ask(fileStat, { path: creates, follow: true }) }),
    ...(removes === undefined ? {} : { removes: ask(fileStat, { path: removes, follow: true }) }),
  }),
  plan: planScript,
});

function planScript(args: ScriptArguments, { creates, removes }: Answers<Needs>, task: TaskContext): Outcome {
  if (creates?.state === 'present') return skip(`${args.creates} exists, matching creates option`);
  if (removes?.state === 'absent') return skip(`${args.removes} does not exist, matching removes option`);
  const unsure = [creates, removes].find((reading) => reading?.state === 'unreadable');
  if (unsure?.state === 'unreadable') return refuse(`cannot tell whether to run: ${unsure.why}`);
  const parts = partsOf(args.cmd.trim());
  if (typeof parts === 'string') return refuse(`${parts}: ${args.cmd}`, { hint: 'Quote the command as for a shell.' });
  const content = task.readFile(parts.source, 'files');
  if (task.check && !creates && !removes) return skip('Check mode is not supported for this task.', { changed: false });
  return change(`runs ${parts.source}`, {
    actions: [run(sentScript(args, parts, content), { mayFail: true, timeoutMs: TIMEOUT_MS })],
    conclude: ([output]) => concluded(output),
  });
}

/** Ansible has no limit; a day is one that no task meets. */
const TIMEOUT_MS = 24 * 3600 * 1000;

interface Parts {
  readonly source: string;
  /** What stands behind it, as written: the host's shell reads it. */
  readonly rest: string;
}

/** The first word of a command, and the rest; a text where it cannot be told. */
function partsOf(cmd: string): Parts | string {
  try {
    const [source = ''] = splitWords(cmd);
    for (const { index } of cmd.matchAll(/[ \t\r\n]|$/g)) {
      if (isFirstWord(cmd.slice(0, index), source)) return { source, rest: cmd.slice(index) };
    }
    return { source, rest: '' };
  } catch (error) {
    if (error instanceof UnbalancedText) return error.message;
    throw error;
  }
}

function isFirstWord(text: string, word: string): boolean {
  try {
    const words = splitWords(text);
    return words.length === 1 && words[0] === word;
  } catch {
    return false;
  }
}

/** Put into a folder of its own under its own name, run, and removed whatever comes. */
function sentScript({ chdir, executable }: ScriptArguments, { source, rest }: Parts, content: Buffer): Script {
  const program = executable === undefined ? scriptAsWritten('') : scriptAsWritten(`${executable} `);
  return sh`m=$(umask); umask 077
d=$(mktemp -d 2>/dev/null) || { d=/tmp/fix-flannel.$$; mkdir "$d" || exit 1; }
trap 'cd /; rm -rf "$d"' EXIT
trap 'exit 1' HUP INT TERM
t=$d/${baseOf(source)}
${printBytes(content)} > "$t" && chmod 0700 "$t" || exit 1
umask "$m"
${chdir === undefined ? scriptAsWritten(':') : sh`cd ${pathWord(chdir)} || exit 1`}
${program}"$t"${scriptAsWritten(rest)}`;
}

function concluded(output: ActionOutput | undefined): Fields {
  const { cmd: _cmd, ...result } = commandResult('', output, { strip: false });
  return result;
}
