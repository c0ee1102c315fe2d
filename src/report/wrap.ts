import { stripVTControlCharacters } from 'node:util';

/**
 * Breaks a line at its blanks so that it fits.
 *
 * @param width columns; colours count for nothing
 * @param indent columns before the second and later lines
 */
export function wrap(line: string, width: number, indent: number): string[] {
  const lines: string[] = [];
  let current = '';
  const lead = /^ */.exec(line)?.[0] ?? '';
  for (const word of line.slice(lead.length).split(' ')) {
    const next = current === '' ? (lines.length === 0 ? lead : ' '.repeat(indent)) + word : `${current} ${word}`;
    if (columns(next) > width && current.trim() !== '') {
      lines.push(current);
      current = ' '.repeat(indent) + word;
    } else {
      current = next;
    }
  }
  return [...lines, current];
}

function columns(text: string): number {
  return stripVTControlCharacters(text).length;
}
