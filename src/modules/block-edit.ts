import { matchInTime } from '../core/match-deadline.js';
import { expandTemplate, pythonRegExp } from './python-regexp.js';

/** What `blockinfile` is asked to do. All of it, and the text, are bytes as latin1 text. */
export interface BlockEdit {
  /** Empty takes the block away. */
  readonly block: string;
  /** The line around the block, with `{mark}` in it. */
  readonly marker: string;
  readonly markerBegin: string;
  readonly markerEnd: string;
  /** A pattern, or `EOF`. */
  readonly insertAfter?: string | undefined;
  /** A pattern, or `BOF`. */
  readonly insertBefore?: string | undefined;
}

/**
 * A text that holds the block between its markers, or no such block where it is empty.
 *
 * @throws SyntaxError on a pattern that cannot be read; SlowPattern on one that takes too long
 * @see ansible-core 2.14 `lib/ansible/modules/blockinfile.py`
 */
export function withBlock(text: string, edit: BlockEdit): string {
  const lines = linesWithEnds(text);
  const [begin, end] = [markerLine(edit, edit.markerBegin), markerLine(edit, edit.markerEnd)];
  const inside = edit.block === '' || edit.block.endsWith('\n') ? edit.block : `${edit.block}\n`;
  const block = inside === '' ? [] : [begin, inside, end];
  const [first, last] = [lines.lastIndexOf(begin), lines.lastIndexOf(end)];
  const isThere = first >= 0 && last >= 0;
  const at = isThere ? Math.min(first, last) : placeOf(text, lines, edit);
  if (isThere) lines.splice(at, Math.abs(last - first) + 1);
  const before = lines[at - 1];
  if (before !== undefined && !before.endsWith('\n')) lines[at - 1] = `${before}\n`;
  lines.splice(at, 0, ...block);
  return lines.join('');
}

function markerLine({ marker }: BlockEdit, mark: string): string {
  return `${marker.replace(/\{mark\}/g, (found) => expandTemplate(mark, [found]))}\n`;
}

/** The index of the line that a new block goes before. */
function placeOf(text: string, lines: readonly string[], { insertAfter, insertBefore }: BlockEdit): number {
  const isAfter = insertAfter !== undefined || insertBefore === undefined;
  const pattern = isAfter ? (insertAfter ?? 'EOF') : insertBefore;
  if (isAfter && pattern === 'EOF') return lines.length;
  if (!isAfter && pattern === 'BOF') return 0;
  const regex = pythonRegExp(pattern);
  const found = matchInTime(regex, text.length, () =>
    IS_MULTILINE.test(pattern) ? lineOfMatch(text, regex, isAfter) : lines.findLastIndex((line) => regex.test(line)),
  );
  if (found < 0) return lines.length;
  return Math.min(isAfter ? found + 1 : found, lines.length);
}

const IS_MULTILINE = /^\(\?[aiLsux]*m/;

/** The line that the first match in the whole text ends in, or begins in; -1 where there is none. */
function lineOfMatch(text: string, regex: RegExp, isAfter: boolean): number {
  const match = regex.exec(text);
  if (!match) return -1;
  return text.slice(0, match.index + (isAfter ? match[0].length : 0)).split('\n').length - 1;
}

/** As Python's `splitlines` on bytes. */
function linesWithEnds(text: string): string[] {
  return text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
}
