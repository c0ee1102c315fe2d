import { type Ask, ask } from '../core/fact.js';
import { change, type Outcome, refuse, run, unchanged } from '../core/module.js';
import { type Reading, valueIfPresent } from '../core/reading.js';
import { joinScripts, sh } from '../core/script.js';
import { copyFileScript, pathWord } from '../core/write-file.js';
import { fileChecksum } from '../facts/file-checksum.js';
import { fileSame } from '../facts/file-same.js';
import { type FileStat, fileStat } from '../facts/file-stat.js';
import type { Answers } from './answers.js';
import { backupPath } from './backup-path.js';
import type { CopyArguments } from './copy.js';
import { attributeActions, attributeChange, attributeFields, attributeText, differs } from './file-attributes.js';
import { octal, resolvedMode, toldMode } from './file-mode.js';
import { type FileNeeds, makeDirectories, placeOf } from './file-placement.js';
import { baseOf, below, directoryOf } from './host-path.js';
import { touching } from './touching.js';

export type HostCopyNeeds = { source: Ask<FileStat>; md5: Ask<string>; same: Ask<boolean>; sameInside: Ask<boolean> };

export function hostCopyNeeds(src: string, dest: string): HostCopyNeeds {
  return {
    source: ask(fileStat, { path: src, follow: true, checksum: 'sha1' }),
    md5: ask(fileChecksum, { path: src, algorithm: 'md5' }),
    same: ask(fileSame, { path: src, other: dest }),
    sameInside: ask(fileSame, { path: src, other: below(dest, baseOf(src)) }),
  };
}

type HostCopy = CopyArguments & { readonly src: string };

/** `remote_src`: one file of the host to another path of it. */
export function planHostCopy(args: HostCopy, readings: Answers<FileNeeds & Partial<HostCopyNeeds>>): Outcome {
  const source = readings.source && valueIfPresent<FileStat>(readings.source);
  if (!source) return refuse(`Source ${args.src} not found`);
  if (source.kind !== 'file') {
    return refuse(`${args.src} is a ${source.kind}, not a regular file`, { hint: 'Copy the files in it one by one.' });
  }
  if (args.checksum !== undefined && args.checksum !== source.checksum) {
    return refuse('Copied file does not match the expected checksum. Transfer failed.');
  }
  const found = placeOf(args.dest, args.src, readings);
  if (typeof found === 'string') return refuse(found);
  const { path, place, missing } = found;
  const now = valueIfPresent(place.target);
  if (now && now.kind !== 'file') return refuse(`${path} is a ${now.kind}, not a regular file`);
  if (!now && !missing && valueIfPresent(place.parent)?.kind !== 'directory') {
    return refuse(`Destination directory ${directoryOf(path)} does not exist`);
  }
  if (now && !args.force) return unchanged('file already exists', { result: { src: args.src, dest: path } });
  const same = path === args.dest ? readings.same : readings.sameInside;
  const linked = valueIfPresent(place.link)?.kind === 'link' && !args.follow;
  const md5 = readings.md5 && valueIfPresent<string>(readings.md5);
  return placeCopy(args, { path, now, same, linked, missing, source, md5 });
}

interface Situation {
  readonly path: string;
  readonly now: FileStat | undefined;
  readonly same: Reading<boolean> | undefined;
  /** A link stands there and has to make way. */
  readonly linked: boolean;
  readonly missing: boolean;
  readonly source: FileStat;
  /** Undefined where the host has no tool for it. */
  readonly md5: string | undefined;
}

function placeCopy(args: HostCopy, { path, now, same, linked, missing, source, md5 }: Situation): Outcome {
  const mode = args.mode === 'preserve' ? octal(source.mode) : args.mode;
  const wanted = { mode, owner: args.owner, group: args.group };
  const fields = { src: args.src, dest: path, checksum: source.checksum, md5sum: md5 ?? null };
  if (now && !linked && same !== undefined && valueIfPresent(same) === true) {
    const changes = attributeChange(wanted, now);
    const result = { ...fields, ...attributeFields(now, changes) };
    if (!differs(changes)) return unchanged(`${path} is already so`, { result });
    const diff = [{ path, before: attributeText(changes.before), after: attributeText(changes.after) }];
    return change(`${path}: ${Object.keys(changes.after).join(', ')}`, {
      diff,
      actions: attributeActions(path, changes),
      result,
    });
  }
  if (args.validate !== undefined) return refuse('validate is not supported with remote_src');
  const base = linked ? undefined : now;
  const backup = args.backup && now ? backupPath(path, now) : undefined;
  const octalText = mode === undefined ? undefined : octal(resolvedMode(mode, base?.mode ?? 0o644, false));
  const script = copyFileScript({ ...wanted, path, source: args.src, mode: octalText, backup });
  return change(now ? `${path} differs from ${args.src}` : `${path} does not exist`, {
    actions: [
      ...(missing ? [makeDirectories(args.dest, args)] : []),
      run(
        linked ? joinScripts([sh`rm -f ${pathWord(path)}`, script]) : script,
        touching(path, ...(backup === undefined ? [] : [backup])),
      ),
    ],
    result: {
      ...fields,
      ...(backup === undefined ? {} : { backup_file: backup }),
      mode: toldMode(octalText ?? octal(base?.mode ?? 0o644)),
      size: source.sizeBytes,
      state: 'file',
    },
  });
}
