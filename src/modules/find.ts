import { posix } from 'node:path';
import { z } from 'zod';
import { type Ask, ask } from '../core/fact.js';
import { SLOW_PATTERN_HINT, SlowPattern } from '../core/match-deadline.js';
import { defineModule, type Fields, refuse, unchanged } from '../core/module.js';
import type { Reading } from '../core/reading.js';
import { printableLine } from '../core/text.js';
import { type Found, type FoundEntry, fileFind, MAX_CONTENT } from '../facts/file-find.js';
import { bool, int, renamed, text } from './arguments.js';
import { expandedWord } from './expanded-word.js';
import { octal } from './file-mode.js';
import { entryFilter, SIZE_UNITS, TIME_UNITS, unitsOf } from './find-filter.js';
import { kinds, permissions } from './stat.js';

/** A list, or one text with commas: blanks stay. */
const texts = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',') : Array.isArray(value) || value == null ? value : [value]),
  z.array(text),
);

const Args = z.preprocess(
  (given) => renamed(given, { name: 'paths', path: 'paths', pattern: 'patterns', exclude: 'excludes' }),
  z.strictObject({
    paths: texts,
    patterns: texts.default([]),
    excludes: texts.optional(),
    contains: text.optional(),
    read_whole_file: bool.default(false),
    file_type: z.enum(['any', 'directory', 'file', 'link']).default('file'),
    age: text.refine((value) => unitsOf(value, TIME_UNITS) !== undefined, 'failed to process age').optional(),
    age_stamp: z.enum(['atime', 'ctime', 'mtime']).default('mtime'),
    size: text.refine((value) => unitsOf(value, SIZE_UNITS) !== undefined, 'failed to process size').optional(),
    recurse: bool.default(false),
    hidden: bool.default(false),
    follow: bool.default(false),
    get_checksum: bool.default(false),
    use_regex: bool.default(false),
    depth: int.optional(),
  }),
);

export type FindArguments = z.infer<typeof Args>;

/** Files below directories that are as asked for. */
export const find = defineModule<FindArguments, Record<string, Ask<Found>>>({
  name: 'find',
  about: 'Lists files below directories by name, age, size, kind and content',
  example: `- name: units that name the old interface
  find:
    paths: /etc/systemd/system
    patterns: '*.service,*.conf'
    contains: '.*--iface=eth0'
    recurse: true
  register: units`,
  args: Args,
  needs: (args) => Object.fromEntries(args.paths.map((path, index) => [String(index), askFor(args, path)])),
  plan(args, readings) {
    const files: Fields[] = [];
    const skipped: Record<string, string> = {};
    let examined = 0;
    try {
      for (const [index, path] of args.paths.entries()) {
        const reading = readings[String(index)] as Reading<Found>;
        if (reading.state !== 'present') {
          skipped[path] = reading.state === 'absent' ? `'${path}' is not a directory` : printableLine(reading.why);
          continue;
        }
        const { directory, now, entries, isPartial } = reading.value;
        if (isPartial) skipped[directory] = 'not all of it could be searched';
        examined += entries.length;
        const isWanted = entryFilter(args, now);
        const isNear = entryFilter({ ...args, contains: undefined }, now);
        for (const entry of inWalkOrder(entries)) {
          if (isWanted(entry)) files.push(fieldsOf(args, directory, entry));
          else if (entry.stat.sizeBytes > MAX_CONTENT && isNear(entry)) {
            skipped[posix.normalize(`${directory}/${entry.name}`)] = 'too large to be looked into';
          }
        }
      }
    } catch (error) {
      if (error instanceof SlowPattern) return refuse(error.message, { hint: SLOW_PATTERN_HINT });
      if (!(error instanceof SyntaxError)) throw error;
      return refuse(printableLine(error.message), { hint: 'The patterns are regular expressions as in Python.' });
    }
    const isAll = Object.keys(skipped).length === 0;
    const msg = isAll ? 'All paths examined' : 'Not all paths examined, check warnings for details';
    const result = { files, matched: files.length, examined, skipped_paths: skipped, msg };
    return unchanged(`${files.length} of ${examined} match`, { result });
  },
});

/** One level more than is asked for: Ansible counts what stands there as examined. */
function askFor(args: FindArguments, path: string): Ask<Found> {
  const depth = !args.recurse ? 1 : args.depth ? args.depth + 1 : 0;
  const isOfFiles = args.file_type === 'file';
  return ask(fileFind, {
    directory: expandedWord(path),
    depth,
    follow: args.follow,
    checksum: args.get_checksum && (isOfFiles || args.file_type === 'any'),
    content: args.contains !== undefined && isOfFiles,
    names: !args.use_regex && args.patterns.every((pattern) => PLAIN.test(pattern)) ? args.patterns : [],
  });
}

/** What every shell and Python read alike. */
const PLAIN = /^[\w.*?@%+=:,-]+$/;

function fieldsOf({ get_checksum }: FindArguments, directory: string, { name, stat, checksum }: FoundEntry): Fields {
  return {
    path: posix.normalize(`${directory}/${name}`),
    mode: octal(stat.mode),
    ...kinds(stat),
    uid: stat.uid,
    gid: stat.gid,
    size: stat.sizeBytes,
    inode: stat.inode,
    dev: stat.device,
    nlink: stat.links,
    atime: stat.accessed,
    mtime: stat.modified,
    ctime: stat.statusChanged,
    gr_name: stat.group ?? '',
    pw_name: stat.user ?? '',
    ...permissions(stat.mode),
    // No tool for it on the host: null, so that a comparison fails rather than a template.
    ...(get_checksum && stat.kind === 'file' ? { checksum: checksum ?? null } : {}),
  };
}

/** As Python walks a tree: of each directory its files, its directories, then what is in these. */
function inWalkOrder(entries: readonly FoundEntry[]): FoundEntry[] {
  const within = new Map<string, FoundEntry[]>();
  for (const entry of [...entries].sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const above = entry.name.slice(0, Math.max(0, entry.name.lastIndexOf('/')));
    const beside = within.get(above);
    if (beside) beside.push(entry);
    else within.set(above, [entry]);
  }
  // A link that was followed has something below it too.
  const isFolder = ({ name, stat }: FoundEntry) => stat.kind === 'directory' || within.has(name);
  const walked = (above: string): FoundEntry[] => {
    const here = within.get(above) ?? [];
    const folders = here.filter(isFolder);
    return [...here.filter((entry) => !isFolder(entry)), ...folders, ...folders.flatMap(({ name }) => walked(name))];
  };
  return walked('');
}
