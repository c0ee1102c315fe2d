import type { FixError } from '../core/error.js';
import type { Mention } from './ast.js';
import type { Token, TokenKind } from './lexer.js';
import { syntaxError } from './syntax-error.js';

/** The deepest nesting of expressions and tags; more is an attack or a mistake. */
const MAX_DEPTH = 150;

/** The tokens of a template with a place in them, shared by the parsers of expressions and of tags. */
export class TokenStream {
  readonly mentions: Mention[] = [];
  #index = 0;
  #depth = 0;

  constructor(
    readonly text: string,
    readonly tokens: readonly Token[],
  ) {}

  get current(): Token {
    return this.tokens[this.#index] as Token;
  }

  get next(): Token {
    return this.tokens[Math.min(this.#index + 1, this.tokens.length - 1)] as Token;
  }

  /** The current token, stepped over. */
  take(): Token {
    const token = this.current;
    if (token.kind !== 'end') this.#index++;
    return token;
  }

  is(kind: TokenKind, ...values: readonly string[]): boolean {
    return this.current.kind === kind && (values.length === 0 || values.includes(this.current.value as string));
  }

  isOperator(...values: readonly string[]): boolean {
    return this.is('operator', ...values);
  }

  /** Steps over the token if it is this one. */
  skip(kind: TokenKind, value: string): boolean {
    if (!this.is(kind, value)) return false;
    this.take();
    return true;
  }

  /** @throws FixError `template/syntax` unless it is this one */
  expect(kind: TokenKind, value?: string): Token {
    if (this.current.kind !== kind || (value !== undefined && this.current.value !== value)) {
      throw this.error(`expected ${value === undefined ? KIND_NAMES[kind] : `'${value}'`}, got ${this.describe()}`);
    }
    return this.take();
  }

  describe(token = this.current): string {
    return token.kind === 'name' || token.kind === 'operator' ? `'${String(token.value)}'` : KIND_NAMES[token.kind];
  }

  error(message: string, at = this.current.at, hint?: string): FixError {
    return syntaxError(this.text, at, message, hint);
  }

  /** Runs a part of the parser one level deeper. @throws FixError `template/syntax` when that is too deep */
  nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.error('the template is nested too deeply');
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }
}

const KIND_NAMES: Readonly<Record<TokenKind, string>> = {
  text: 'text',
  'print-begin': "'{{'",
  'print-end': "'}}'",
  'tag-begin': "'{%'",
  'tag-end': "'%}'",
  name: 'a name',
  string: 'a string',
  number: 'a number',
  operator: 'an operator',
  end: 'the end of the text',
};
