/** How Python's `textwrap.wrap` breaks lines. */
export interface WrapOptions {
  readonly width: number;
  /** Words longer than a line are broken. */
  readonly long: boolean;
  /** Compound words may be broken after their hyphens. */
  readonly hyphens: boolean;
}

/** The lines of one paragraph. */
export function wrapped(text: string, { width, long, hyphens }: WrapOptions): string[] {
  const chunks = chunksOf(text, hyphens).reverse();
  const limit = Math.max(1, width);
  const lines: string[] = [];
  while (chunks.length > 0) {
    if (lines.length > 0 && chunks.at(-1)?.trim() === '') chunks.pop();
    const line: string[] = [];
    let length = 0;
    while (chunks.length > 0 && length + size(chunks.at(-1)) <= limit) {
      length += size(chunks.at(-1));
      line.push(chunks.pop() as string);
    }
    if (chunks.length > 0 && size(chunks.at(-1)) > limit) breakLong(chunks, line, limit - length, long);
    if (line.at(-1)?.trim() === '') line.pop();
    if (line.length > 0) lines.push(line.join(''));
  }
  return lines;
}

function size(chunk: string | undefined): number {
  return chunk === undefined ? 0 : Array.from(chunk).length;
}

function chunksOf(text: string, hyphens: boolean): string[] {
  const words = text.split(/(\s+)/).filter((part) => part !== '');
  if (!hyphens) return words;
  return words.flatMap((word) => word.split(/(?<=[\p{L}\p{N}_]\p{L}-)(?=\p{L}\p{L})|(?<=\p{L}{2}-)(?=\p{L}{2})/u));
}

function breakLong(chunks: string[], line: string[], room: number, long: boolean): void {
  const space = Math.max(1, room);
  if (long) {
    const characters = Array.from(chunks.pop() as string);
    line.push(characters.slice(0, space).join(''));
    chunks.push(characters.slice(space).join(''));
  } else if (line.length === 0) {
    line.push(chunks.pop() as string);
  }
}
