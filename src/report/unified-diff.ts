import { createTwoFilesPatch } from 'diff';
import type { TextDiff } from '../core/module.js';
import { printable } from '../core/text.js';
import type { Paint } from './paint.js';

/** A unified diff of a file, without the two lines of file names; escape codes in it are made visible. */
export function unifiedDiff({ before, after }: TextDiff, paint: Paint): string[] {
  const patch = createTwoFilesPatch('file', 'file', before, after, '', '', { context: 2 });
  const lines = printable(patch.replaceAll('\r', '\\r')).split('\n').slice(4);
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => {
    if (line.startsWith('+')) return paint('added', line);
    if (line.startsWith('-')) return paint('removed', line);
    return line.startsWith('@@') ? paint('dim', line) : line;
  });
}
