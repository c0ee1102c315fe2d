import { z } from 'zod';
import { defineModule, refuse, unchanged } from '../core/module.js';
import { bool, renamed, text } from './arguments.js';
import { type BlockEdit, withBlock } from './block-edit.js';
import {
  type EditedFileNeeds,
  editedFileArguments,
  editedFileNeeds,
  fileToEdit,
  PATH_NAMES,
  planEditedFile,
  withPatterns,
} from './edited-file.js';

const Args = z.preprocess(
  (given) => renamed(given, { ...PATH_NAMES, content: 'block' }),
  z
    .strictObject({
      ...editedFileArguments,
      state: z.enum(['present', 'absent']).default('present'),
      block: text.default(''),
      marker: text.default('# {mark} ANSIBLE MANAGED BLOCK'),
      marker_begin: text.default('BEGIN'),
      marker_end: text.default('END'),
      insertafter: text.optional(),
      insertbefore: text.optional(),
      create: bool.default(false),
    })
    .refine((a) => a.insertafter === undefined || a.insertbefore === undefined, {
      message: 'insertafter and insertbefore exclude each other',
    }),
);

type BlockinfileArguments = z.infer<typeof Args>;

/** A block of lines in a file, between two lines that mark it. */
export const blockinfile = defineModule<BlockinfileArguments, EditedFileNeeds>({
  name: 'blockinfile',
  about: 'Has a block of lines in a file, between lines that mark it, or not',
  example: `- name: name the nodes
  blockinfile:
    path: /etc/hosts
    block: |
      192.0.2.1 node1
      192.0.2.2 node2`,
  args: Args,
  needs: editedFileNeeds,
  plan(args, readings, { check }) {
    const there = fileToEdit(args.path, readings);
    if (there && 'kind' in there) return there;
    if (!there && !args.create) return refuse(`Path ${args.path} does not exist !`, { result: { rc: 257 } });
    const missing = `File ${args.path} not present`;
    if (!there && args.state === 'absent') return unchanged(missing, { result: { msg: missing } });
    return withPatterns(args.path, () => {
      const before = there?.content ?? Buffer.alloc(0);
      const edit = editOf(args);
      const after = Buffer.from(withBlock(before.toString('latin1'), edit), 'latin1');
      const msg = there === undefined ? 'File created' : after.equals(before) ? '' : wordFor(edit);
      const backupField = 'backup_file';
      return planEditedFile(args, { now: there?.stat, before, after, msg, fields: {}, check, backupField });
    });
  },
});

function wordFor({ block }: BlockEdit): string {
  return block === '' ? 'Block removed' : 'Block inserted';
}

function editOf(args: BlockinfileArguments): BlockEdit {
  const bytes = (value: string) => Buffer.from(value).toString('latin1');
  return {
    block: args.state === 'present' ? bytes(args.block) : '',
    marker: bytes(args.marker),
    markerBegin: bytes(args.marker_begin),
    markerEnd: bytes(args.marker_end),
    insertAfter: args.insertafter === undefined ? undefined : bytes(args.insertafter),
    insertBefore: args.insertbefore === undefined ? undefined : bytes(args.insertbefore),
  };
}
