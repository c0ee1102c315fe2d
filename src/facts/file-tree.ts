import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { pathWord } from '../core/write-file.js';
import { EXISTS, LOOKUP } from './file-lookup.js';

/** One entry below a directory. */
export interface TreeEntry {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
  readonly group: string;
}

/** Everything below a directory, the directory itself not included; links are listed, never followed. */
export const fileTree = defineFact<{ path: string }, readonly TreeEntry[]>({
  name: 'file.tree',
  about: 'Everything below a directory with mode and owner',
  mostBytes: 64 * 1024 * 1024,
  script: ({ path }) => sh`${LOOKUP}
p=${pathWord(path)}
${EXISTS}
[ -d "$p" ] || exit 0
find "$p/." ! -name . -exec sh -c 'echo $#; stat -c "%f %u %g %U %G" "$@"; printf "%s\000" "$@"' sh {} +`,
  parse(stdout) {
    const entries: TreeEntry[] = [];
    let rest = stdout;
    while (rest !== '') rest = takeBatch(rest, entries);
    return entries;
  },
});

/** One `find -exec` batch: how many, their attributes a line each, their names with a NUL each. */
function takeBatch(text: string, entries: TreeEntry[]): string {
  const head = /^(\d+)\n/.exec(text);
  if (!head) throw new Error('the listing is cut short');
  let at = head[0].length;
  const attributes = Array.from({ length: Number(head[1]) }, () => {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end);
    at = end + 1;
    return line;
  });
  for (const line of attributes) {
    const end = text.indexOf('\0', at);
    if (end < 0) throw new Error('the listing is cut short');
    entries.push(entryOf(line, text.slice(at, end)));
    at = end + 1;
  }
  return text.slice(at);
}

function entryOf(line: string, path: string): TreeEntry {
  const found = /^([0-9a-f]+) (\d+) (\d+) (\S+) (\S+)$/.exec(line);
  if (!found) throw new Error('stat answered in another form');
  const raw = Number.parseInt(found[1] as string, 16);
  const kinds: Readonly<Record<number, TreeEntry['kind']>> = { 8: 'file', 4: 'directory', 10: 'link' };
  return {
    path: path.replace('/./', '/'),
    kind: kinds[raw >> 12] ?? 'other',
    mode: raw & 0o7777,
    uid: Number(found[2]),
    gid: Number(found[3]),
    user: found[4] as string,
    group: found[5] as string,
  };
}
