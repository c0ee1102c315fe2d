import { z } from 'zod';
import { defineModule, refuse, unchanged } from '../core/module.js';
import { bool, renamed, text } from './arguments.js';
import {
  type EditedFileNeeds,
  editedFileArguments,
  editedFileNeeds,
  fileToEdit,
  PATH_NAMES,
  planEditedFile,
  withPatterns,
} from './edited-file.js';
import { type LineEdit, withLine, withoutLines } from './line-edit.js';

const Args = z.preprocess(
  (given) => renamed(given, { ...PATH_NAMES, value: 'line', regex: 'regexp' }),
  z
    .strictObject({
      ...editedFileArguments,
      state: z.enum(['present', 'absent']).default('present'),
      line: text.optional(),
      regexp: text.optional(),
      search_string: text.optional(),
      insertafter: text.optional(),
      insertbefore: text.optional(),
      backrefs: bool.default(false),
      firstmatch: bool.default(false),
      create: bool.default(false),
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

/** One line of a file: that it is there, that it reads so, or that it is gone. */
export const lineinfile = defineModule<LineinfileArguments, EditedFileNeeds>({
  name: 'lineinfile',
  about: 'Has one line in a file, or not',
  example: `- name: let root log in with a key only
  lineinfile:
    path: /etc/ssh/sshd_config
    regexp: '^#?PermitRootLogin'
    line: PermitRootLogin prohibit-password`,
  args: Args,
  needs: editedFileNeeds,
  plan(args, readings, { check }) {
    const there = fileToEdit(args.path, readings);
    if (there && 'kind' in there) return there;
    if (!there && args.state === 'absent') return unchanged('file not present');
    if (!there && !args.create) return refuse(`Destination ${args.path} does not exist !`, { result: { rc: 257 } });
    return withPatterns(args.path, () => {
      const before = there?.content ?? Buffer.alloc(0);
      const { text: after, msg, found } = edited(args, before.toString('latin1'));
      const fields = { backup: '', ...found };
      const edit = { now: there?.stat, before, after: Buffer.from(after, 'latin1'), msg, fields, check };
      return planEditedFile(args, { ...edit, backupField: 'backup' });
    });
  },
});

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
