import { createHash } from 'node:crypto';
import { type Ask, ask } from '../core/fact.js';
import {
  type Action,
  change,
  type Fields,
  type Outcome,
  refuse,
  run,
  type TaskContext,
  type TextDiff,
  unchanged,
} from '../core/module.js';
import type { Reading } from '../core/reading.js';
import { joinScripts, sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { type Found, type FoundEntry, fileFind } from '../facts/file-find.js';
import { backupPath } from './backup-path.js';
import type { CopyArguments } from './copy.js';
import { attributeActions, attributeChange, attributeText, differs } from './file-attributes.js';
import { octal, resolvedMode } from './file-mode.js';
import { baseOf, below, wayTo } from './host-path.js';
import { makeDirectory } from './make-directory.js';
import { touching } from './touching.js';
import { refusedCopy, validateAction } from './validate-file.js';

export type FolderCopyNeeds = { folder: Ask<Found> };
type FolderCopy = CopyArguments & { readonly src: string };

/** Whether the source is a folder of the controller. */
export function isFolder(src: string, task: TaskContext): boolean {
  const at = task.findPath(src, 'files');
  return (at === undefined || task.localFile(at) === undefined) && task.listFolder(bare(src), 'files') !== undefined;
}

/** What stands where the folder's files are to go. */
export function folderCopyNeeds({ src, dest }: FolderCopy, task: TaskContext): FolderCopyNeeds {
  const names = task.listFolder(bare(src), 'files') ?? [];
  const depth = Math.max(1, ...names.map((name) => bare(name).split('/').length));
  const query = { depth, follow: false, checksum: true, content: false, names: [] };
  return { folder: ask(fileFind, { ...query, directory: pathWord(baseFor(src, dest)) }) };
}

/** `src: dir` goes below `dest` under its name, `src: dir/` is what is in it. */
function baseFor(src: string, dest: string): string {
  return src.endsWith('/') ? bare(dest) || '/' : below(dest, baseOf(src));
}

/** All files of a folder of the controller, with the directories that they need. */
export function planFolderCopy(args: FolderCopy, folder: Reading<Found>, task: TaskContext): Outcome {
  const { src, dest } = args;
  if (args.checksum !== undefined) return refuse('checksum is supported for single files only');
  if (folder.state === 'unreadable') return refuse(`cannot look at ${baseFor(src, dest)}: ${folder.why}`);
  const there = folder.state === 'present' ? folder.value : undefined;
  if (there?.isPartial) return refuse(`cannot look at all of ${baseFor(src, dest)}`);
  const known = new Map(there?.entries.map((entry) => [entry.name, entry]));
  const base = baseFor(src, dest);
  const names = task.listFolder(bare(src), 'files') ?? [];
  const root = bare(task.findPath(bare(src), 'files') ?? src);

  const folders = names.filter((name) => name.endsWith('/')).map(bare);
  const missing = folders.filter((name) => known.get(name)?.stat.kind !== 'directory');
  const inTheWay = missing.find((name) => known.has(name));
  if (inTheWay !== undefined) return refuse(`${below(base, inTheWay)} is not a directory`);
  const plans: Step[] =
    there && missing.length === 0 ? [] : [makeFolders(args, there ? [] : wayTo(base), base, missing)];
  for (const name of names.filter((one) => !one.endsWith('/'))) {
    const step = fileStep(args, below(base, name), known.get(name), () => task.readFile(`${root}/${name}`, 'files'));
    if (typeof step === 'string') return refuse(step);
    if (step) plans.push(step);
  }
  const result: Fields = { src: src.endsWith('/') ? `${root}/` : root, dest: dest.endsWith('/') ? dest : `${dest}/` };
  if (plans.length === 0) return unchanged(`${base} is already so`, { result });
  return change(`${base}: ${plans.length} differ`, {
    diff: plans.flatMap((step) => step.diff),
    actions: plans.flatMap((step) => step.actions),
    result,
  });
}

interface Step {
  readonly actions: readonly Action[];
  readonly diff: readonly TextDiff[];
}

/** @param way to the folder itself, where that is missing */
function makeFolders(args: FolderCopy, way: readonly string[], base: string, names: readonly string[]): Step {
  const { owner, group, directory_mode } = args;
  const wanted = {
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(directory_mode === undefined ? {} : { mode: octal(resolvedMode(directory_mode, 0o755, true)) }),
  };
  const paths = [...way, ...names.map((name) => below(base, name))];
  const steps = paths.map((path) => makeDirectory(path, wanted));
  return { actions: [run(joinScripts(steps), touching(...paths))], diff: [] };
}

/** What one file needs; undefined for nothing, a text where it cannot be done. */
function fileStep(
  args: FolderCopy,
  path: string,
  now: FoundEntry | undefined,
  read: () => Buffer,
): Step | string | undefined {
  const isLink = now?.stat.kind === 'link';
  if (isLink && args.follow) return `${path} is a link, which is not followed in a folder`;
  if (now && !isLink && now.stat.kind !== 'file') return `${path} is a ${now.stat.kind}, not a regular file`;
  if (now && !args.force) return undefined;
  const content = read();
  if (!now || isLink || now.stat.sizeBytes !== content.length) return newFile(args, path, now, content);
  if (now.checksum === undefined) return `cannot compare ${path}: the host has neither sha1sum nor openssl`;
  if (now.checksum !== createHash('sha1').update(content).digest('hex')) return newFile(args, path, now, content);
  const changes = attributeChange({ ...args, mode: args.mode }, now.stat);
  if (!differs(changes)) return undefined;
  const diff = { path, before: attributeText(changes.before), after: attributeText(changes.after) };
  return { actions: attributeActions(path, changes), diff: [diff] };
}

function newFile(args: FolderCopy, path: string, now: FoundEntry | undefined, content: Buffer): Step {
  const { owner, group } = args;
  const isLink = now?.stat.kind === 'link';
  const current = now && !isLink ? now.stat.mode : 0o644;
  const mode = args.mode === undefined ? undefined : octal(resolvedMode(args.mode, current, false));
  const backup = args.backup && now && !isLink ? backupPath(path, now.stat) : undefined;
  return {
    actions: [
      ...(args.validate === undefined
        ? []
        : [validateAction(args.validate, content, { mode, owner, group }, refusedCopy)]),
      ...(isLink ? [run(sh`rm -f ${pathWord(path)}`, touching(path))] : []),
      {
        kind: 'write',
        path,
        content,
        ...(mode === undefined ? {} : { mode }),
        ...(owner === undefined ? {} : { owner }),
        ...(group === undefined ? {} : { group }),
        ...(backup === undefined ? {} : { backup }),
      },
    ],
    // What stood there was not read: only a new file has a text to show.
    diff: now || content.includes(0) ? [] : [{ path, before: '', after: content.toString('utf8') }],
  };
}

function bare(path: string): string {
  return path.replace(/\/+$/, '');
}
