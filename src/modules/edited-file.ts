import { type Ask, ask } from '../core/fact.js';
import { SLOW_PATTERN_HINT, SlowPattern } from '../core/match-deadline.js';
import { type Action, change, type Fields, type Outcome, refuse, run, unchanged } from '../core/module.js';
import { type Reading, valueIfPresent } from '../core/reading.js';
import { sh } from '../core/script.js';
import { printableLine } from '../core/text.js';
import { pathWord } from '../core/write-file.js';
import { fileContent } from '../facts/file-content.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import { bool, fileAttributeArguments, path, word } from './arguments.js';
import { backupPath } from './backup-path.js';
import { attributeActions, attributeChange, attributeText, differs } from './file-attributes.js';
import { octal, resolvedMode } from './file-mode.js';
import { directoryOf, wayTo } from './host-path.js';
import { touching } from './touching.js';
import { refusedEdit, validateAction } from './validate-file.js';

/** What the modules that edit a file (`lineinfile`, `blockinfile`, `replace`) share. */
export const editedFileArguments = {
  ...fileAttributeArguments,
  path,
  backup: bool.default(false),
  validate: word.refine((value) => value.includes('%s'), 'validate must contain %s').optional(),
};

export interface EditedFileArguments {
  readonly path: string;
  readonly backup: boolean;
  readonly validate?: string | undefined;
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

export type EditedFileNeeds = { stat: Ask<FileStat>; content: Ask<Buffer> };

/** Files of configuration are small; a larger one is refused. */
const MAX_BYTES = 16 * 1024 * 1024;

export function editedFileNeeds({ path: at }: { path: string }): EditedFileNeeds {
  return {
    stat: ask(fileStat, { path: at, follow: true }),
    content: ask(fileContent, { path: at, maxBytes: MAX_BYTES }),
  };
}

/** The other names of the path. */
export const PATH_NAMES = { dest: 'path', destfile: 'path', name: 'path' } as const;

/** What there is to edit; undefined stands for a file that is missing. An outcome where it cannot be edited. */
export function fileToEdit(
  at: string,
  { stat, content }: { readonly stat: Reading<FileStat>; readonly content: Reading<Buffer> },
): { readonly stat: FileStat; readonly content: Buffer } | Outcome | undefined {
  if (stat.state === 'unreadable') return refuse(`cannot look at ${at}: ${stat.why}`);
  if (stat.state === 'absent') return undefined;
  if (stat.value.kind === 'directory') return refuse(`Path ${at} is a directory !`, { result: { rc: 256 } });
  const bytes = valueIfPresent(content);
  if (bytes) return { stat: stat.value, content: bytes };
  return refuse(`cannot read ${at}${content.state === 'unreadable' ? `: ${content.why}` : ''}`);
}

/** A plan with the patterns of a task; one that cannot be read, or is too slow, is refused. */
export function withPatterns(at: string, plan: () => Outcome): Outcome {
  try {
    return plan();
  } catch (error) {
    if (error instanceof SlowPattern) return refuse(`${at}: ${error.message}`, { hint: SLOW_PATTERN_HINT });
    if (!(error instanceof SyntaxError)) throw error;
    return refuse(`${at}: ${printableLine(error.message)}`, {
      hint: 'The patterns are regular expressions as in Python.',
    });
  }
}

/** A file before and after an edit. */
export interface FileEdit {
  /** What stands there; undefined for a new file. */
  readonly now: FileStat | undefined;
  readonly before: Buffer;
  readonly after: Buffer;
  /** Ansible's word for the edit; empty for none. */
  readonly msg: string;
  /** More for the result. */
  readonly fields: Fields;
  readonly check: boolean;
  /** The field that names the copy of the old file. */
  readonly backupField: 'backup' | 'backup_file';
}

/** What it takes to have a file with the edited content and the wanted attributes. */
export function planEditedFile(args: EditedFileArguments, edit: FileEdit): Outcome {
  const changes = edit.now ? attributeChange(args, edit.now) : { before: {}, after: {} };
  const words = [edit.msg, differs(changes) ? 'ownership, perms or SE linux context changed' : ''];
  const result = { ...edit.fields, msg: words.filter((part) => part !== '').join(' and ') };
  const isMade = !edit.now && edit.msg !== '';
  if (isMade || !edit.after.equals(edit.before)) return rewritten(args, edit, result);
  if (!differs(changes)) return unchanged(`${args.path} is already so`, { result });
  return change(`${args.path}: ${Object.keys(changes.after).join(', ')}`, {
    diff: [{ path: args.path, before: attributeText(changes.before), after: attributeText(changes.after) }],
    actions: attributeActions(args.path, changes),
    result,
  });
}

function rewritten(args: EditedFileArguments, { now, before, after, ...edit }: FileEdit, result: Fields): Outcome {
  const { path: at, owner, group } = args;
  const mode = args.mode === undefined ? undefined : octal(resolvedMode(args.mode, now?.mode ?? 0o644, false));
  const backup = args.backup && now ? backupPath(at, now) : undefined;
  const write: Action = {
    kind: 'write',
    path: at,
    content: after,
    ...(mode === undefined ? {} : { mode }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(backup === undefined ? {} : { backup }),
  };
  return change(`${at}: ${result.msg}`, {
    diff: [{ path: at, before: before.toString('utf8'), after: after.toString('utf8') }],
    actions: [
      ...(now ? [] : [run(sh`mkdir -p ${pathWord(directoryOf(at))}`, touching(...wayTo(directoryOf(at))))]),
      ...(args.validate === undefined
        ? []
        : [validateAction(args.validate, after, { mode, owner, group }, refusedEdit)]),
      write,
    ],
    result: { ...result, ...(backup === undefined || edit.check ? {} : { [edit.backupField]: backup }) },
  });
}
