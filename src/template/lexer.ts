import { readNumber, readString } from './literals.js';
import { syntaxError } from './syntax-error.js';

export type TokenKind =
  | 'text'
  | 'print-begin'
  | 'print-end'
  | 'tag-begin'
  | 'tag-end'
  | 'name'
  | 'string'
  | 'number'
  | 'operator'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** A name, an operator, a text, or what a literal stands for. */
  readonly value: unknown;
  readonly at: number;
}

/** How templates are written; `#jinja2:` in a template's first line changes it. */
export interface Syntax {
  readonly printBegin: string;
  readonly printEnd: string;
  readonly tagBegin: string;
  readonly tagEnd: string;
  readonly commentBegin: string;
  readonly commentEnd: string;
  /** The first line feed after a tag is no part of the text. Ansible's default. */
  readonly trimBlocks: boolean;
  /** Blanks before a tag that starts its line are no part of the text. */
  readonly lstripBlocks: boolean;
  /**
   * `literal`: a backslash in a string of a printed expression is a backslash, as Ansible has it in playbooks.
   * `python`: escapes as in Python, as Ansible has it in template files and in conditions.
   */
  readonly backslashes: 'literal' | 'python';
}

export const PLAYBOOK_SYNTAX: Syntax = {
  printBegin: '{{',
  printEnd: '}}',
  tagBegin: '{%',
  tagEnd: '%}',
  commentBegin: '{#',
  commentEnd: '#}',
  trimBlocks: true,
  lstripBlocks: false,
  backslashes: 'literal',
};

/**
 * The tokens of a template, ending with an `end` token.
 * @param text with line feeds alone as line ends
 * @throws FixError `template/syntax`
 */
export function templateTokens(text: string, syntax: Syntax): Token[] {
  return new Lexer(text, syntax).template();
}

/** The tokens of a bare expression, without braces around it. @throws FixError `template/syntax` */
export function expressionTokens(text: string, syntax: Syntax): Token[] {
  return new Lexer(text, syntax).bareExpression();
}

const BLANKS = /\s*/y;
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}]*/uy;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}<>=.:|,;]/y;
const CLOSES: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

type Opening = { readonly kind: 'print' | 'tag' | 'comment'; readonly at: number; readonly length: number };

class Lexer {
  readonly #tokens: Token[] = [];
  #at = 0;
  /** What the tag before asks of the text that follows: all blanks go, or one line feed does. */
  #trim: 'none' | 'blanks' | 'line-feed' = 'none';

  constructor(
    readonly text: string,
    readonly syntax: Syntax,
  ) {}

  bareExpression(): Token[] {
    this.#expression(undefined, this.syntax.backslashes === 'literal');
    return this.#finished();
  }

  template(): Token[] {
    for (let opening = this.#nextOpening(); opening !== undefined; opening = this.#nextOpening()) {
      const control = this.text[opening.at + opening.length];
      this.#text(opening, control);
      this.#at = opening.at + opening.length + (control === '-' || control === '+' ? 1 : 0);
      if (opening.kind === 'comment') this.#comment(opening);
      else if (opening.kind === 'print') this.#print(opening);
      else if (!this.#raw(opening)) this.#tag(opening);
    }
    this.#push('text', this.#trimmed(this.text.slice(this.#at)), this.#at);
    this.#at = this.text.length;
    return this.#finished();
  }

  #finished(): Token[] {
    this.#push('end', '', this.text.length);
    return this.#tokens;
  }

  #push(kind: TokenKind, value: unknown, at: number): void {
    if (kind !== 'text' || value !== '') this.#tokens.push({ kind, value, at });
  }

  /** The leftmost opening; of two at one place the longer one. */
  #nextOpening(): Opening | undefined {
    const { printBegin, tagBegin, commentBegin } = this.syntax;
    const found = (
      [
        { kind: 'print', begin: printBegin },
        { kind: 'tag', begin: tagBegin },
        { kind: 'comment', begin: commentBegin },
      ] as const
    )
      .map(({ kind, begin }) => ({ kind, at: this.#find(begin), length: begin.length }))
      .filter(({ at }) => at >= 0);
    return found.sort((a, b) => a.at - b.at || b.length - a.length)[0];
  }

  /** Remembered, as otherwise a text with many of one kind is searched to its end for each of them. */
  readonly #seen = new Map<string, number>();

  #find(begin: string): number {
    const known = this.#seen.get(begin);
    if (known !== undefined && (known < 0 || known >= this.#at)) return known;
    const at = this.text.indexOf(begin, this.#at);
    this.#seen.set(begin, at);
    return at;
  }

  /** The text before an opening, with the blanks gone that the tags around it take away. */
  #text(opening: Opening, control: string | undefined): void {
    const start = this.#at;
    let text = this.#trimmed(this.text.slice(start, opening.at));
    if (control === '-') text = text.trimEnd();
    else if (control !== '+' && this.syntax.lstripBlocks && opening.kind !== 'print') {
      const lineStart = text.lastIndexOf('\n') + 1;
      const startsLine = lineStart > 0 || start === 0 || this.text[start - 1] === '\n' || this.#trim === 'line-feed';
      if (startsLine && text.slice(lineStart).trim() === '') text = text.slice(0, lineStart);
    }
    this.#trim = 'none';
    this.#push('text', text, start);
  }

  #trimmed(text: string): string {
    if (this.#trim === 'blanks') return text.trimStart();
    return this.#trim === 'line-feed' && text.startsWith('\n') ? text.slice(1) : text;
  }

  #print(opening: Opening): void {
    this.#push('print-begin', '', opening.at);
    this.#expression(this.syntax.printEnd, this.syntax.backslashes === 'literal');
    this.#push('print-end', '', this.#at);
    this.#close(this.syntax.printEnd, false);
  }

  #tag(opening: Opening): void {
    this.#push('tag-begin', '', opening.at);
    this.#expression(this.syntax.tagEnd, false);
    this.#push('tag-end', '', this.#at);
    this.#close(this.syntax.tagEnd, this.syntax.trimBlocks);
  }

  #comment(opening: Opening): void {
    const end = this.text.indexOf(this.syntax.commentEnd, this.#at);
    if (end < 0) throw syntaxError(this.text, opening.at, 'the comment is never closed');
    const control = this.text[end - 1];
    this.#at = end > this.#at && (control === '-' || control === '+') ? end - 1 : end;
    this.#close(this.syntax.commentEnd, this.syntax.trimBlocks);
  }

  /** `{% raw %}` to `{% endraw %}` is text. @returns false where the tag is another one */
  #raw(opening: Opening): boolean {
    const [begin, end] = [escapeRegex(this.syntax.tagBegin), escapeRegex(this.syntax.tagEnd)];
    const start = new RegExp(`\\s*raw\\s*([-+]?)${end}`, 'y');
    start.lastIndex = this.#at;
    const opened = start.exec(this.text);
    if (opened === null) return false;
    const finish = new RegExp(`${begin}([-+]?)\\s*endraw\\s*([-+]?)${end}`, 'g');
    finish.lastIndex = start.lastIndex;
    const closed = finish.exec(this.text);
    if (closed === null) throw syntaxError(this.text, opening.at, '{% raw %} is never closed');
    let text = this.text.slice(start.lastIndex, closed.index);
    if (opened[1] === '-') text = text.trimStart();
    else if (this.syntax.trimBlocks && opened[1] !== '+' && text.startsWith('\n')) text = text.slice(1);
    if (closed[1] === '-') text = text.trimEnd();
    this.#push('text', text, start.lastIndex);
    this.#at = finish.lastIndex;
    this.#trim = trimAfter(closed[2], this.syntax.trimBlocks);
    return true;
  }

  /** Steps over an end mark with its whitespace control. */
  #close(end: string, trimLineFeed: boolean): void {
    const control = this.text[this.#at];
    if (control === '-' || control === '+') this.#at++;
    this.#trim = trimAfter(control, trimLineFeed);
    this.#at += end.length;
  }

  /** The tokens up to an end mark (which is left standing), or to the end of the text. */
  #expression(end: string | undefined, literalBackslashes: boolean): void {
    const begin = this.#at;
    const open: string[] = [];
    for (;;) {
      BLANKS.lastIndex = this.#at;
      BLANKS.exec(this.text);
      this.#at = BLANKS.lastIndex;
      if (open.length === 0 && this.#atEnd(end)) return;
      if (this.#at >= this.text.length) {
        const missing = open.at(-1) ?? end;
        throw syntaxError(this.text, begin, `'${missing}' is missing at the end`);
      }
      this.#token(open, literalBackslashes);
    }
  }

  #atEnd(end: string | undefined): boolean {
    if (end === undefined) return this.#at >= this.text.length;
    if (this.text.startsWith(end, this.#at)) return true;
    return /[-+]/.test(this.text[this.#at] ?? '') && this.text.startsWith(end, this.#at + 1);
  }

  #token(open: string[], literalBackslashes: boolean): void {
    const at = this.#at;
    const char = this.text[at] as string;
    if (char === "'" || char === '"') {
      const { value, end } = readString(this.text, at, literalBackslashes);
      this.#push('string', value, at);
      this.#at = end;
    } else if (char >= '0' && char <= '9') {
      const { value, end } = readNumber(this.text, at, this.text[at - 1] === '.');
      this.#push('number', value, at);
      this.#at = end;
    } else this.#nameOrOperator(open);
  }

  #nameOrOperator(open: string[]): void {
    const at = this.#at;
    for (const [kind, pattern] of [
      ['name', NAME],
      ['operator', OPERATOR],
    ] as const) {
      pattern.lastIndex = at;
      const found = pattern.exec(this.text)?.[0];
      if (found === undefined) continue;
      if (kind === 'operator') this.#balance(found, open);
      this.#push(kind, found, at);
      this.#at += found.length;
      return;
    }
    throw syntaxError(this.text, at, `unexpected character '${this.text[at]}'`);
  }

  #balance(operator: string, open: string[]): void {
    const closes = CLOSES[operator];
    if (closes !== undefined) open.push(closes);
    else if (operator === ')' || operator === ']' || operator === '}') {
      const expected = open.pop();
      if (expected === operator) return;
      const wanted = expected === undefined ? '' : `, expected '${expected}'`;
      throw syntaxError(this.text, this.#at, `unexpected '${operator}'${wanted}`);
    }
  }
}

function trimAfter(control: string | undefined, trimLineFeed: boolean): 'none' | 'blanks' | 'line-feed' {
  if (control === '-') return 'blanks';
  return trimLineFeed && control !== '+' ? 'line-feed' : 'none';
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
