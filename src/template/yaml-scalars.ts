/** A scalar with what PyYAML's `analyze_scalar` finds out about it. */
export interface Scalar {
  readonly text: string;
  /** A style that was asked for: `|`, `>`, `'` or `"`. */
  readonly style: string | undefined;
  readonly multiline: boolean;
  readonly flowPlain: boolean;
  readonly blockPlain: boolean;
  readonly singleQuoted: boolean;
}

const RESOLVED: readonly RegExp[] = [
  /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  /^<<$/,
  /^(?:~|null|Null|NULL|)$/,
  /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/,
  /^=$/,
];

/**
 * @param isText it was a text, so that plain `yes` or `12` would be read back as something else
 * @param style the style that was asked for
 */
export function analysed(text: string, isText: boolean, style: string | undefined): Scalar {
  const wrongPlain = isText && RESOLVED.some((pattern) => pattern.test(text));
  const blanks = /^[ \n\x85\u2028\u2029]|[ \n\x85\u2028\u2029]$/.test(text);
  const breakSpace = /[\n\x85\u2028\u2029] /.test(text);
  const special = /[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10fffe}]|\ufeff/u.test(text);
  const spaceBreak = / [\n\x85\u2028\u2029]/.test(text);
  const multiline = /[\n\x85\u2028\u2029]/.test(text);
  const noPlain = blanks || breakSpace || spaceBreak || special || multiline || wrongPlain;
  return {
    text,
    style,
    multiline,
    flowPlain: text !== '' && !noPlain && !flowIndicators(text),
    blockPlain: !noPlain && !blockIndicators(text),
    singleQuoted: !(breakSpace || spaceBreak || special),
  };
}

function blockIndicators(text: string): boolean {
  return /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?:[\0 \t\r\n\x85\u2028\u2029]|$))|:(?:[\0 \t\r\n\x85\u2028\u2029]|$)|[\0 \t\r\n\x85\u2028\u2029]#/.test(
    text,
  );
}

function flowIndicators(text: string): boolean {
  return blockIndicators(text) || /[,?[\]{}:]/.test(text);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\xa0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
};

/** What a double-quoted scalar escapes. */
const DOUBLE_QUOTED = /["\\\x85\u2028\u2029\ufeff]|[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

type Place = { readonly flow: boolean; readonly key: boolean; readonly indent: number };

/** Writes YAML's characters, keeping count of columns as PyYAML's emitter does. */
export class YamlWriter {
  text = '';
  column = 0;
  /** The last thing written was a blank, or an indicator that needs none after it. */
  whitespace = true;
  /** Only indentation and indicators stand on this line so far. */
  indention = true;

  constructor(readonly width: number) {}

  startDocument(): void {
    this.indicator('---', true);
  }

  endDocument(): void {
    if (this.column > 0) this.#lineBreak();
  }

  indicator(text: string, needsBlank: boolean, whitespace = false, indention = false): void {
    this.#put(this.whitespace || !needsBlank ? text : ` ${text}`);
    this.whitespace = whitespace;
    this.indention = this.indention && indention;
  }

  indentTo(indent: number): void {
    if (!this.indention || this.column > indent || (this.column === indent && !this.whitespace)) this.#lineBreak();
    if (this.column < indent) {
      this.whitespace = true;
      this.#put(' '.repeat(indent - this.column));
    }
  }

  scalar(scalar: Scalar, place: Place): void {
    const canPlain = place.flow ? scalar.flowPlain : scalar.blockPlain;
    const unfit = place.key && (scalar.text === '' || scalar.multiline);
    const canQuote = scalar.singleQuoted && !(place.key && scalar.multiline);
    if (scalar.style === '|' && !place.flow && !place.key && scalar.singleQuoted && scalar.text !== '') {
      this.#literal(scalar.text, place.indent);
    } else if (scalar.style === undefined && canPlain && !unfit) this.#plain(scalar.text, place);
    else if (scalar.style !== '"' && canQuote) this.#singleQuoted(scalar.text, place);
    else this.#doubleQuoted(scalar.text, place);
  }

  #put(text: string): void {
    this.text += text;
    this.column += Array.from(text).length;
  }

  #lineBreak(end = '\n'): void {
    this.text += end;
    this.whitespace = true;
    this.indention = true;
    this.column = 0;
  }

  #wrap(place: Place): void {
    this.indentTo(place.indent);
    this.whitespace = false;
    this.indention = false;
  }

  /** Text without line breaks; a single blank past the width becomes a line break. */
  #plain(text: string, place: Place): void {
    if (text === '') return;
    if (!this.whitespace) this.#put(' ');
    this.whitespace = false;
    this.indention = false;
    for (const part of text.match(/ +|[^ ]+/g) ?? []) {
      if (part === ' ' && this.column > this.width && !place.key) this.#wrap(place);
      else this.#put(part);
    }
  }

  #singleQuoted(text: string, place: Place): void {
    this.indicator("'", true);
    let at = 0;
    for (const part of text.match(/ +|[\n\x85\u2028\u2029]+|[^ \n\x85\u2028\u2029]+/g) ?? []) {
      const inside = at > 0 && at + part.length < text.length;
      if (part === ' ' && this.column > this.width && !place.key && inside) this.indentTo(place.indent);
      else if (/^[\n\x85\u2028\u2029]/.test(part)) {
        if (part.startsWith('\n')) this.#lineBreak();
        for (const end of part) this.#lineBreak(end);
        this.indentTo(place.indent);
      } else this.#put(part.replaceAll("'", "''"));
      at += part.length;
    }
    this.indicator("'", false);
  }

  #doubleQuoted(text: string, place: Place): void {
    this.indicator('"', true);
    const characters = Array.from(text);
    characters.forEach((char, index) => {
      const inside = index > 0 && index < characters.length - 1 && characters[index - 1] !== ' ';
      if (char === ' ' && inside && !place.key && this.column > this.width) {
        this.#wrap(place);
        if (characters[index + 1] === ' ') this.#put('\\');
      } else this.#put(DOUBLE_QUOTED.test(char) ? escapeOf(char) : char);
    });
    this.indicator('"', false);
  }

  #literal(text: string, indent: number): void {
    const hints =
      (/^[ \n]/.test(text) ? '2' : '') + (text.endsWith('\n') ? (/(?:^|\n)\n$/.test(text) ? '+' : '') : '-');
    this.indicator(`|${hints}`, true);
    for (const line of text.replace(/\n$/, '').split('\n')) {
      this.#lineBreak();
      if (line !== '') this.indentTo(indent);
      this.#put(line);
    }
    this.#lineBreak();
  }
}

function escapeOf(char: string): string {
  if (Object.hasOwn(ESCAPES, char)) return `\\${ESCAPES[char]}`;
  const code = char.codePointAt(0) as number;
  if (code <= 0xff) return `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return `\\U${code.toString(16).toUpperCase().padStart(8, '0')}`;
}
