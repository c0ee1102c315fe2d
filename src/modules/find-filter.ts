import { matchInTime } from '../core/match-deadline.js';
import type { FoundEntry } from '../facts/file-find.js';
import { textOfBytes } from './bytes-as-text.js';
import type { FindArguments } from './find.js';
import { fnmatchRegExp } from './fnmatch.js';
import { pythonRegExp } from './python-regexp.js';

export const TIME_UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
export const SIZE_UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** `-2w`, `10k`, `5`; undefined where it is none of these. */
export function unitsOf(value: string, units: Readonly<Record<string, number>>): number | undefined {
  const found = /^(-?\d+)([a-z])?$/.exec(value.toLowerCase());
  const unit = found?.[2] === undefined ? 1 : units[found[2]];
  return found && unit !== undefined ? Number(found[1]) * unit : undefined;
}

type Test = (entry: FoundEntry) => boolean;

/**
 * Which entries are as asked for.
 * @param now on the host, seconds since 1970
 * @throws SyntaxError on a pattern that cannot be read; SlowPattern, when it is used, on one that takes too long
 */
export function entryFilter(args: FindArguments, now: number): Test {
  const byName = nameTest(args);
  const [bySize, byAge, byContent] = [sizeTest(args), ageTest(args, now), contentTest(args)];
  const isFile: Test = ({ stat }) => stat.kind === 'file';
  const ofKind: Test = ({ stat }) => args.file_type === 'any' || stat.kind === args.file_type;
  return (entry) => {
    const base = entry.name.slice(entry.name.lastIndexOf('/') + 1);
    if (base.startsWith('.') && !args.hidden) return false;
    if (args.recurse && args.depth && entry.name.split('/').length > args.depth) return false;
    if (!ofKind(entry) || !byName(base) || !byAge(entry)) return false;
    if (isFile(entry) && !bySize(entry)) return false;
    return args.file_type !== 'file' || byContent(entry);
  };
}

function nameTest({ patterns, excludes = [], use_regex }: FindArguments): (name: string) => boolean {
  const regexOf = (pattern: string) => (use_regex ? atStart(pattern) : fnmatchRegExp(pattern));
  const wanted = patterns.map(regexOf);
  const excluded = excludes.map(regexOf);
  const isOneOf = (regexes: readonly RegExp[], name: string) =>
    regexes.some((regex) => matchInTime(regex, name.length, () => regex.test(name)));
  return (name) => (wanted.length === 0 || isOneOf(wanted, name)) && !isOneOf(excluded, name);
}

/** Greater than a size, or smaller where it is negative. */
function sizeTest({ size }: FindArguments): Test {
  const limit = size === undefined ? undefined : unitsOf(size, SIZE_UNITS);
  if (limit === undefined) return () => true;
  return ({ stat }) => (limit >= 0 ? stat.sizeBytes >= limit : stat.sizeBytes <= -limit);
}

/** Older than an age, or younger where it is negative. */
function ageTest({ age, age_stamp }: FindArguments, now: number): Test {
  const limit = age === undefined ? undefined : unitsOf(age, TIME_UNITS);
  if (limit === undefined) return () => true;
  return ({ stat }) => {
    const times = { atime: stat.accessed, mtime: stat.modified, ctime: stat.statusChanged };
    const old = now - times[age_stamp];
    return limit >= 0 ? old >= limit : old <= -limit;
  };
}

/** A line that begins so; anywhere in the text, where all of it is asked for. */
function contentTest({ contains, read_whole_file }: FindArguments): Test {
  if (contains === undefined) return () => true;
  const regex = read_whole_file ? pythonRegExp(contains) : atStart(contains);
  return ({ content }) => {
    if (content === undefined) return false;
    const all = textOfBytes(content).replace(/\r\n?/g, '\n');
    const pieces = read_whole_file ? [all] : (all.match(/[^\n]*\n|[^\n]+$/g) ?? []);
    return matchInTime(regex, all.length, () => pieces.some((piece) => regex.test(piece)));
  };
}

/** Python's `match`: from the start on. */
function atStart(pattern: string): RegExp {
  const regex = pythonRegExp(pattern);
  return new RegExp(`^(?:${regex.source})`, regex.flags);
}
