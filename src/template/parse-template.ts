import type { Expression, Mention, Parameter, Statement, Target } from './ast.js';
import { expressionTokens, type Syntax, templateTokens } from './lexer.js';
import { parseExpression, parseFilter, parseTuple } from './parse-expression.js';
import { FILE_TAGS, type TagParser } from './parse-file-tags.js';
import { TokenStream } from './token-stream.js';

/** A template that has been read. */
export interface Template {
  readonly text: string;
  readonly statements: readonly Statement[];
  readonly mentions: readonly Mention[];
}

/** An expression that has been read. */
export interface BareExpression {
  readonly text: string;
  readonly expression: Expression;
  readonly mentions: readonly Mention[];
}

/**
 * Reads a template. One line feed at its end is no part of it, as in Jinja2.
 * @throws FixError `template/syntax`, with line and column
 */
export function parseTemplate(source: string, syntax: Syntax): Template {
  const text = source.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const stream = new TokenStream(text, templateTokens(text, syntax));
  const statements = parseBody(stream, []);
  return { text, statements, mentions: stream.mentions };
}

/** Reads a bare expression, as in `when`. @throws FixError `template/syntax` */
export function parseBareExpression(text: string, syntax: Syntax): BareExpression {
  const stream = new TokenStream(text, expressionTokens(text, syntax));
  const expression = parseTuple(stream);
  if (!stream.is('end')) throw stream.error(`unexpected ${stream.describe()} after the expression`);
  return { text, expression, mentions: stream.mentions };
}

/** Statements up to one of the end tags, whose name is left standing; with none, to the end of the text. */
function parseBody(stream: TokenStream, endTags: readonly string[], opened?: { tag: string; at: number }): Statement[] {
  const body: Statement[] = [];
  for (;;) {
    const { kind, value, at } = stream.current;
    if (kind === 'end') {
      if (opened === undefined) return body;
      throw stream.error(`'{% ${opened.tag} %}' is never closed`, opened.at);
    }
    stream.take();
    if (kind === 'text') body.push({ kind: 'text', text: value as string, at });
    else if (kind === 'print-begin') body.push(parsePrint(stream, at));
    else if (stream.is('name', ...endTags) && endTags.length > 0) return body;
    else body.push(stream.nested(() => parseTag(stream)));
  }
}

function parsePrint(stream: TokenStream, at: number): Statement {
  const expression = parseTuple(stream);
  stream.expect('print-end');
  return { kind: 'print', expression, at };
}

const TAGS: Readonly<Record<string, TagParser>> = {
  if: parseIf,
  for: parseFor,
  set: parseSet,
  with: parseWith,
  filter: parseFilterBlock,
  macro: parseMacro,
  call: parseCallBlock,
  do: (stream, at) => {
    const expression = parseTuple(stream);
    stream.expect('tag-end');
    return { kind: 'do', expression, at };
  },
  block: parseNamedBlock,
  autoescape: parseAutoescape,
  ...FILE_TAGS,
};
/** The tags that there are; `raw` is the lexer's. */
export const STATEMENTS: readonly string[] = [...Object.keys(TAGS), 'raw'];

/** Jinja2's other tags, which Ansible has switched off as it comes. */
const UNSUPPORTED: readonly string[] = ['print', 'break', 'continue', 'trans', 'debug'];

function parseTag(stream: TokenStream): Statement {
  const { value, at } = stream.expect('name');
  const tag = value as string;
  const parse = Object.hasOwn(TAGS, tag) ? TAGS[tag] : undefined;
  if (parse !== undefined) return parse(stream, at);
  if (UNSUPPORTED.includes(tag)) {
    throw stream.error(`'{% ${tag} %}' is not supported`, at, 'Write the template without this tag.');
  }
  throw stream.error(`unknown tag '{% ${tag} %}'`, at, 'Check its spelling and that every block is closed once.');
}

/** A block's statements and the end tag that closed it, with that tag's name stepped over. */
function parseBlock(stream: TokenStream, opened: { tag: string; at: number }, ...endTags: string[]) {
  stream.skip('operator', ':');
  stream.expect('tag-end');
  const body = parseBody(stream, endTags, opened);
  return { body, endTag: stream.take().value as string };
}

/** A block with one end tag, stepped over to its end. */
function parseWhole(stream: TokenStream, tag: string, at: number): Statement[] {
  const { body } = parseBlock(stream, { tag, at }, `end${tag}`);
  if (tag === 'macro') stream.skip('name', stream.current.value as string);
  stream.expect('tag-end');
  return body;
}

function parseIf(stream: TokenStream, at: number): Statement {
  const branches: { test: Expression; body: Statement[] }[] = [];
  let otherwise: Statement[] = [];
  for (;;) {
    const test = parseTuple(stream, { withConditional: false });
    const { body, endTag } = parseBlock(stream, { tag: 'if', at }, 'elif', 'else', 'endif');
    branches.push({ test, body });
    if (endTag === 'elif') continue;
    if (endTag === 'else') otherwise = parseBlock(stream, { tag: 'if', at }, 'endif').body;
    stream.expect('tag-end');
    return { kind: 'if', branches, otherwise, at };
  }
}

function parseFor(stream: TokenStream, at: number): Statement {
  const target = parseTarget(stream, 'in');
  stream.expect('name', 'in');
  const list = parseTuple(stream, { withConditional: false, until: 'recursive' });
  const test = stream.skip('name', 'if') ? parseExpression(stream) : undefined;
  const recursive = stream.skip('name', 'recursive');
  const { body, endTag } = parseBlock(stream, { tag: 'for', at }, 'else', 'endfor');
  const otherwise = endTag === 'else' ? parseBlock(stream, { tag: 'for', at }, 'endfor').body : [];
  stream.expect('tag-end');
  return { kind: 'for', target, list, test, body, otherwise, recursive, at };
}

function parseSet(stream: TokenStream, at: number): Statement {
  const target = parseTarget(stream, undefined);
  if (stream.skip('operator', '=')) {
    const value = parseTuple(stream);
    stream.expect('tag-end');
    return { kind: 'set', target, value, at };
  }
  const filter = stream.skip('operator', '|') ? parseFilter(stream, undefined) : undefined;
  return { kind: 'set-block', target, filter, body: parseWhole(stream, 'set', at), at };
}

function parseWith(stream: TokenStream, at: number): Statement {
  const assignments: { target: Target; value: Expression }[] = [];
  while (!stream.is('tag-end')) {
    if (assignments.length > 0) stream.expect('operator', ',');
    const target = parseTarget(stream, undefined);
    stream.expect('operator', '=');
    assignments.push({ target, value: parseExpression(stream) });
  }
  return { kind: 'with', assignments, body: parseWhole(stream, 'with', at), at };
}

function parseFilterBlock(stream: TokenStream, at: number): Statement {
  const filter = parseFilter(stream, undefined);
  return { kind: 'filter-block', filter, body: parseWhole(stream, 'filter', at), at };
}

function parseMacro(stream: TokenStream, at: number): Statement {
  const name = stream.expect('name').value as string;
  const parameters = parseParameters(stream);
  return { kind: 'macro', name, parameters, body: parseWhole(stream, 'macro', at), at };
}

function parseCallBlock(stream: TokenStream, at: number): Statement {
  const parameters = stream.isOperator('(') ? parseParameters(stream) : [];
  const call = parseExpression(stream);
  if (call.kind !== 'call') throw stream.error("'{% call %}' needs the call of a macro", at);
  return { kind: 'call-block', parameters, call, body: parseWhole(stream, 'call', at), at };
}

function parseNamedBlock(stream: TokenStream, at: number): Statement {
  const name = stream.expect('name').value as string;
  const scoped = stream.skip('name', 'scoped');
  const required = stream.skip('name', 'required');
  const { body } = parseBlock(stream, { tag: 'block', at }, 'endblock');
  stream.skip('name', name);
  stream.expect('tag-end');
  return { kind: 'block', name, scoped, required, body, at };
}

/** Nothing is ever escaped by itself, as in Ansible: the tag only holds its body together. */
function parseAutoescape(stream: TokenStream, at: number): Statement {
  parseExpression(stream);
  return { kind: 'with', assignments: [], body: parseWhole(stream, 'autoescape', at), at };
}

function parseParameters(stream: TokenStream): Parameter[] {
  const parameters: Parameter[] = [];
  stream.expect('operator', '(');
  while (!stream.isOperator(')')) {
    if (parameters.length > 0) stream.expect('operator', ',');
    const name = stream.expect('name').value as string;
    const fallback = stream.skip('operator', '=') ? parseExpression(stream) : undefined;
    if (fallback === undefined && parameters.at(-1)?.fallback !== undefined) {
      throw stream.error(`the parameter '${name}' without a default follows one with a default`);
    }
    parameters.push({ name, fallback });
  }
  stream.expect('operator', ')');
  return parameters;
}

const RESERVED: readonly string[] = ['true', 'false', 'none', 'True', 'False', 'None'];

function parseTarget(stream: TokenStream, until: string | undefined): Target {
  const targets: Target[] = [];
  let isTuple = false;
  do {
    if (isTuple && (stream.isOperator('=', ')') || (until !== undefined && stream.is('name', until)))) break;
    targets.push(parseSingleTarget(stream));
    isTuple = stream.isOperator(',') || isTuple;
    // In `{% with a = 1, b = 2 %}` the comma belongs to the tag, and comes after the value.
  } while (stream.skip('operator', ','));
  return isTuple ? { kind: 'tuple', targets } : (targets[0] as Target);
}

function parseSingleTarget(stream: TokenStream): Target {
  if (stream.skip('operator', '(')) {
    const inner = stream.nested(() => parseTarget(stream, undefined));
    stream.expect('operator', ')');
    return inner;
  }
  const { value, at } = stream.expect('name');
  const name = value as string;
  if (RESERVED.includes(name)) throw stream.error(`cannot assign to '${name}'`, at);
  if (!stream.skip('operator', '.')) return { kind: 'name', name };
  return { kind: 'attribute', namespace: name, name: stream.expect('name').value as string };
}
