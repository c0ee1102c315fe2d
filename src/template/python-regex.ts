import { matchInTime, SLOW_PATTERN_HINT, SlowPattern } from '../core/match-deadline.js';
import { PLAIN_ESCAPES } from '../core/python-escapes.js';
import { failed } from './failure.js';
import { allowText } from './limits.js';

export interface RegexFlags {
  readonly ignoreCase?: boolean;
  readonly multiline?: boolean;
  readonly dotAll?: boolean;
  readonly verbose?: boolean;
}

/**
 * A pattern in Python's `re` syntax as a JavaScript one, with the `u` and `g` flags. `^`, `$` and `.` know only `\n`,
 * `$` matches before a last line feed, `\w` and `\d` take letters and digits of all scripts.
 *
 * Use it inside `searching`: a pattern may take exponential time on a text made for it.
 * @throws FixError `template/failed` for what is no pattern or has no counterpart here
 */
export function pythonRegex(pattern: string, flags: RegexFlags = {}): RegExp {
  if (pattern.length > MAX_PATTERN) throw failed(`a regular expression has more than ${MAX_PATTERN} characters`);
  const leading = /^\(\?([aimsux]+)\)/.exec(pattern);
  const all = {
    ignoreCase: (flags.ignoreCase ?? false) || (leading?.[1]?.includes('i') ?? false),
    multiline: (flags.multiline ?? false) || (leading?.[1]?.includes('m') ?? false),
    dotAll: (flags.dotAll ?? false) || (leading?.[1]?.includes('s') ?? false),
    verbose: (flags.verbose ?? false) || (leading?.[1]?.includes('x') ?? false),
  };
  const source = new Translator(pattern, leading?.[0].length ?? 0, all).translated();
  try {
    return new RegExp(source, all.ignoreCase ? 'giu' : 'gu');
  } catch {
    throw failed(`'${pattern}' is no regular expression`);
  }
}

/** UTF-16 units; a pattern is written by a person. */
const MAX_PATTERN = 65_536;

/**
 * What a search with a regular expression gives, within the match deadline.
 * @throws FixError `template/failed` at the deadline
 */
export function searching<T>(regex: RegExp, text: string, search: () => T): T {
  try {
    return matchInTime(regex, text.length, search);
  } catch (thrown) {
    if (thrown instanceof SlowPattern) throw failed(thrown.message, SLOW_PATTERN_HINT);
    throw thrown;
  }
}

/**
 * Python's `re.sub`: every match replaced, with `\1`, `\g<1>`, `\g<name>` and escapes in the replacement.
 * @param count the most matches that are replaced; 0 for all
 */
export function substitute(regex: RegExp, text: string, replacement: string, count = 0): string {
  const pieces = replacementPieces(replacement);
  return searching(regex, text, () => replaced(regex, text, pieces, count));
}

function replaced(regex: RegExp, text: string, pieces: readonly Piece[], count: number): string {
  let done = 0;
  let length = 0;
  return text.replace(regex, (...found: unknown[]) => {
    if (count > 0 && done++ >= count) return found[0] as string;
    const groups = typeof found.at(-1) === 'object' ? (found.at(-1) as Record<string, string | undefined>) : {};
    const numbered = found.slice(
      0,
      found.findIndex((part) => typeof part === 'number'),
    );
    const made = pieces
      .map((piece) => (typeof piece === 'string' ? piece : groupText(piece.group, numbered, groups)))
      .join('');
    length += made.length;
    allowText(length);
    return made;
  });
}

type Piece = string | { readonly group: string | number };

function groupText(
  group: string | number,
  numbered: readonly unknown[],
  named: Readonly<Record<string, string | undefined>>,
): string {
  const known = typeof group === 'number' ? group < numbered.length : Object.hasOwn(named, group);
  if (!known) throw failed(`the replacement names the group '${group}', which the pattern does not have`);
  return ((typeof group === 'number' ? numbered[group] : named[group]) as string | undefined) ?? '';
}

function replacementPieces(replacement: string): Piece[] {
  const pieces: Piece[] = [];
  const token = /\\g<([^>]*)>|\\([1-9]\d?)|\\(0[0-7]{0,2})|\\([\s\S])|([^\\]+|\\$)/g;
  for (const [, group, number, octal, char, text] of replacement.matchAll(token)) {
    if (group !== undefined) pieces.push({ group: /^\d+$/.test(group) ? Number(group) : group });
    else if (number !== undefined) pieces.push({ group: Number(number) });
    else if (octal !== undefined) pieces.push(String.fromCharCode(Number.parseInt(octal, 8)));
    else if (text !== undefined) pieces.push(text);
    else if (Object.hasOwn(PLAIN_ESCAPES, char as string)) pieces.push(PLAIN_ESCAPES[char as string] as string);
    else if (/[a-zA-Z]/.test(char as string)) throw failed(`the replacement has the unknown escape \\${char}`);
    else pieces.push(`\\${char}`);
  }
  return pieces;
}

const WORD = '\\p{L}\\p{N}_';
const START = '(?<![^])';
const END = '(?![^])';
const OUTSIDE: Readonly<Record<string, string>> = {
  A: START,
  Z: END,
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  s: '\\s',
  S: '\\S',
  b: '\\b',
  B: '\\B',
};
const INSIDE: Readonly<Record<string, string>> = {
  w: WORD,
  W: '\\W',
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  s: '\\s',
  S: '\\S',
  b: '\\b',
};
const CONTROLS: Readonly<Record<string, string>> = { n: '\\n', t: '\\t', r: '\\r', f: '\\f', v: '\\v', a: '\\x07' };
const SYNTAX = /[\^$\\.*+?()[\]{}|/-]/;

class Translator {
  #out = '';

  constructor(
    readonly pattern: string,
    private at: number,
    readonly flags: Required<RegexFlags>,
  ) {}

  translated(): string {
    while (this.at < this.pattern.length) this.#one(this.pattern[this.at] as string);
    return this.#out;
  }

  #one(char: string): void {
    if (char === '\\') this.#out += this.#escape(OUTSIDE, false);
    else if (char === '[') this.#class();
    else if (char === '(') this.#group();
    else if (char === '{') this.#brace();
    else if (this.flags.verbose && /\s/.test(char)) this.at++;
    else if (this.flags.verbose && char === '#') this.#comment();
    else {
      this.at++;
      this.#out += this.#symbol(char);
    }
  }

  #symbol(char: string): string {
    const { multiline, dotAll } = this.flags;
    if (char === '^') return multiline ? '(?<![^\\n])' : START;
    if (char === '$') return multiline ? '(?![^\\n])' : `(?=\\n?${END})`;
    if (char === '.') return dotAll ? '[^]' : '[^\\n]';
    return char === ']' || char === '}' ? `\\${char}` : char;
  }

  #comment(): void {
    const end = this.pattern.indexOf('\n', this.at);
    this.at = end < 0 ? this.pattern.length : end + 1;
  }

  /** A brace that is no counter stands for itself. */
  #brace(): void {
    const counter = /^\{(\d*)(,?)(\d*)\}/.exec(this.pattern.slice(this.at, this.at + 24));
    if (counter !== null && (counter[1] !== '' || counter[3] !== '')) {
      this.#out += `{${counter[1] || '0'}${counter[2]}${counter[3]}}`;
      this.at += counter[0].length;
      return;
    }
    this.#out += '\\{';
    this.at++;
  }

  #escape(table: Readonly<Record<string, string>>, inClass: boolean): string {
    const rest = this.pattern.slice(this.at + 1, this.at + 12);
    const coded = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    if (coded !== null) {
      this.at += 1 + coded[0].length;
      return `\\u{${coded[1] ?? coded[2] ?? coded[3]}}`;
    }
    const digits = /^(?:0[0-7]{0,2}|[1-9]\d?)/.exec(rest)?.[0];
    if (digits !== undefined) {
      this.at += 1 + digits.length;
      if (digits.startsWith('0')) return `\\u{${Number.parseInt(digits, 8).toString(16)}}`;
      if (inClass) throw failed(`a group cannot be named inside [] of '${this.pattern}'`);
      return `(?:\\${digits})`;
    }
    const char = String.fromCodePoint(this.pattern.codePointAt(this.at + 1) ?? 0);
    if (rest === '') throw failed(`the pattern '${this.pattern}' ends with a backslash`);
    this.at += 1 + char.length;
    return this.#escapedCharacter(char, table);
  }

  #escapedCharacter(char: string, table: Readonly<Record<string, string>>): string {
    if (Object.hasOwn(table, char)) return table[char] as string;
    if (Object.hasOwn(CONTROLS, char)) return CONTROLS[char] as string;
    if (/[a-zA-Z]/.test(char)) throw failed(`the pattern '${this.pattern}' has the unknown escape \\${char}`);
    return (char === '-' ? table === INSIDE : SYNTAX.test(char)) ? `\\${char}` : char;
  }

  #class(): void {
    const opening = /^\[\^?\]?/.exec(this.pattern.slice(this.at))?.[0] as string;
    this.at += opening.length;
    this.#out += opening.endsWith(']') ? `${opening.slice(0, -1)}\\]` : opening;
    while (this.pattern[this.at] !== ']') {
      const char = this.pattern[this.at];
      if (char === undefined) throw failed(`a [ of the pattern '${this.pattern}' is never closed`);
      if (char === '\\') this.#out += this.#escape(INSIDE, true);
      else {
        this.#out += char === '[' ? '\\[' : char;
        this.at++;
      }
    }
    this.#out += ']';
    this.at++;
  }

  #group(): void {
    const rest = this.pattern.slice(this.at);
    const named = /^\(\?P<([A-Za-z_]\w*)>/.exec(rest);
    const back = /^\(\?P=([A-Za-z_]\w*)\)/.exec(rest);
    const remark = /^\(\?#[^)]*\)/.exec(rest);
    const known = /^\((?:\?(?::|=|!|<=|<!)|(?!\?))/.exec(rest);
    const found = named ?? back ?? remark ?? known;
    if (found === null) throw failed(`the pattern '${this.pattern}' has a group of a kind that is not supported`);
    if (named !== null) this.#out += `(?<${named[1]}>`;
    else if (back !== null) this.#out += `\\k<${back[1]}>`;
    else if (remark === null) this.#out += found[0];
    this.at += found[0].length;
  }
}
