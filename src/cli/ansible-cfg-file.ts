import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** A line `key = value` of an `ansible.cfg`. */
export interface CfgEntry {
  readonly section: string;
  /** In lower case. */
  readonly key: string;
  readonly value: string;
  /** `FILE:LINE` */
  readonly at: string;
}

const SECTION = /^\[([^\]]+)\]/;
const ENTRY = /^([^=:]+?)\s*[=:]\s*(.*)$/;

/**
 * The entries of an `ansible.cfg`, as Python's `configparser` reads it: `#` and `;` begin a comment line, ` ;` a comment
 * behind a value; a line that is further in than its key goes on with its value.
 *
 * @throws FixError `cli/usage`, with the place, for a line that is none of these and for an entry that stands twice
 */
export function readCfgFile(text: string, file: string): CfgEntry[] {
  const entries: (CfgEntry & { readonly depth: number })[] = [];
  let section: string | undefined;
  let open = false;
  for (const [index, written] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const at = `${file}:${index + 1}`;
    const line = withoutComment(written);
    if (line.trim() === '') {
      // A comment does not end a value; an empty line does, as whoever reads the file would think.
      open &&= written.trim() !== '';
      continue;
    }
    const depth = line.length - line.trimStart().length;
    const last = entries.at(-1);
    if (open && last !== undefined && depth > last.depth) {
      entries[entries.length - 1] = { ...last, value: `${last.value}\n${line.trim()}`.trim() };
      continue;
    }
    const heading = SECTION.exec(line.trim())?.[1];
    if (heading !== undefined) {
      section = heading;
      open = false;
      continue;
    }
    const [, key, value = ''] = ENTRY.exec(line.trim()) ?? [];
    if (key === undefined || section === undefined) throw unreadable(line, at);
    entries.push({ section, key: key.toLowerCase(), value: value.trim(), at, depth });
    open = true;
  }
  refuseDoubles(entries);
  return entries.map(({ depth: _, ...entry }) => entry);
}

function withoutComment(line: string): string {
  return /^\s*[#;]/.test(line) ? '' : line.replace(/\s;.*$/, '');
}

function refuseDoubles(entries: readonly CfgEntry[]): void {
  const known = new Map<string, CfgEntry>();
  for (const entry of entries) {
    const name = `[${entry.section}] ${entry.key}`;
    const before = known.get(name);
    if (before !== undefined) {
      throw new FixError('cli/usage', `${printableLine(name)} stands twice, first at ${before.at}`, {
        hint: 'Take one of the two lines out.',
        at: entry.at,
      });
    }
    known.set(name, entry);
  }
}

function unreadable(line: string, at: string): FixError {
  return new FixError('cli/usage', `this is no line of an ansible.cfg: ${printableLine(line.trim(), 80)}`, {
    hint: 'Write `[section]` lines, and `key = value` lines below them.',
    at,
  });
}
