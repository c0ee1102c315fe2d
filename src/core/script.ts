import { neverShow } from './mask.js';

/** A value that people must never see: it is quoted for the host and masked everywhere else. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    neverShow(value);
  }

  /** The value itself; call it only where it leaves for the host or the store. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}

/** POSIX shell text: `text` is what a host runs, `shown` is what people see of it. */
export interface Script {
  readonly text: string;
  readonly shown: string;
}

/** What may stand in a script: one word, one word per item of a list, or another script as it is. */
export type ShellValue = string | number | Secret | Script | readonly ShellValue[];

/** Writes a script. Each `${value}` reaches the shell as exactly one word, a list as one word per item. */
export function sh(parts: TemplateStringsArray, ...values: readonly ShellValue[]): Script {
  return {
    text: String.raw({ raw: parts.raw }, ...values.map((value) => words(value, 'text'))),
    shown: String.raw({ raw: parts.raw }, ...values.map((value) => words(value, 'shown'))),
  };
}

/** One script after another, each on lines of its own. */
export function joinScripts(scripts: readonly Script[], separator = '\n'): Script {
  return {
    text: scripts.map((script) => script.text).join(separator),
    shown: scripts.map((script) => script.shown).join(separator),
  };
}

/** A script that an operator wrote (a `shell` task); the only way that foreign text becomes shell text. */
export function scriptAsWritten(text: string): Script {
  return { text, shown: text };
}

/**
 * A word in single quotes, so that no shell reads anything in it.
 * @throws RangeError on a NUL, which no argument of a process can hold
 */
export function quoted(word: string): string {
  if (word.includes('\0')) throw new RangeError('a shell word cannot hold a NUL character');
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * A `printf` that prints exactly these bytes, NULs and all, on every POSIX shell.
 * Text stays readable; only what a shell or printf would read is escaped.
 */
export function printBytes(content: Uint8Array): Script {
  const pieces: string[] = [];
  for (const byte of content) pieces.push(PRINTF_ESCAPES[byte] as string);
  const text = `printf '${pieces.join('')}'`;
  return { text, shown: `printf '[${content.length} bytes]'` };
}

const PRINTF_ESCAPES: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  if (char === '\\') return '\\\\';
  if (char === '%') return '%%';
  // A minus could be read as an option where it stands first.
  if (char === '\n' || char === '\t' || (byte >= 32 && byte < 127 && char !== "'" && char !== '-')) return char;
  return `\\${byte.toString(8).padStart(3, '0')}`;
});

function words(value: ShellValue, face: keyof Script): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return quoted(String(value));
  if (value instanceof Secret) return quoted(face === 'text' ? value.reveal() : value.toString());
  if (isList(value)) return value.map((item) => words(item, face)).join(' ');
  return value[face];
}

function isList(value: ShellValue): value is readonly ShellValue[] {
  return Array.isArray(value);
}
