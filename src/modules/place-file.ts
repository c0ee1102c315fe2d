import { createHash } from 'node:crypto';
import { type Ask, ask } from '../core/fact.js';
import {
  type Action,
  type ActionOutput,
  change,
  type Fields,
  type Outcome,
  refuse,
  run,
  type TextDiff,
  unchanged,
} from '../core/module.js';
import { type Reading, valueIfPresent } from '../core/reading.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { fileContent } from '../facts/file-content.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import type { Answers } from './answers.js';
import { backupPath } from './backup-path.js';
import { attributeActions, attributeChange, attributeFields, attributeText, differs } from './file-attributes.js';
import { octal, resolvedMode, toldMode } from './file-mode.js';
import { directoryOf } from './host-path.js';
import { touching } from './touching.js';
import { refusedCopy, validateAction } from './validate-file.js';

/** What stands where a file is to go. */
export interface Place {
  /** The path itself, a link not followed. */
  readonly link: Reading<FileStat>;
  /** What it leads to, with a SHA-1 checksum. */
  readonly target: Reading<FileStat>;
  readonly content: Reading<Buffer>;
  /** The directory that it is to go to. */
  readonly parent: Reading<FileStat>;
}

type PlaceNeeds = { link: Ask<FileStat>; target: Ask<FileStat>; content: Ask<Buffer>; parent: Ask<FileStat> };

/** Files over this size are compared by checksum alone and shown without a diff; Ansible's own limit. */
export const MAX_DIFF_BYTES = 104_448;

export function placeNeeds(path: string): PlaceNeeds {
  return {
    link: ask(fileStat, { path }),
    target: ask(fileStat, { path, follow: true, checksum: 'sha1' }),
    content: ask(fileContent, { path, maxBytes: MAX_DIFF_BYTES }),
    parent: ask(fileStat, { path: directoryOf(path), follow: true }),
  };
}

export type PlaceReadings = Answers<PlaceNeeds>;

/** A file as a task wants it. */
export interface WantedFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly backup: boolean;
  /** False leaves a file that exists as it is. */
  readonly force: boolean;
  /** True writes to what a link leads to; false puts a file in the link's place. */
  readonly follow: boolean;
  /** A command with `%s` that has to accept the new file before it is put in place. */
  readonly validate?: string | undefined;
  /** The fields of the result where it does not; those of `copy`, where nothing else is said. */
  readonly refused?: (output: ActionOutput) => Fields;
  /** Directories that are made for it first. */
  readonly makeDirectory?: Action | undefined;
  /** More for the result. */
  readonly fields: Fields;
  /** Nothing is done: the directory may be one that a task before this one would have made. */
  readonly check: boolean;
}

/** What it takes to have a file with this content and these attributes. */
export function placeFile(wanted: WantedFile, place: Place): Outcome {
  const trouble = whyNot(wanted, place);
  if (trouble !== undefined) return refuse(trouble);
  const now = valueIfPresent(place.target);
  const replacesLink = place.link.state === 'present' && place.link.value.kind === 'link' && !wanted.follow;
  if (now && !wanted.force)
    return unchanged('file already exists', { result: { ...wanted.fields, dest: wanted.path } });
  const same = now && !replacesLink ? sameContent(wanted.content, now, place.content) : false;
  if (same === undefined) {
    return refuse(`cannot compare ${wanted.path}: it is large, and the host has neither sha1sum nor openssl`);
  }
  return same && now ? attributesOnly(wanted, place, now) : newContent(wanted, place, replacesLink);
}

function whyNot(wanted: WantedFile, { link, target, parent }: Place): string | undefined {
  for (const reading of [link, target, parent]) {
    if (reading.state === 'unreadable') return `cannot look at ${wanted.path}: ${reading.why}`;
  }
  if (target.state === 'present' && target.value.kind === 'directory') return `${wanted.path} is a directory`;
  if (target.state === 'present' && target.value.kind !== 'file') {
    return `${wanted.path} is a ${target.value.kind}, not a regular file`;
  }
  if (wanted.makeDirectory || target.state === 'present') return undefined;
  if (parent.state === 'absent' && wanted.check) return undefined;
  if (parent.state === 'absent') return `Destination directory ${directoryOf(wanted.path)} does not exist`;
  if (valueIfPresent(parent)?.kind !== 'directory') return `${directoryOf(wanted.path)} is not a directory`;
  return undefined;
}

/** Undefined where nothing tells. */
function sameContent(wanted: Buffer, now: FileStat, content: Reading<Buffer>): boolean | undefined {
  if (now.sizeBytes !== wanted.length) return false;
  if (now.checksum !== undefined) return now.checksum === sha1(wanted);
  return content.state === 'present' ? content.value.equals(wanted) : undefined;
}

function attributesOnly(wanted: WantedFile, place: Place, now: FileStat): Outcome {
  const changes = attributeChange(wanted, now);
  // Ansible leaves this to its module `file`: what was sent is told only where it was put in place.
  const { dest, checksum } = resultOf(wanted);
  const result = { path: wanted.path, dest, checksum, ...attributeFields(now, changes) };
  if (!differs(changes)) return unchanged(`${wanted.path} is already so`, { result });
  const path = valueIfPresent(place.link)?.linkSource ?? wanted.path;
  return change(`${wanted.path}: ${Object.keys(changes.after).join(', ')}`, {
    diff: [{ path: wanted.path, before: attributeText(changes.before), after: attributeText(changes.after) }],
    actions: attributeActions(path, changes),
    result,
  });
}

function newContent(wanted: WantedFile, place: Place, replacesLink: boolean): Outcome {
  const now = valueIfPresent(place.target);
  const base: FileStat | undefined = replacesLink ? undefined : now;
  const mode = wanted.mode === undefined ? undefined : octal(resolvedMode(wanted.mode, base?.mode ?? NEW_MODE, false));
  const backup = wanted.backup && now ? backupPath(wanted.path, now) : undefined;
  const { owner, group, content, path } = wanted;
  const write: Action = {
    kind: 'write',
    path,
    content,
    ...(mode === undefined ? {} : { mode }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(backup === undefined ? {} : { backup }),
  };
  const refused = wanted.refused ?? ((output: ActionOutput) => ({ checksum: sha1(content), ...refusedCopy(output) }));
  const check =
    wanted.validate === undefined ? [] : [validateAction(wanted.validate, content, { mode, owner, group }, refused)];
  const make = wanted.makeDirectory ? [wanted.makeDirectory] : [];
  return change(now ? `${path} differs` : `${path} does not exist`, {
    diff: contentDiff(wanted, place),
    actions: [...make, ...check, ...removedLink(path, replacesLink, backup), write],
    result: {
      ...wanted.fields,
      ...resultOf(wanted),
      ...newFields(wanted, base, mode),
      ...(backup === undefined ? {} : { backup_file: backup }),
    },
  });
}

/** A link makes way for the file; what it leads to is kept where a backup is wanted. */
function removedLink(path: string, replacesLink: boolean, backup: string | undefined): Action[] {
  if (!replacesLink) return [];
  return [
    ...(backup === undefined ? [] : [run(sh`cp -p ${pathWord(path)} ${pathWord(backup)}`, touching(backup))]),
    run(sh`rm -f ${pathWord(path)}`, touching(path)),
  ];
}

const NEW_MODE = 0o644;

function newFields(wanted: WantedFile, base: FileStat | undefined, mode: string | undefined): Fields {
  const size = wanted.content.length;
  if (base) return { ...attributeFields(base, attributeChange(wanted, base)), state: 'file', size };
  return {
    mode: toldMode(mode ?? octal(NEW_MODE)),
    state: 'file',
    size,
    ...(wanted.owner === undefined ? {} : { owner: wanted.owner }),
    ...(wanted.group === undefined ? {} : { group: wanted.group }),
  };
}

function resultOf({ path, content }: WantedFile) {
  return { dest: path, checksum: sha1(content), md5sum: createHash('md5').update(content).digest('hex') };
}

/** The contents as text; none where one of them is binary or large. */
function contentDiff({ path, content }: WantedFile, { content: was, target }: Place): TextDiff[] {
  if (target.state === 'present' && was.state !== 'present') return [];
  const before = valueIfPresent(was) ?? Buffer.alloc(0);
  if (content.length > MAX_DIFF_BYTES || before.includes(0) || content.includes(0)) return [];
  return [{ path, before: before.toString('utf8'), after: content.toString('utf8') }];
}

function sha1(content: Buffer): string {
  return createHash('sha1').update(content).digest('hex');
}
