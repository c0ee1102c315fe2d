import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type Scalar,
  stringify,
  type YAMLError,
} from 'yaml';
import { FixError } from './error.js';
import { looksSecret } from './secret-names.js';
import { printable } from './text.js';
import { NO_VAULT, type VaultReader } from './vault.js';
import { DataReader, type Fail, MAX_DEPTH, type OpenLater, TOO_DEEP, type YamlNode } from './yaml-data.js';
import { Places, type YamlPath } from './yaml-place.js';
import { plainScalar } from './yaml-scalar.js';

export { TaggedText } from './yaml-data.js';
export type { YamlPath } from './yaml-place.js';

/** A YAML file as plain data, with the place that each part of it came from. */
export interface SourceYaml {
  readonly file: string;
  /**
   * Null, booleans, numbers, texts, lists, `TaggedText`, and mappings as objects without a prototype. Aliases share
   * one object: never change what you find here.
   */
  readonly value: unknown;
  /** What Ansible warns of, with its place: a key that stands twice in one mapping. */
  readonly warnings: readonly string[];
  /** `file:line:column` of a key or list item; of its nearest parent where there is no such thing. */
  at(path: YamlPath): string;
  /** The keys of a mapping as the file has them; an object's own order would put keys like `10` first. */
  keys(path: YamlPath): readonly string[];
  /** Whether a key is a text, and not a number, boolean or null that became one. */
  isTextKey(path: YamlPath): boolean;
}

export interface YamlOptions {
  /** Opens the values that are tagged `!vault`, each when it is used. */
  readonly vault?: VaultReader;
  /** The text was encrypted: nothing of it is shown in errors. */
  readonly isSecret?: boolean;
}

/** Characters; larger files are refused. */
const MAX_LENGTH = 16 * 1024 * 1024;
/** Words, brackets, blanks and line ends; what the parser makes of more would not fit into memory. */
const MAX_LEXEMES = 4_000_000;
const MAX_WARNINGS = 50;

/**
 * Reads one YAML document as Ansible does: YAML 1.1 by PyYAML's rules, merge keys and aliases resolved, the last of
 * equal keys used. Timestamps, and integers that a number cannot hold exactly, stay text.
 *
 * @param file only named, in errors and places
 * @throws FixError `yaml/syntax` with `at` and an excerpt: bad syntax, several documents, an unknown tag, a key that
 *   is no scalar, over 16 M characters, over 64 levels, aliases that multiply
 * @see ansible-core 2.14 `parsing/yaml/constructor.py`
 */
export function parseYaml(
  text: string,
  file: string,
  { vault = NO_VAULT, isSecret = false }: YamlOptions = {},
): SourceYaml {
  const lines = lineStarts(text);
  const fail: Fail = (what, hint, offset) => {
    throw syntaxError({ text, file, lines, isSecret }, what, hint, offset);
  };
  refuseUnreadable(text, fail);
  const root = compose(text, fail);
  const warnings: string[] = [];
  const reader = new DataReader(
    fail,
    (what, offset) => {
      if (warnings.length < MAX_WARNINGS) warnings.push(`${placeOf(file, lines, offset)}: ${what}`);
    },
    openWith(vault, (offset) => placeOf(file, lines, offset)),
  );
  const value = reader.read(root);
  const places = new Places(root, reader);
  return {
    file,
    value,
    warnings,
    at: (path) => placeOf(file, lines, places.find(path).place.handle.offset),
    keys: (path) => [...places.entries(places.find(path).place.node).keys()],
    isTextKey: (path) => isText(places.find(path).place.handle, reader),
  };
}

function openWith(vault: VaultReader, placeAt: (offset: number) => string): OpenLater {
  return (text, offset) => {
    vault.expect?.(text.trim());
    return () => vault.open(text.trim(), placeAt(offset)).toString('utf8');
  };
}

/** A value as YAML text, for people and for files; ends with a line feed. */
export function yamlText(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}

function isText(handle: YamlNode, reader: DataReader): boolean {
  const node = reader.target(handle);
  return (
    node.kind === 'scalar' && (!node.plain || node.tag !== undefined || typeof plainScalar(node.text) === 'string')
  );
}

function refuseUnreadable(text: string, fail: Fail): void {
  if (text.length > MAX_LENGTH) fail('this file is over 16 MB', 'Split it into several files.', 0);
  const strange = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(text);
  if (!strange) return;
  const code = strange[0].codePointAt(0)?.toString(16).padStart(4, '0').toUpperCase();
  fail(
    `the character U+${code} is not allowed in YAML`,
    'Remove it, or write it as an escape in quotes.',
    strange.index,
  );
}

function compose(text: string, fail: Fail): YamlNode {
  const composer = new Composer({
    schema: 'failsafe',
    merge: false,
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents = composer.compose(tokensOf(text, fail), true, text.length);
  const document = documents.next().value;
  const next = documents.next().value;
  const earliest = document && earliestOf(document.errors);
  if (earliest) fail(said(earliest), hintFor(earliest, text), earliest.pos[0]);
  if (next) fail('this file holds more than one document', HINTS.MULTIPLE_DOCS, next.range[0]);
  return nodeOf(document?.contents, 0, text);
}

function earliestOf([first, ...others]: readonly YAMLError[]): YAMLError | undefined {
  return others.reduce((least, error) => (least && error.pos[0] < least.pos[0] ? error : least), first);
}

/** The composer recurses and keeps everything, so depth and amount are watched before it gets a document. */
function* tokensOf(text: string, fail: Fail): Generator<CST.Token, void> {
  const parser = new Parser();
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    lexemes += 1;
    // Around the collections there is the document, and inside them a scalar.
    if (parser.stack.length > MAX_DEPTH + 2) fail(TOO_DEEP, 'Write it with fewer levels.', parser.offset);
    if (lexemes > MAX_LEXEMES)
      fail('this file has over 4 million parts', 'Split it into several files.', parser.offset);
  }
  yield* parser.end();
}

/** The library's nodes as ours; a missing one is an empty scalar where its parent stands. */
function nodeOf(node: unknown, parentOffset: number, source: string): YamlNode {
  if (isAlias(node)) return { kind: 'alias', name: node.source, offset: node.range?.[0] ?? parentOffset };
  if (!isScalar(node) && !isMap(node) && !isSeq(node)) {
    return { kind: 'scalar', text: '', plain: true, offset: parentOffset };
  }
  const offset = node.range?.[0] ?? parentOffset;
  const common = {
    offset,
    ...(node.tag === undefined ? {} : { tag: node.tag }),
    ...(node.anchor === undefined ? {} : { anchor: node.anchor }),
  };
  if (isScalar(node))
    return { kind: 'scalar', text: scalarText(node, source), plain: node.type === 'PLAIN', ...common };
  if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => nodeOf(item, offset, source)), ...common };
  const pairs = node.items.map(({ key, value }) => ({
    key: nodeOf(key, offset, source),
    value: nodeOf(value, offset, source),
  }));
  return { kind: 'mapping', pairs, ...common };
}

/** A block that the file ends in without a line feed has none either, as in PyYAML. */
function scalarText({ type, value, range }: Scalar, source: string): string {
  const text = String(value ?? '');
  const isBlock = type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED';
  const isUnended = isBlock && (range?.[1] ?? 0) >= source.length && !source.endsWith('\n');
  return isUnended ? text.replace(/\n$/, '') : text;
}

interface Source {
  readonly text: string;
  readonly file: string;
  readonly lines: LineCounter;
  readonly isSecret: boolean;
}

function syntaxError({ text, file, lines, isSecret }: Source, what: string, hint: string, offset: number): FixError {
  const { line, col } = lines.linePos(offset);
  if (isSecret) return new FixError('yaml/syntax', what, { hint, at: placeOf(file, lines, offset) });
  const excerpt = excerptOf(text.split('\n', line)[line - 1] ?? '', line, col);
  return new FixError('yaml/syntax', `${what}\n${excerpt}`, { hint, at: placeOf(file, lines, offset) });
}

/** The line and, below it, a caret under the place. */
function excerptOf(line: string, number: number, column: number): string {
  const from = Math.max(0, column - 61);
  if (holdsSecret(line)) return `${number} | [a line with a secret]`;
  const shown = (part: string) => printable(part.replaceAll('\t', ' ').replace(/\r$/, ''));
  const label = `${number} | `;
  const before = shown(line.slice(from, column - 1));
  return `${label}${before}${shown(line.slice(column - 1, from + 110))}\n${' '.repeat(label.length + before.length)}^`;
}

/** Whether a name on the line, before a colon or an equals sign, is that of a secret. */
function holdsSecret(line: string): boolean {
  return [...line.slice(0, 2000).matchAll(/([\w.-]+)["']?\s*[:=]/g)].some(([, name]) => looksSecret(name ?? ''));
}

function placeOf(file: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}

function lineStarts(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) lines.addNewLine(end + 1);
  return lines;
}

function said({ code, message }: YAMLError): string {
  if (code === 'TAB_AS_INDENT') return 'a tab stands where only spaces may';
  if (isUnclosed(message)) return 'a quote is not closed';
  return printable(message.charAt(0).toLowerCase() + message.slice(1));
}

const HINTS = {
  BAD_INDENT: 'Indent this line with as many spaces as its neighbours.',
  BAD_SCALAR_START: 'Put the value in quotes: YAML reserves the character that it starts with.',
  BLOCK_AS_IMPLICIT_KEY:
    'Put the value in quotes if it holds a colon and a space, or start the inner keys on a new line.',
  MISSING_CHAR: 'Add the missing quote, bracket, comma or space here or on the line above.',
  MULTILINE_IMPLICIT_KEY:
    'Write `key: value`: a colon is missing here, or the line is not indented as its neighbours are.',
  MULTIPLE_DOCS: 'Keep one document: remove the second `---` line and what follows it, or split the file.',
} as const satisfies Partial<Record<YAMLError['code'], string>>;

const UNCLOSED = 'Add the closing quote; further lines of a quoted text have to be indented more than its key.';

function isUnclosed(message: string): boolean {
  return /^Missing closing .quote/.test(message);
}

function hintFor({ code, pos, message }: YAMLError, text: string): string {
  if (isUnclosed(message)) return UNCLOSED;
  const lineStart = text.lastIndexOf('\n', pos[0] - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart, lineStart + 1000))?.[0] ?? '';
  if (code === 'TAB_AS_INDENT' || indent.includes('\t')) return 'Replace the tab by spaces: YAML allows no tabs there.';
  return (
    (HINTS as Partial<Record<YAMLError['code'], string>>)[code] ??
    'Mend the marked place; look for a missing quote, colon or space on it and the line above.'
  );
}
