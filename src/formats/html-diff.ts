import { structuredPatch } from 'diff';
import { type Markup, markup } from './html-markup.js';
import { cut } from './html-words.js';

/** Lines that differ; a change of more is told, not shown. It keeps a hostile file from costing minutes. */
const MOST_EDITS = 2000;
const MOST_LINES = 200;
const CONTEXT = 3;

/** The lines of a file that differ, with a few around them; each begins with its sign, so it reads without colours. */
export function diffView(before: string, after: string): Markup {
  const patch = structuredPatch('', '', before, after, '', '', { context: CONTEXT, maxEditLength: MOST_EDITS });
  if (patch === undefined) return markup`<p>More than ${MOST_EDITS} lines differ: not shown.</p>`;
  const lines = patch.hunks.flatMap(({ oldStart, newStart, lines: inner }) => [
    `@@ from line ${oldStart}, now ${newStart} @@`,
    ...inner,
  ]);
  if (lines.length === 0) return markup`<p>No line differs.</p>`;
  return markup`${cut(lines, MOST_LINES, (some) => markup`<pre class="diff">${some.map(lineView)}</pre>`)}`;
}

function lineView(line: string): Markup {
  return markup`<span class="${STYLES[line.charAt(0)] ?? 'same'}">${line}\n</span>`;
}

const STYLES: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'place', '\\': 'place' };
