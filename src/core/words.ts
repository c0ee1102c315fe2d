/** Text that ends inside quotes or after a backslash. */
export class UnbalancedText extends Error {}

/**
 * A command line as words, quoted as in a shell but with nothing expanded: Python's `shlex.split`.
 * @param comments a `#` outside of quotes ends the line, also in the middle of a word
 * @throws UnbalancedText
 */
export function splitWords(line: string, { comments = false } = {}): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (/[ \t\r\n]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (comments && char === '#') {
      break;
    } else if (char === '\\') {
      if (at + 1 >= line.length) throw new UnbalancedText('No escaped character');
      word = (word ?? '') + line[++at];
    } else if (char === "'" || char === '"') {
      const [piece, end] = quotedPiece(line, at);
      word = (word ?? '') + piece;
      at = end;
    } else {
      word = (word ?? '') + char;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** What the quotes that open at `start` hold, and where they close. */
function quotedPiece(line: string, start: number): [piece: string, end: number] {
  const quote = line[start];
  let piece = '';
  for (let at = start + 1; at < line.length; at++) {
    const char = line[at] as string;
    if (char === quote) return [piece, at];
    const next = line[at + 1];
    if (char === '\\' && quote === '"' && (next === '"' || next === '\\')) {
      piece += next;
      at++;
    } else {
      piece += char;
    }
  }
  throw new UnbalancedText('No closing quotation');
}
