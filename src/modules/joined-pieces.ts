import { matchInTime } from '../core/match-deadline.js';
import { STRING_ESCAPES } from '../core/python-escapes.js';
import type { Piece } from '../facts/file-pieces.js';
import { pythonRegExp } from './python-regexp.js';

export interface Joining {
  /** Only files whose name this finds; a regular expression as in Python. */
  readonly regexp?: string | undefined;
  /** Between two files, on a line of its own; escapes as in Python. */
  readonly delimiter?: string | undefined;
  /** Leaves files out whose name begins with a dot. */
  readonly ignore_hidden: boolean;
}

/**
 * One content of all pieces, in the order of their names. Each begins on a line of its own.
 * @throws SyntaxError on a pattern that cannot be read; SlowPattern on one that takes too long
 */
export function joinedPieces(pieces: readonly Piece[], { regexp, delimiter, ignore_hidden }: Joining): Buffer {
  const pattern = regexp === undefined ? undefined : pythonRegExp(regexp);
  const isWanted = ({ name }: Piece) =>
    !(ignore_hidden && name.startsWith('.')) &&
    (pattern === undefined || matchInTime(pattern, name.length, () => pattern.test(name)));
  const between = delimiter === undefined || delimiter === '' ? Buffer.alloc(0) : withLineEnd(unescaped(delimiter));
  const parts: Buffer[] = [];
  for (const { content } of pieces.filter(isWanted).sort(byName)) {
    const last = parts.at(-1);
    if (last !== undefined) parts.push(Buffer.from(last.at(-1) === NEWLINE ? '' : '\n'), between);
    parts.push(content);
  }
  return Buffer.concat(parts);
}

const NEWLINE = 10;

function byName({ name: one }: Piece, { name: other }: Piece): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function withLineEnd(bytes: Buffer): Buffer {
  return bytes.at(-1) === NEWLINE ? bytes : Buffer.concat([bytes, Buffer.from('\n')]);
}

/** The escapes of Python's bytes: `\n`, `\x41`, `\101`; any other backslash stays. */
function unescaped(text: string): Buffer {
  const found = /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S]))/g;
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(found, (whole, hex?: string, octal?: string, char?: string) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    return char !== undefined && Object.hasOwn(STRING_ESCAPES, char) ? (STRING_ESCAPES[char] as string) : whole;
  });
  return Buffer.from(plain, 'latin1');
}
