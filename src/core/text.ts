import { masked } from './mask.js';
import { withoutControls } from './printable.js';

/**
 * Text from a host, a file or etcd made safe to print: secrets are masked, and control characters (escape codes, carriage returns, NULs,
 * bidirectional overrides) become visible escapes. Line feeds and tabs stay.
 */
export function printable(text: string): string {
  return withoutControls(masked(text));
}

/** How far behind the limit a text is still looked at: a secret that begins before it has to be known whole. */
const REACH = 65_536;

/** The same on one line and no longer than `limit` characters. */
export function printableLine(text: string, limit = 300): string {
  const line = printable(text.slice(0, limit + REACH))
    .replaceAll('\n', '\\n')
    .replaceAll('\t', ' ');
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

/** `1 host`, `2 hosts`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}
