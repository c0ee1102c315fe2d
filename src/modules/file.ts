import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { change, defineModule, type Fields, type Outcome, refuse, run, unchanged } from '../core/module.js';
import { type Reading, valueIfPresent } from '../core/reading.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import { fileTree, type TreeEntry } from '../facts/file-tree.js';
import type { Answers } from './answers.js';
import { bool, fileAttributeArguments, path, renamed, word } from './arguments.js';
import { planAttributes } from './file-attribute-plan.js';
import { unchangedFields } from './file-attributes.js';
import { planDirectory } from './file-directory.js';
import { planHardLink, planLink } from './file-link.js';
import { stateName } from './file-state.js';
import { planTouch } from './file-touch.js';
import { baseOf, below, directoryOf } from './host-path.js';
import { touching } from './touching.js';

const STATES = ['absent', 'directory', 'file', 'hard', 'link', 'touch'] as const;
const time = z.enum(['now', 'preserve'], { error: 'only now and preserve are supported' }).optional();

const Args = z.preprocess(
  (given) => renamed(given, { dest: 'path', name: 'path' }),
  z
    .strictObject({
      ...fileAttributeArguments,
      path,
      state: z.enum(STATES).optional(),
      src: word.optional(),
      recurse: bool.default(false),
      force: bool.default(false),
      follow: bool.default(true),
      modification_time: time,
      access_time: time,
    })
    .refine(
      ({ recurse, state }) => !recurse || state === undefined || state === 'directory',
      "recurse option requires state to be 'directory'",
    )
    .refine(({ src, state }) => src === undefined || state === undefined || state === 'link' || state === 'hard', {
      message: 'src option requires state to be link or hard',
    }),
);

export type FileArguments = z.infer<typeof Args>;

export type FileModuleNeeds = {
  link: Ask<FileStat>;
  target: Ask<FileStat>;
  inside?: Ask<FileStat>;
  source?: Ask<FileStat>;
  tree?: Ask<readonly TreeEntry[]>;
};
export type FileReadings = Answers<FileModuleNeeds>;

/** Files, directories and links: that they are there or not, and whose they are. */
export const file = defineModule<FileArguments, FileModuleNeeds>({
  name: 'file',
  about: 'Has a directory, a link, an empty file or nothing at a path, with owner and mode',
  example: `- name: a place for the unit's drop-ins
  file:
    path: /etc/systemd/system/flanneld.service.d
    state: directory
    mode: "0755"`,
  args: Args,
  needs: ({ path: at, src, state, recurse }) => ({
    link: ask(fileStat, { path: at }),
    target: ask(fileStat, { path: at, follow: true }),
    ...(src === undefined ? {} : { source: ask(fileStat, { path: sourcePath(at, src, state), follow: true }) }),
    ...(src === undefined || state !== 'hard' ? {} : { inside: ask(fileStat, { path: below(at, baseOf(src)) }) }),
    ...(recurse ? { tree: ask(fileTree, { path: at }) } : {}),
  }),
  plan(args, readings, { check }) {
    const { link, target } = readings;
    if (link.state === 'unreadable') return refuse(`cannot look at ${args.path}: ${link.why}`);
    if (target.state === 'unreadable') return refuse(`cannot look at ${args.path}: ${target.why}`);
    const outcome = planState(args, readings);
    return check && outcome.kind === 'change' ? { ...outcome, result: asItStands(outcome.result, readings) } : outcome;
  },
});

function planState(args: FileArguments, readings: FileReadings): Outcome {
  switch (args.state ?? stateOf(readings.link, args.recurse)) {
    case 'absent':
      return planAbsent(args.path, readings.link);
    case 'directory':
      return planDirectory(args, readings);
    case 'touch':
      return planTouch(args, readings);
    case 'link':
      return planLink(args, readings);
    case 'hard':
      return planHardLink(args, readings);
    case 'file':
      return planFile(args, readings);
  }
}

/** In check mode Ansible tells how the path is, not how it would be. */
function asItStands(planned: Fields | undefined, { link, target }: FileReadings): Fields {
  const names = Object.fromEntries(Object.entries(planned ?? {}).filter(([name]) => NAMES.includes(name)));
  const now = target.state === 'present' ? valueIfPresent(link) : undefined;
  return { ...names, ...(now ? unchangedFields(now) : { state: 'absent' }) };
}

const NAMES = ['path', 'dest', 'src'];

function stateOf(link: Reading<FileStat>, recurse: boolean): Exclude<FileArguments['state'], undefined> {
  const now = stateName(valueIfPresent(link));
  if (now !== 'absent') return now;
  return recurse ? 'directory' : 'file';
}

function planAbsent(at: string, link: Reading<FileStat>): Outcome {
  const now = stateName(valueIfPresent(link));
  if (now === 'absent') return unchanged(`${at} is not there`, { result: { path: at, state: 'absent' } });
  if (/^\/+\.?$/.test(at)) return refuse('the root directory is never removed');
  return change(`${at} is there (${now})`, {
    diff: [{ path: at, before: `state: ${now}\n`, after: 'state: absent\n' }],
    // What stands in a directory is not kept, so that one cannot be brought back.
    actions: [now === 'directory' ? run(sh`rm -rf ${pathWord(at)}`) : run(sh`rm -f ${pathWord(at)}`, touching(at))],
    result: { path: at, state: 'absent' },
  });
}

function planFile(args: FileArguments, { link, target }: FileReadings): Outcome {
  const itself = valueIfPresent(link);
  const now = itself?.kind === 'link' && args.follow ? valueIfPresent(target) : itself;
  const state = stateName(now);
  if (!now || (state !== 'file' && state !== 'hard')) {
    return refuse(`file (${args.path}) is ${state}, cannot continue`, { result: { path: args.path, state } });
  }
  return planAttributes(args, now, itself?.linkSource ?? args.path);
}

function sourcePath(at: string, src: string, state: FileArguments['state']): string {
  return state === 'hard' ? src : below(directoryOf(at), src);
}
