import { isBlank } from './unit-text.js';

/** A piece of a file's text and what stands in its place afterwards. */
export interface TextEdit {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with all edits made; they are in the text's own offsets and do not overlap. */
export function edited(text: string, edits: readonly TextEdit[]): string {
  const backwards = [...edits].sort((a, b) => b.start - a.start || b.end - a.end);
  return backwards.reduce((now, edit) => now.slice(0, edit.start) + edit.text + now.slice(edit.end), text);
}

/** Where a word stands, and the span that blanks may be taken from together with it. */
export interface Removal {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

/** Takes words out of a text together with the blanks before them, or those behind where a new line begins. */
export function removals(text: string, words: readonly Removal[]): TextEdit[] {
  const edits: TextEdit[] = [];
  for (const run of runsOf(text, words)) {
    const left = gapBefore(text, run.start, run.from);
    const right = gapAfter(text, run.end, run.to);
    const beginsLine = text.slice(left, run.start).includes('\n') && !text.slice(run.end, right).includes('\n');
    const behind = right > run.end && (left === run.start || beginsLine);
    edits.push({ path: run.path, start: behind ? run.start : left, end: behind ? right : run.end, text: '' });
  }
  return edits;
}

function runsOf(text: string, words: readonly Removal[]): Removal[] {
  const runs: Removal[] = [];
  for (const word of [...words].sort((a, b) => a.start - b.start)) {
    const before = runs.at(-1);
    if (before && gapAfter(text, before.end, word.start) >= word.start) {
      runs[runs.length - 1] = { ...before, end: Math.max(before.end, word.end), to: Math.max(before.to, word.to) };
    } else runs.push(word);
  }
  return runs;
}

/** Blanks and continued line ends. */
function gapBefore(text: string, at: number, limit: number): number {
  let start = at;
  while (start > limit) {
    const continued = /\\\r?\n$/.exec(text.slice(Math.max(limit, start - 3), start));
    if (continued) start -= continued[0].length;
    else if (text[start - 1] !== '\n' && isBlank(text[start - 1])) start -= 1;
    else break;
  }
  return start;
}

function gapAfter(text: string, at: number, limit: number): number {
  let end = at;
  while (end < limit) {
    const continued = /^\\\r?\n/.exec(text.slice(end, Math.min(limit, end + 3)));
    if (continued) end += continued[0].length;
    else if (text[end] !== '\n' && text[end] !== '\r' && isBlank(text[end])) end += 1;
    else break;
  }
  return end;
}
