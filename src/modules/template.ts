import { z } from 'zod';
import { defineModule } from '../core/module.js';
import { bool, fileAttributeArguments, octalModeOrPreserve, path, word } from './arguments.js';
import { type FileNeeds, fileNeeds, planPlacement } from './file-placement.js';
import { preservedMode } from './preserved-mode.js';

const LINE_ENDS = { '\\n': '\n', '\\r': '\r', '\\r\\n': '\r\n' } as const;

const Args = z.strictObject({
  ...fileAttributeArguments,
  mode: octalModeOrPreserve.optional(),
  src: word,
  dest: path,
  backup: bool.default(false),
  force: bool.default(true),
  follow: bool.default(false),
  newline_sequence: z.preprocess(
    (value) =>
      typeof value === 'string' && Object.hasOwn(LINE_ENDS, value) ? LINE_ENDS[value as keyof typeof LINE_ENDS] : value,
    z.enum(['\n', '\r', '\r\n']).default('\n'),
  ),
  trim_blocks: bool.default(true),
  lstrip_blocks: bool.default(false),
  variable_start_string: word.optional(),
  variable_end_string: word.optional(),
  block_start_string: word.optional(),
  block_end_string: word.optional(),
  comment_start_string: word.optional(),
  comment_end_string: word.optional(),
  output_encoding: z.literal('utf-8', { error: 'only utf-8 is supported' }).default('utf-8'),
  validate: word.refine((value) => value.includes('%s'), 'validate must contain %s').optional(),
});

/** Renders a Jinja2 file of the controller and puts the text in place. */
export const template = defineModule<z.infer<typeof Args>, FileNeeds>({
  name: 'template',
  about: 'Renders a Jinja2 file and puts the text in place',
  example: `- name: configure the resolver
  template:
    src: resolv.conf.j2
    dest: /etc/resolv.conf
    mode: "0644"`,
  args: Args,
  needs: ({ src, dest }) => fileNeeds(dest, src),
  plan(args, readings, task) {
    const source = task.findPath(args.src, 'templates');
    const rendered = task.render(task.readFile(args.src, 'templates').toString('utf8'), {
      name: args.src,
      path: source,
      destination: args.dest,
      trimBlocks: args.trim_blocks,
      lstripBlocks: args.lstrip_blocks,
      marks: marksOf(args),
    });
    const text = args.newline_sequence === '\n' ? rendered : rendered.replace(/\r\n|\r|\n/g, args.newline_sequence);
    const mode = preservedMode(args.mode, source, task);
    const content = Buffer.from(text);
    return planPlacement({ ...args, mode, name: args.src, content, check: task.check }, readings);
  },
});

function marksOf(args: z.infer<typeof Args>) {
  return {
    ...(args.variable_start_string && { printBegin: args.variable_start_string }),
    ...(args.variable_end_string && { printEnd: args.variable_end_string }),
    ...(args.block_start_string && { tagBegin: args.block_start_string }),
    ...(args.block_end_string && { tagEnd: args.block_end_string }),
    ...(args.comment_start_string && { commentBegin: args.comment_start_string }),
    ...(args.comment_end_string && { commentEnd: args.comment_end_string }),
  };
}
