import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { SLOW_PATTERN_HINT, SlowPattern } from '../core/match-deadline.js';
import { type Action, change, defineModule, type Outcome, refuse, run, unchanged } from '../core/module.js';
import { valueIfPresent } from '../core/reading.js';
import { sh } from '../core/script.js';
import { printableLine } from '../core/text.js';
import { pathWord } from '../core/write-file.js';
import { fileContent } from '../facts/file-content.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import { bool, fileAttributeArguments, path, text, word } from './arguments.js';
import { backupPath } from './backup-path.js';
import { attributeActions, attributeChange, attributeText, differs } from './file-attributes.js';
import { octal, resolvedMode } from './file-mode.js';
import { directoryOf, wayTo } from './host-path.js';
import { type LineEdit, withLine, withoutLines } from './line-edit.js';
import { touching } from './touching.js';
import { validateAction } from './validate-file.js';

const Args = z.preprocess(
  (given) => withPath(given),
  z
    .strictObject({
      ...fileAttributeArguments,
      path,
      state: z.enum(['present', 'absent']).default('present'),
      line: text.optional(),
      regexp: text.optional(),
      search_string: text.optional(),
      insertafter: text.optional(),
      insertbefore: text.optional(),
      backrefs: bool.default(false),
      firstmatch: bool.default(false),
      create: bool.default(false),
      backup: bool.default(false),
      validate: word.refine((value) => value.includes('%s'), 'validate must contain %s').optional(),
    })
    .refine(
      (a) => a.regexp === undefined || a.search_string === undefined,
      'regexp and search_string exclude each other',
    )
    .refine((a) => a.insertafter === undefined || a.insertbefore === undefined, {
      message: 'insertafter and insertbefore exclude each other',
    })
    .refine((a) => a.state === 'absent' || a.line !== undefined, 'line is required with state=present')
    .refine((a) => !a.backrefs || a.regexp !== undefined, 'regexp is required with backrefs=true')
    .refine((a) => a.state === 'present' || (a.line ?? a.regexp ?? a.search_string) !== undefined, {
      message: 'one of line, search_string, or regexp is required with state=absent',
    }),
);

type LineinfileArguments = z.infer<typeof Args>;
type Needs = { stat: Ask<FileStat>; content: Ask<Buffer> };

/** Files of configuration are small; a larger one is refused. */
const MAX_BYTES = 16 * 1024 * 1024;

/** One line of a file: that it is there, that it reads so, or that it is gone. */
export const lineinfile = defineModule<LineinfileArguments, Needs>({
  name: 'lineinfile',
  about: 'Has one line in a file, or not',
  example: `- name: let root log in with a key only
  lineinfile:
    path: /etc/ssh/sshd_config
    regexp: '^#?PermitRootLogin'
    line: PermitRootLogin prohibit-password`,
  args: Args,
  needs: ({ path: at }) => ({
    stat: ask(fileStat, { path: at, follow: true }),
    content: ask(fileContent, { path: at, maxBytes: MAX_BYTES }),
  }),
  plan(args, { stat, content }, { check }) {
    if (stat.state === 'unreadable') return refuse(`cannot look at ${args.path}: ${stat.why}`);
    const now = valueIfPresent(stat);
    if (now?.kind === 'directory') return refuse(`Path ${args.path} is a directory !`, { result: { rc: 256 } });
    if (now && content.state !== 'present') {
      return refuse(`cannot read ${args.path}${content.state === 'unreadable' ? `: ${content.why}` : ''}`);
    }
    if (!now && args.state === 'absent') return unchanged('file not present');
    if (!now && !args.create) return refuse(`Destination ${args.path} does not exist !`, { result: { rc: 257 } });
    try {
      return planEdit(args, now, valueIfPresent(content) ?? Buffer.alloc(0), check);
    } catch (error) {
      if (error instanceof SlowPattern) return refuse(`${args.path}: ${error.message}`, { hint: SLOW_PATTERN_HINT });
      if (!(error instanceof SyntaxError)) throw error;
      return refuse(`${args.path}: ${printableLine(error.message)}`, {
        hint: 'The patterns are regular expressions as in Python.',
      });
    }
  },
});

function planEdit(args: LineinfileArguments, now: FileStat | undefined, content: Buffer, check: boolean): Outcome {
  const { text: after, msg, found } = edited(args, content.toString('latin1'));
  const bytes = Buffer.from(after, 'latin1');
  const changes = now ? attributeChange(args, now) : { before: {}, after: {} };
  const words = [msg, differs(changes) ? 'ownership, perms or SE linux context changed' : ''];
  const result = { msg: words.filter((part) => part !== '').join(' and '), backup: '', ...found };
  if (!bytes.equals(content)) return rewritten(args, now, { content, bytes, result, check });
  if (!differs(changes)) return unchanged(`${args.path} is already so`, { result });
  return change(`${args.path}: ${Object.keys(changes.after).join(', ')}`, {
    diff: [{ path: args.path, before: attributeText(changes.before), after: attributeText(changes.after) }],
    actions: attributeActions(args.path, changes),
    result,
  });
}

interface Rewrite {
  readonly content: Buffer;
  readonly bytes: Buffer;
  readonly result: Readonly<Record<string, unknown>>;
  readonly check: boolean;
}

function rewritten(
  args: LineinfileArguments,
  now: FileStat | undefined,
  { content, bytes, result, check }: Rewrite,
): Outcome {
  const { path: at, owner, group } = args;
  const mode = args.mode === undefined ? undefined : octal(resolvedMode(args.mode, now?.mode ?? 0o644, false));
  const backup = args.backup && now ? backupPath(at, now) : undefined;
  const write: Action = {
    kind: 'write',
    path: at,
    content: bytes,
    ...(mode === undefined ? {} : { mode }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(backup === undefined ? {} : { backup }),
  };
  return change(`${at}: ${result.msg}`, {
    diff: [{ path: at, before: content.toString('utf8'), after: bytes.toString('utf8') }],
    actions: [
      ...(now ? [] : [run(sh`mkdir -p ${pathWord(directoryOf(at))}`, touching(...wayTo(directoryOf(at))))]),
      ...(args.validate === undefined ? [] : [validateAction(args.validate, bytes, { mode, owner, group })]),
      write,
    ],
    result: { ...result, backup: check ? '' : (backup ?? '') },
  });
}

function edited(args: LineinfileArguments, content: string): { text: string; msg: string; found?: { found: number } } {
  const edit = editOf(args);
  if (args.state === 'present') return withLine(content, edit);
  const { text: after, found } = withoutLines(content, edit);
  return { text: after, msg: found > 0 ? `${found} line(s) removed` : '', found: { found } };
}

function editOf(args: LineinfileArguments): LineEdit {
  const bytes = (value: string | undefined) =>
    value === undefined ? undefined : Buffer.from(value).toString('latin1');
  const atEnd = args.insertafter === undefined && args.insertbefore === undefined;
  return {
    line: bytes(args.line),
    regexp: bytes(args.regexp),
    searchString: bytes(args.search_string),
    insertAfter: atEnd ? 'EOF' : bytes(args.insertafter),
    insertBefore: bytes(args.insertbefore),
    backrefs: args.backrefs,
    firstMatch: args.firstmatch,
  };
}

function withPath(given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const { dest, destfile, name, value, ...rest } = given as Record<string, unknown>;
  const at = name ?? destfile ?? dest;
  return { ...(at === undefined ? {} : { path: at }), ...(value === undefined ? {} : { line: value }), ...rest };
}
