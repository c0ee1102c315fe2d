import { readdirSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { allowWork } from './limits.js';

const MAGIC = /[*?[]/;

/** Files of the controller that a pattern of the shell names, sorted. `*` and `?` pass over names with a dot in front. */
export function globbed(pattern: string): string[] {
  const parts = pattern.split('/').filter((part) => part !== '');
  const work = { done: 0 };
  const start = pattern.startsWith('/') ? '/' : '';
  return expanded(start, parts, work).filter(isFile).sort();
}

function expanded(folder: string, parts: readonly string[], work: { done: number }): string[] {
  const [part, ...rest] = parts;
  if (part === undefined) return [folder];
  if (!MAGIC.test(part)) return expanded(posix.join(folder, part), rest, work);
  const matches = globRegex(part);
  const names = namesIn(folder === '' ? '.' : folder).filter((name) => {
    return (part.startsWith('.') || !name.startsWith('.')) && matches.test(name);
  });
  work.done += names.length;
  allowWork(work.done);
  return names.flatMap((name) => expanded(posix.join(folder, name), rest, work));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A shell's pattern for one name as a regular expression. */
export function globRegex(pattern: string): RegExp {
  const source = pattern.replace(/\[(!?)(\]?[^\]]*)\]|[*?]|[\\^$.+()|{}[\]]/g, (found, not?: string, set?: string) => {
    if (found === '*') return '.*';
    if (found === '?') return '.';
    if (set === undefined) return `\\${found}`;
    return `[${not === '!' ? '^' : ''}${set.replace(/[\\^[\]]/g, '\\$&')}]`;
  });
  return new RegExp(`^${source}$`, 's');
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
