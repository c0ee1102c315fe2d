import { structuredPatch } from 'diff';
import type { TextDiff } from '../core/module.js';
import { printable, printableLine } from '../core/text.js';
import type { AnsiblePaint } from './ansible-paint.js';

/** Lines round a change: Ansible's own default. */
export const DIFF_CONTEXT = 3;

/**
 * A diff as Ansible prints it, an empty line at its end; nothing where both texts are the same. Control characters are
 * made visible.
 */
export function ansibleDiff({ path, before, after }: TextDiff, paint: AnsiblePaint, context = DIFF_CONTEXT): string[] {
  const { hunks } = structuredPatch('', '', before, after, '', '', { context });
  if (hunks.length === 0) return [];
  const place = printableLine(path, 4096);
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    paint('hunk', `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`),
    ...lines.map((line) => painted(shown(line), paint)),
  ]);
  return [
    // Of a file that is new there is no name before.
    paint('removed', before === '' ? '--- before' : `--- before: ${place}`),
    paint('added', `+++ after: ${place}`),
    ...lines,
    '',
  ];
}

function range(start: number, lines: number): string {
  if (lines === 1) return String(start);
  return `${lines === 0 ? start - 1 : start},${lines}`;
}

function shown(line: string): string {
  return printable(line.replaceAll('\r', '\\r'));
}

function painted(line: string, paint: AnsiblePaint): string {
  if (line.startsWith('+')) return paint('added', line);
  return line.startsWith('-') ? paint('removed', line) : line;
}
