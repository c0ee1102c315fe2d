import { matchInTime } from '../core/match-deadline.js';
import { expandTemplate, pythonRegExp } from './python-regexp.js';

/** What `lineinfile` is asked to do. All of it, and the lines, are bytes as latin1 text. */
export interface LineEdit {
  readonly line: string | undefined;
  readonly regexp?: string | undefined;
  readonly searchString?: string | undefined;
  /** A pattern, `EOF` or `BOF`. */
  readonly insertAfter?: string | undefined;
  readonly insertBefore?: string | undefined;
  readonly backrefs: boolean;
  readonly firstMatch: boolean;
}

/**
 * A text in which a line stands where it is wanted: Ansible's `lineinfile` with `state: present`, step by step.
 *
 * @returns the lines, and Ansible's word for what was done (empty for nothing)
 * @throws SyntaxError on a pattern that cannot be read; SlowPattern on one that takes too long
 * @see ansible-core 2.14 `lib/ansible/modules/lineinfile.py`, `present`
 */
export function withLine(text: string, edit: LineEdit): { text: string; msg: string } {
  const lines = linesWithEnds(text);
  const line = edit.line ?? '';
  const found = find(text, lines, edit);
  if (found.at >= 0) {
    const made = edit.backrefs && found.match ? expandTemplate(line, found.match) : line;
    const after = made.endsWith('\n') ? made : `${made}\n`;
    if (lines[found.at] === after) return { text, msg: '' };
    lines[found.at] = after;
    return { text: lines.join(''), msg: 'line replaced' };
  }
  if (edit.backrefs) return { text, msg: '' };
  const added = insertLine(lines, line, found.insertAt, edit);
  return { text: added ? lines.join('') : text, msg: added ? 'line added' : '' };
}

/** A text without the lines that match: `state: absent`. */
export function withoutLines(text: string, edit: LineEdit): { text: string; found: number } {
  const pattern = edit.regexp === undefined ? undefined : pythonRegExp(edit.regexp);
  const lines = linesWithEnds(text);
  const kept = inTime(pattern, text, () =>
    lines.filter((line) => {
      if (pattern) return !pattern.test(line);
      if (edit.searchString !== undefined) return !line.includes(edit.searchString);
      return bare(line) !== edit.line;
    }),
  );
  return { text: kept.join(''), found: lines.length - kept.length };
}

/** All lines of a file are one search. */
function inTime<T>(pattern: RegExp | undefined, text: string, search: () => T): T {
  return pattern === undefined ? search() : matchInTime(pattern, text.length, search);
}

interface Found {
  /** The line to replace, or -1. */
  readonly at: number;
  readonly match: RegExpMatchArray | undefined;
  /** The index to insert at, or -1. */
  readonly insertAt: number;
}

function find(text: string, lines: readonly string[], edit: LineEdit): Found {
  const pattern = edit.regexp === undefined ? undefined : pythonRegExp(edit.regexp);
  const direct = inTime(pattern, text, () => findDirectly(lines, edit, pattern));
  if (direct) return direct;
  const anchor = anchorOf(edit);
  return inTime(anchor, text, () => findPlace(lines, edit, anchor));
}

function findPlace(lines: readonly string[], edit: LineEdit, anchor: RegExp | undefined): Found {
  let at = -1;
  let insertAt = -1;
  for (const [index, line] of lines.entries()) {
    if (bare(line) === edit.line) at = index;
    else if (anchor?.test(line)) {
      insertAt = edit.insertAfter === undefined ? index : index + 1;
      if (edit.firstMatch) break;
    }
  }
  return { at, match: undefined, insertAt };
}

/** The last line (or the first, where asked) that the pattern or the text is in. */
function findDirectly(lines: readonly string[], edit: LineEdit, pattern: RegExp | undefined): Found | undefined {
  if (pattern === undefined && edit.searchString === undefined) return undefined;
  let found: Found | undefined;
  for (const [index, line] of lines.entries()) {
    const match = pattern ? (pattern.exec(line) ?? undefined) : undefined;
    if (!match && (edit.searchString === undefined || !line.includes(edit.searchString))) continue;
    found = { at: index, match, insertAt: -1 };
    if (edit.firstMatch) break;
  }
  return found;
}

function anchorOf({ insertAfter, insertBefore }: LineEdit): RegExp | undefined {
  if (insertAfter !== undefined && insertAfter !== 'BOF' && insertAfter !== 'EOF') return pythonRegExp(insertAfter);
  if (insertBefore !== undefined && insertBefore !== 'BOF') return pythonRegExp(insertBefore);
  return undefined;
}

/** @returns whether anything was added to `lines` */
function insertLine(lines: string[], line: string, insertAt: number, edit: LineEdit): boolean {
  const whole = `${line}\n`;
  if (edit.insertBefore === 'BOF' || edit.insertAfter === 'BOF') {
    lines.unshift(whole);
    return true;
  }
  if (edit.insertAfter === 'EOF' || insertAt === -1) {
    if (lines.length > 0 && !endsLine(lines.at(-1) as string)) lines.push('\n');
    lines.push(whole);
    return true;
  }
  if (edit.insertAfter !== undefined && insertAt === lines.length) {
    if (bare(lines[insertAt - 1] ?? '') === line) return false;
    if (!endsLine(lines[insertAt - 1] ?? '\n')) lines.push('\n');
    lines.push(whole);
    return true;
  }
  if (edit.insertAfter !== undefined && bare(lines[insertAt] ?? '') === line) return false;
  lines.splice(insertAt, 0, whole);
  return true;
}

function endsLine(line: string): boolean {
  return line.endsWith('\n') || line.endsWith('\r');
}

function bare(line: string): string {
  return line.replace(/[\r\n]+$/, '');
}

/** As Python's `readlines` on bytes: only a line feed ends a line. */
function linesWithEnds(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
