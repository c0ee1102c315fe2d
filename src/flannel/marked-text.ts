/** Where one character of a decoded text was written. */
export interface Mark {
  readonly path: string;
  /** Offsets into the file's text; for a character that came out of a variable, those of the reference to it. */
  readonly start: number;
  readonly end: number;
  /** The variable that it came out of, and its place in the variable's value. */
  readonly of?: { readonly variable: Variable; readonly index: number } | undefined;
}

/** Text as a program reads it (quotes and escapes gone), with the place of each of its UTF-16 units. */
export interface MarkedText {
  readonly text: string;
  readonly marks: readonly Mark[];
}

/** An environment variable, as a file or a unit sets it. */
export interface Variable {
  readonly name: string;
  readonly value: MarkedText;
  readonly path: string;
  /** `Environment=` of the unit itself, an `EnvironmentFile=`, or a script. */
  readonly origin: 'unit' | 'file' | 'script';
  /** The value as it is written, with its quotes. */
  readonly rawStart: number;
  readonly rawEnd: number;
}

export type Variables = ReadonlyMap<string, Variable>;

/** One word of a command. */
export interface CommandWord {
  readonly text: MarkedText;
  /** The word as it is written in the command's own file: several words come out of one `$X`. */
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** It came out of a variable that is split into words. */
  readonly splits: boolean;
  /** Something that only the host's shell knows is part of it. */
  readonly opaque: boolean;
}

export const EMPTY_TEXT: MarkedText = { text: '', marks: [] };

/** A part of a file, read as it is written. */
export function markedSlice(path: string, text: string, start = 0, end = text.length): MarkedText {
  const marks: Mark[] = [];
  for (let at = start; at < end; at += 1) marks.push({ path, start: at, end: at + 1 });
  return { text: text.slice(start, end), marks };
}

export function sliceOf({ text, marks }: MarkedText, from: number, to: number): MarkedText {
  return { text: text.slice(from, to), marks: marks.slice(from, to) };
}

/** Collects a text unit by unit. */
export class MarkedBuilder {
  #text: string[] = [];
  #marks: Mark[] = [];

  add(text: string, mark: Mark): void {
    for (let i = 0; i < text.length; i += 1) {
      this.#text.push(text[i] as string);
      this.#marks.push(mark);
    }
  }

  append(more: MarkedText): void {
    for (let i = 0; i < more.text.length; i += 1) {
      this.#text.push(more.text[i] as string);
      this.#marks.push(more.marks[i] as Mark);
    }
  }

  get length(): number {
    return this.#text.length;
  }

  build(): MarkedText {
    return { text: this.#text.join(''), marks: this.#marks };
  }
}

/** A variable's value standing where it was referred to. */
export function broughtIn(variable: Variable, at: Mark): MarkedText {
  const marks = variable.value.marks.map((_, index) => ({
    path: at.path,
    start: at.start,
    end: at.end,
    of: { variable, index },
  }));
  return { text: variable.value.text, marks };
}

/** From the first to the last character of a span of a text, in its file. */
export function spanOf({ marks }: MarkedText, from: number, to: number): Mark {
  const first = marks[from] as Mark;
  const last = marks[Math.max(from, to - 1)] as Mark;
  return { path: first.path, start: first.start, end: last.end };
}
