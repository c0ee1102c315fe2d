/**
 * Bytes as UTF-8 text, of which those that are none become lone surrogates, as Python's `surrogateescape` has it: the
 * way back gives the same bytes.
 */
export function textOfBytes(bytes: Buffer): string {
  const whole = bytes.toString('utf8');
  if (!whole.includes('\uFFFD')) return whole;
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const size = sequenceAt(bytes, at);
    text += size === 0 ? String.fromCharCode(ESCAPE + (bytes[at] as number)) : bytes.toString('utf8', at, at + size);
    at += size || 1;
  }
  return text;
}

/** The bytes that such a text was made of. */
export function bytesOfText(text: string): Buffer {
  // A pair of surrogates is matched whole and passed over.
  const pieces = text.split(/([\uD800-\uDBFF][\uDC00-\uDFFF])|([\uDC80-\uDCFF])/);
  return Buffer.concat(
    pieces.map((piece, index) =>
      index % 3 === 2 && piece !== undefined
        ? Buffer.from([piece.charCodeAt(0) - ESCAPE])
        : Buffer.from(piece ?? '', 'utf8'),
    ),
  );
}

const ESCAPE = 0xdc00;

/** How many bytes are one character of UTF-8; 0 where they are none. */
function sequenceAt(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  const size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size < 2) return size;
  const piece = bytes.subarray(at, at + size);
  return Buffer.from(piece.toString('utf8'), 'utf8').equals(piece) && piece.length === size ? size : 0;
}
