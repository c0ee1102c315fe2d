import { isUtf8 } from 'node:buffer';
import type { Fact } from '../core/fact.js';
import { hostRecords, printedRecords } from '../facts/host-records.js';
import { keptText } from './kept-text.js';

/**
 * A fact's answer as it may be kept. Records keep their form: what is masked in one changes its length alone.
 * @throws anything that the fact's `withheld` throws: then none of it may be kept
 */
export function keptAnswerBytes(fact: Pick<Fact<never, unknown>, 'withheld'>, stdout: Buffer): Buffer {
  const open = fact.withheld?.(stdout) ?? stdout;
  return recordsKept(open) ?? keptBytes(open);
}

function recordsKept(bytes: Buffer): Buffer | undefined {
  let records: ReturnType<typeof hostRecords>;
  try {
    records = hostRecords(bytes);
  } catch {
    // Other facts print lines, and a torn answer stays one whatever is masked in it.
    return undefined;
  }
  const kept = records.map((record) => ({ ...record, bytes: keptBytes(record.bytes) }));
  const isSame = kept.every((record, index) => record.bytes === records[index]?.bytes);
  return isSame ? bytes : printedRecords(kept);
}

/** The same bytes where nothing is masked in them. */
function keptBytes(bytes: Buffer): Buffer {
  const text = textOf(bytes);
  const kept = keptText(text);
  return kept === text ? bytes : bytesOf(kept);
}

/** A byte that is in no UTF-8 character becomes half a pair, U+DC80 to U+DCFF, as Python's `surrogateescape` has it. */
function textOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const pieces: string[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = lengthAt(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    pieces.push(bytes.toString('utf8', from, at), String.fromCharCode(ESCAPED + (bytes[at] as number)));
    from = ++at;
  }
  return pieces.join('') + bytes.toString('utf8', from);
}

const ESCAPED = 0xdc00;

/** Of the character that begins here, in bytes; 0 where none does. */
function lengthAt(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return length < 2 || isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

function bytesOf(text: string): Buffer {
  const pieces = text.split(/([\u{dc80}-\u{dcff}])/u);
  return Buffer.concat(
    pieces.map((piece, index) =>
      index % 2 === 1 ? Buffer.from([piece.charCodeAt(0) - ESCAPED]) : Buffer.from(piece, 'utf8'),
    ),
  );
}
