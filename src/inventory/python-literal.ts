import { STRING_ESCAPES } from '../core/python-escapes.js';

/** A text that is no literal. */
class NoLiteral extends Error {}

/** Levels of lists and mappings in each other; what is deeper counts as text. */
const MAX_DEPTH = 50;

const SPACE = /[ \t\n\r\f]*/y;
const COMMENT = /#.*/y;
const NUMBER =
  /(?:[+-] *)?(?:0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d+(?:_\d+)*)?\.\d+(?:_\d+)*(?:[eE][+-]?\d+)?|\d+(?:_\d+)*\.?(?:[eE][+-]?\d+)?)(?![\w.])/y;
const NAME = /(?:True|False|None)(?!\w)/y;
const NAMED: Readonly<Record<string, unknown>> = { True: true, False: false, None: null };
const STRING = /[uU]?(?:'((?:[^'\\\n]|\\[\s\S])*)'|"((?:[^"\\\n]|\\[\s\S])*)")/y;
const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|([0-7]{1,3})|([\s\S]))/g;
/**
 * What a value in an INI inventory means: a Python literal (number, string in quotes, `True`, `False`, `None`, list,
 * tuple or mapping of these), or else the text itself. `yes`, `true` and `007` are texts.
 *
 * Tuples become lists. What stays text here and not there: a whole number that cannot be held exactly, sets, bytes,
 * raw strings, complex numbers, and mappings with keys that are neither text nor number.
 *
 * @see ansible-core 2.14 `plugins/inventory/ini.py`, `_parse_value`, which asks `ast.literal_eval`
 */
export function literalOrText(text: string): unknown {
  try {
    return new LiteralReader(text).whole();
  } catch (thrown) {
    if (thrown instanceof NoLiteral) return text;
    throw thrown;
  }
}

class LiteralReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): unknown {
    const first = this.#value();
    // A tuple needs no parentheses.
    const value = this.#next(',') ? [first, ...this.#items('')] : first;
    this.#take(SPACE);
    this.#take(COMMENT);
    if (this.#at < this.#text.length) throw new NoLiteral();
    return value;
  }

  #value(): unknown {
    this.#take(SPACE);
    const name = this.#take(NAME);
    if (name !== undefined) return NAMED[name[0]];
    const number = this.#take(NUMBER);
    if (number !== undefined) return numberOf(number[0]);
    if (this.#next('[')) return this.#nested(() => this.#items(']'));
    if (this.#next('(')) return this.#nested(() => this.#tuple());
    if (this.#next('{')) return this.#nested(() => this.#mapping());
    return this.#strings();
  }

  /** Literals that stand side by side are one. */
  #strings(): string {
    const pieces: string[] = [];
    for (let match = this.#take(STRING); match !== undefined; match = this.#take(STRING)) {
      pieces.push((match[1] ?? match[2] ?? '').replace(ESCAPE, unescaped));
      this.#take(SPACE);
    }
    if (pieces.length === 0) throw new NoLiteral();
    return pieces.join('');
  }

  #tuple(): unknown {
    if (this.#next(')')) return [];
    const first = this.#value();
    if (this.#next(')')) return first;
    if (!this.#next(',')) throw new NoLiteral();
    return [first, ...this.#items(')')];
  }

  /** @param close what ends it; `''` for the end of the text */
  #items(close: string): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      if (this.#closes(close)) return items;
      items.push(this.#value());
      if (this.#closes(close)) return items;
      if (!this.#next(',')) throw new NoLiteral();
    }
  }

  #mapping(): Record<string, unknown> {
    const mapping: Record<string, unknown> = Object.create(null);
    for (;;) {
      if (this.#closes('}')) return mapping;
      const key = this.#value();
      if (typeof key !== 'string' && typeof key !== 'number') throw new NoLiteral();
      if (!this.#next(':')) throw new NoLiteral();
      mapping[String(key)] = this.#value();
      if (this.#closes('}')) return mapping;
      if (!this.#next(',')) throw new NoLiteral();
    }
  }

  #closes(close: string): boolean {
    if (close !== '') return this.#next(close);
    this.#take(SPACE);
    return this.#at === this.#text.length || this.#text[this.#at] === '#';
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new NoLiteral();
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #next(char: string): boolean {
    this.#take(SPACE);
    if (!this.#text.startsWith(char, this.#at)) return false;
    this.#at += char.length;
    return true;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.#at = pattern.lastIndex;
    return match;
  }
}

function numberOf(text: string): number {
  const [, sign = '', digits = ''] = /^([+-]?) *(.*)$/.exec(text.replaceAll('_', '')) ?? [];
  const isInteger = /^(?:\d+|0[xob].*)$/i.test(digits);
  // `007` is no number in Python, `0` and `00` are.
  if (isInteger && /^0\d*[1-9]/.test(digits)) throw new NoLiteral();
  const value = Number(digits) * (sign === '-' ? -1 : 1);
  if (Number.isNaN(value) || (isInteger && !Number.isSafeInteger(value))) throw new NoLiteral();
  return value;
}

function unescaped(whole: string, x?: string, u?: string, octal?: string, char?: string): string {
  const hex = x ?? u;
  if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
  if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
  return STRING_ESCAPES[char as string] ?? whole;
}
