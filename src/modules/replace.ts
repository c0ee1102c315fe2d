import { z } from 'zod';
import { defineModule, refuse, unchanged } from '../core/module.js';
import { renamed, text } from './arguments.js';
import { bytesOfText, textOfBytes } from './bytes-as-text.js';
import {
  type EditedFileNeeds,
  editedFileArguments,
  editedFileNeeds,
  fileToEdit,
  PATH_NAMES,
  planEditedFile,
  withPatterns,
} from './edited-file.js';
import { withReplaced } from './replace-edit.js';

const Args = z.preprocess(
  (given) => renamed(given, PATH_NAMES),
  z.strictObject({
    ...editedFileArguments,
    regexp: text,
    replace: text.default(''),
    after: text.optional(),
    before: text.optional(),
    encoding: z.literal('utf-8', { error: 'only utf-8 is supported' }).default('utf-8'),
  }),
);

/** Replaces all matches of a pattern in a file. */
export const replace = defineModule<z.infer<typeof Args>, EditedFileNeeds>({
  name: 'replace',
  about: 'Replaces all that a pattern matches in a file',
  example: `- name: the old name is gone
  replace:
    path: /etc/hosts
    regexp: '(\\s+)old\\.example\\.com(\\s+.*)?$'
    replace: '\\1new.example.com\\2'`,
  args: Args,
  needs: editedFileNeeds,
  plan(args, readings, { check }) {
    const there = fileToEdit(args.path, readings);
    if (there && 'kind' in there) return there;
    if (!there) return refuse(`Path ${args.path} does not exist !`, { result: { rc: 257 } });
    return withPatterns(args.path, () => {
      const made = withReplaced(textOfBytes(there.content), args);
      if ('between' in made) {
        const msg = `Pattern for before/after params did not match the given file: ${made.between}`;
        return unchanged(msg, { result: { rc: 0, msg } });
      }
      const after = bytesOfText(made.text);
      const msg = after.equals(there.content) ? '' : `${made.places} replacements made`;
      const edit = { now: there.stat, before: there.content, after, msg, fields: { rc: 0 }, check };
      return planEditedFile(args, { ...edit, backupField: 'backup_file' });
    });
  },
});
