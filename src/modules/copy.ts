import { z } from 'zod';
import { defineModule, refuse, type TaskContext } from '../core/module.js';
import { bool, fileAttributeArguments, octalMode, octalModeOrPreserve, path, text, word } from './arguments.js';
import { type FolderCopyNeeds, folderCopyNeeds, isFolder, planFolderCopy } from './copy-folder.js';
import { type HostCopyNeeds, hostCopyNeeds, planHostCopy } from './copy-on-host.js';
import { type FileNeeds, fileNeeds, planPlacement } from './file-placement.js';
import { preservedMode } from './preserved-mode.js';

const Args = z
  .strictObject({
    ...fileAttributeArguments,
    mode: octalModeOrPreserve.optional(),
    dest: path,
    src: word.optional(),
    content: z.union([text, z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
    remote_src: bool.default(false),
    backup: bool.default(false),
    force: bool.default(true),
    follow: bool.default(false),
    local_follow: bool.optional(),
    directory_mode: octalMode.optional(),
    checksum: text.optional(),
    validate: word.refine((value) => value.includes('%s'), 'validate must contain %s').optional(),
  })
  .refine(({ src, content }) => (src === undefined) !== (content === undefined), 'one of src and content is needed');

export type CopyArguments = z.infer<typeof Args>;

/** Puts a file in place: from the controller, from text, or from another path of the host. */
export const copy = defineModule<CopyArguments, FileNeeds & Partial<HostCopyNeeds & FolderCopyNeeds>>({
  name: 'copy',
  about: 'Puts a file in place, from the controller, from text or from the host itself',
  example: `- name: tell the kernel what a router needs
  copy:
    dest: /etc/sysctl.d/90-forwarding.conf
    content: |
      net.ipv4.ip_forward = 1
    mode: "0644"`,
  args: Args,
  needs: (args, task) => ({
    ...(isFolderCopy(args, task) ? folderCopyNeeds({ ...args, src: args.src }, task) : {}),
    ...fileNeeds(args.dest, args.src),
    ...(args.remote_src && args.src !== undefined ? hostCopyNeeds(args.src, args.dest) : {}),
  }),
  plan(args, readings, task) {
    if (args.remote_src && args.src !== undefined) return planHostCopy({ ...args, src: args.src }, readings);
    if (args.mode === 'preserve' && (readings.folder || args.src === undefined)) {
      return refuse('mode: preserve is supported for a file only', { hint: 'Name the mode: "0644".' });
    }
    if (readings.folder && args.src !== undefined) {
      return planFolderCopy({ ...args, src: args.src }, readings.folder, task);
    }
    const content = contentOf(args, task);
    const source = args.src === undefined ? undefined : task.findPath(args.src, 'files');
    const mode = preservedMode(args.mode, source, task);
    return planPlacement({ ...args, mode, name: args.src, content, check: task.check }, readings);
  },
});

function isFolderCopy(args: CopyArguments, task: TaskContext): args is CopyArguments & { src: string } {
  return args.src !== undefined && !args.remote_src && isFolder(args.src, task);
}

function contentOf({ src, content }: CopyArguments, task: TaskContext): Buffer {
  if (src !== undefined) return task.readFile(src, 'files');
  if (typeof content === 'string') return Buffer.from(content);
  // As Python's json.dumps spaces it.
  return Buffer.from(
    JSON.stringify(content, null, 1)
      .replace(/\n\s*/g, ' ')
      .replace(/([[{]) /g, '$1')
      .replace(/ ([\]}])/g, '$1'),
  );
}
