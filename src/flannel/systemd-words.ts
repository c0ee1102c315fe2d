import {
  broughtIn,
  type Mark,
  MarkedBuilder,
  type MarkedText,
  sliceOf,
  spanOf,
  type Variables,
} from './marked-text.js';
import { isBlank } from './unit-text.js';

/** A word of a systemd value, and where it stands in it. */
export interface Word {
  readonly word: MarkedText;
  readonly from: number;
  readonly to: number;
}

interface Rules {
  /** C escapes are read; otherwise a backslash takes the next character as it is. */
  readonly escapes: boolean;
  /** An unknown escape stays as it is written. */
  readonly relaxedEscapes: boolean;
  /** An open quote at the end is closed. */
  readonly relaxedQuotes: boolean;
}

/**
 * The next word of a unit's value, as systemd takes it (quotes and C escapes read, unknown escapes kept).
 * @returns `undefined` at the end, `'bad'` where a quote is never closed
 * @see systemd `src/basic/extract-word.c`, `extract_first_word_and_warn`, at v252
 */
export function nextWord(value: MarkedText, at: number): Word | undefined | 'bad' {
  const strict = extractWord(value, at, { escapes: true, relaxedEscapes: false, relaxedQuotes: false });
  if (strict !== 'bad') return strict;
  return extractWord(value, at, { escapes: true, relaxedEscapes: true, relaxedQuotes: false });
}

/** The words of a whole value, `undefined` where one of them cannot be read. */
export function wordsOf(value: MarkedText): Word[] | undefined {
  const words: Word[] = [];
  for (let at = 0; ; ) {
    const word = nextWord(value, at);
    if (word === 'bad') return undefined;
    if (!word) return words;
    words.push(word);
    at = word.to;
  }
}

/** How systemd splits the value of a `$X` that is a word of its own. Never fails. */
export function splitVariable(value: MarkedText): Word[] {
  const words: Word[] = [];
  for (let at = 0; ; ) {
    const word = extractWord(value, at, { escapes: false, relaxedEscapes: false, relaxedQuotes: true });
    if (!word || word === 'bad') return words;
    words.push(word);
    at = word.to;
  }
}

function extractWord(value: MarkedText, begin: number, rules: Rules): Word | undefined | 'bad' {
  const { text } = value;
  let at = begin;
  while (at < text.length && isBlank(text[at])) at += 1;
  if (at >= text.length) return undefined;
  const from = at;
  const out = new MarkedBuilder();
  let quote = '';
  for (; at < text.length; at += 1) {
    const char = text[at] as string;
    if (char === '\\') {
      const read = escapeAt(value, at, rules, quote !== '');
      if (!read) return 'bad';
      if (read.char !== undefined) out.add(read.char, spanOf(value, at, at + read.length));
      at += read.length - 1;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else out.add(char, value.marks[at] as Mark);
    } else if (char === '"' || char === "'") quote = char;
    else if (isBlank(char)) break;
    else out.add(char, value.marks[at] as Mark);
  }
  if (quote !== '' && !rules.relaxedQuotes) return 'bad';
  return { word: out.build(), from, to: at };
}

function escapeAt(value: MarkedText, at: number, rules: Rules, quoted: boolean): Escape | undefined {
  const rest = value.text.slice(at + 1, at + 10);
  if (rest === '') {
    if (rules.relaxedEscapes && !quoted) return { char: '\\', length: 1 };
    return rules.relaxedQuotes ? { char: undefined, length: 1 } : undefined;
  }
  if (!rules.escapes) return { char: rest[0], length: 2 };
  const known = cEscape(rest);
  if (known) return known;
  return rules.relaxedEscapes ? { char: `\\${rest[0]}`, length: 2 } : undefined;
}

interface Escape {
  readonly char: string | undefined;
  readonly length: number;
}

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
  s: ' ',
};

/** @see systemd `src/basic/escape.c`, `cunescape_one` */
function cEscape(rest: string): Escape | undefined {
  const first = rest[0] as string;
  if (Object.hasOwn(SIMPLE_ESCAPES, first)) return { char: SIMPLE_ESCAPES[first], length: 2 };
  const numeric = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/.exec(rest);
  if (!numeric) return undefined;
  const digits = numeric[1] ?? numeric[2] ?? numeric[3];
  const code = digits === undefined ? Number.parseInt(numeric[4] as string, 8) : Number.parseInt(digits, 16);
  if (code === 0 || code > 0x10ffff) return undefined;
  return { char: String.fromCodePoint(code), length: numeric[0].length + 1 };
}

/** What a word of a command becomes: the text of each word, and whether it came out of a split `$X`. */
export interface Expanded {
  readonly text: MarkedText;
  readonly splits: boolean;
}

/**
 * A word with its variables in place: `$X` alone is split into words (none where it is not set), `${X}` inside a
 * word never is, `$$` is a dollar. Specifiers stay, but for `%%`.
 * @see systemd `src/basic/env-util.c`, `replace_env_argv`, at v252
 */
export function expandWord({ word, from, to }: Word, value: MarkedText, variables: Variables): Expanded[] {
  const whole = spanOf(value, from, to);
  const text = withoutSpecifierEscapes(word);
  if (/^\$(?![{$])/.test(text.text)) {
    const variable = variables.get(text.text.slice(1));
    if (!variable) return [];
    const brought = broughtIn(variable, whole);
    return splitVariable(brought).map((part) => ({ text: part.word, splits: true }));
  }
  return [{ text: withBraces(text, variables), splits: false }];
}

function withBraces(text: MarkedText, variables: Variables): MarkedText {
  if (!text.text.includes('$')) return text;
  const out = new MarkedBuilder();
  for (let at = 0; at < text.text.length; ) {
    const found = /^(?:\$\$|\$\{([^}:]*)\})/.exec(text.text.slice(at));
    if (!found) {
      out.append(sliceOf(text, at, at + 1));
      at += 1;
      continue;
    }
    const mark = spanOf(text, at, at + found[0].length);
    if (found[1] === undefined) out.add('$', mark);
    else {
      const variable = variables.get(found[1]);
      if (variable) out.append(broughtIn(variable, mark));
    }
    at += found[0].length;
  }
  return out.build();
}

/** `%%` read as systemd reads it; other specifiers stay as they are. */
export function withoutSpecifierEscapes(text: MarkedText): MarkedText {
  if (!text.text.includes('%%')) return text;
  const out = new MarkedBuilder();
  for (let at = 0; at < text.text.length; at += 1) {
    const double = text.text[at] === '%' && text.text[at + 1] === '%';
    out.add(text.text[at] as string, double ? spanOf(text, at, at + 2) : (text.marks[at] as Mark));
    if (double) at += 1;
  }
  return out.build();
}
