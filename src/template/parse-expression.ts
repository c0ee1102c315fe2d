import type { Arguments, BinaryOperator, Comparison, Expression } from './ast.js';
import { withoutCollection } from './collection-name.js';
import { NO_ARGUMENTS, parseArguments } from './parse-arguments.js';
import type { TokenStream } from './token-stream.js';

/**
 * Jinja2's binary operators by how tightly they bind; all of them group to the left, `**` too.
 * Comparisons chain and are on a level of their own.
 */
const BINDING: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  // 3: not
  // 4: comparisons
  '+': 5,
  '-': 5,
  '~': 6,
  '*': 7,
  '/': 7,
  '//': 7,
  '%': 7,
  '**': 8,
};
const NOT = 3;
const COMPARISON = 4;
/** Words of the language, which can be no variable. */
const WORDS: readonly string[] = ['and', 'or', 'not', 'in', 'is', 'if', 'else'];
const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];

/** One expression, an inline `if` included unless it is left to the tag around it. @throws FixError `template/syntax` */
export function parseExpression(stream: TokenStream, withConditional = true): Expression {
  return stream.nested(() => (withConditional ? parseConditional(stream) : parseBinary(stream, 0)));
}

/** An expression, or several between commas as a tuple. */
export function parseTuple(
  stream: TokenStream,
  options: { withConditional?: boolean; parenthesised?: boolean; until?: string } = {},
): Expression {
  const at = stream.current.at;
  const items: Expression[] = [];
  let isTuple = false;
  while (!endsTuple(stream, options.until)) {
    items.push(parseExpression(stream, options.withConditional ?? true));
    if (!stream.skip('operator', ',')) break;
    isTuple = true;
  }
  if (!isTuple && items[0] !== undefined) return items[0];
  if (items.length === 0 && !options.parenthesised) {
    throw stream.error(`expected an expression, got ${stream.describe()}`);
  }
  return { kind: 'tuple', items, at };
}

function endsTuple(stream: TokenStream, until: string | undefined): boolean {
  if (stream.is('print-end') || stream.is('tag-end') || stream.is('end') || stream.isOperator(')')) return true;
  return until !== undefined && stream.is('name', until);
}

function parseConditional(stream: TokenStream): Expression {
  let then = parseBinary(stream, 0);
  while (stream.is('name', 'if')) {
    const at = stream.take().at;
    const test = parseBinary(stream, 0);
    const otherwise = stream.skip('name', 'else') ? stream.nested(() => parseConditional(stream)) : undefined;
    then = { kind: 'conditional', test, then, otherwise, at };
  }
  return then;
}

/** Pratt's loop: operands joined by the operators that bind at least this tightly. */
function parseBinary(stream: TokenStream, minimum: number): Expression {
  let left = parsePrefix(stream, minimum);
  for (;;) {
    if (minimum <= COMPARISON && comparisonHere(stream) !== undefined) {
      left = parseComparison(stream, left);
      continue;
    }
    const operator = stream.current;
    const binding = operator.kind === 'operator' || operator.kind === 'name' ? bindingOf(operator.value) : undefined;
    if (binding === undefined || binding < minimum) return left;
    stream.take();
    const right = stream.nested(() => parseBinary(stream, binding + 1));
    left = { kind: 'binary', operator: operator.value as BinaryOperator, left, right, at: operator.at };
  }
}

function bindingOf(operator: unknown): number | undefined {
  return Object.hasOwn(BINDING, operator as string) ? BINDING[operator as string] : undefined;
}

function parsePrefix(stream: TokenStream, minimum: number): Expression {
  if (minimum <= NOT && stream.is('name', 'not')) {
    const at = stream.take().at;
    return { kind: 'not', operand: stream.nested(() => parseBinary(stream, NOT)), at };
  }
  return parseUnary(stream, true);
}

function comparisonHere(stream: TokenStream): Comparison | undefined {
  const { kind, value } = stream.current;
  if (kind === 'operator' && COMPARISONS.includes(value as string)) return value as Comparison;
  if (kind === 'name' && value === 'in') return 'in';
  const notIn = kind === 'name' && value === 'not' && stream.next.kind === 'name' && stream.next.value === 'in';
  return notIn ? 'not in' : undefined;
}

function parseComparison(stream: TokenStream, first: Expression): Expression {
  const at = stream.current.at;
  const rest: { operator: Comparison; operand: Expression }[] = [];
  for (let operator = comparisonHere(stream); operator !== undefined; operator = comparisonHere(stream)) {
    stream.take();
    if (operator === 'not in') stream.take();
    rest.push({ operator, operand: stream.nested(() => parseBinary(stream, COMPARISON + 1)) });
  }
  return { kind: 'compare', first, rest, at };
}

/** A signed operand. As in Jinja2 a filter takes the sign with it: `-1|abs` is 1. */
function parseUnary(stream: TokenStream, withFilters: boolean): Expression {
  const { at, value } = stream.current;
  let operand: Expression;
  if (stream.isOperator('-', '+')) {
    stream.take();
    const inner = stream.nested(() => parseUnary(stream, false));
    operand = { kind: 'sign', sign: value as '-' | '+', operand: inner, at };
  } else {
    operand = parsePrimary(stream);
  }
  operand = parsePostfix(stream, operand);
  return withFilters ? parseFiltersAndTests(stream, operand) : operand;
}

function parsePrimary(stream: TokenStream): Expression {
  const token = stream.current;
  const { at } = token;
  if (token.kind === 'name' && !WORDS.includes(token.value as string)) {
    stream.take();
    return named(token.value as string, at);
  }
  if (token.kind === 'string') return { kind: 'constant', value: adjacentStrings(stream), at };
  if (token.kind === 'number') return { kind: 'constant', value: stream.take().value, at };
  if (stream.skip('operator', '(')) {
    const inner = stream.nested(() => parseTuple(stream, { parenthesised: true }));
    stream.expect('operator', ')');
    return inner;
  }
  if (stream.isOperator('[')) return stream.nested(() => parseList(stream));
  if (stream.isOperator('{')) return stream.nested(() => parseDict(stream));
  throw stream.error(`expected an expression, got ${stream.describe()}`);
}

function named(name: string, at: number): Expression {
  if (name === 'true' || name === 'True') return { kind: 'constant', value: true, at };
  if (name === 'false' || name === 'False') return { kind: 'constant', value: false, at };
  if (name === 'none' || name === 'None') return { kind: 'constant', value: null, at };
  return { kind: 'name', name, at };
}

function adjacentStrings(stream: TokenStream): string {
  let text = '';
  while (stream.is('string')) text += String(stream.take().value);
  return text;
}

function parseList(stream: TokenStream): Expression {
  const { at } = stream.expect('operator', '[');
  const items: Expression[] = [];
  while (!stream.isOperator(']')) {
    if (items.length > 0) stream.expect('operator', ',');
    if (stream.isOperator(']')) break;
    items.push(parseExpression(stream));
  }
  stream.expect('operator', ']');
  return { kind: 'list', items, at };
}

function parseDict(stream: TokenStream): Expression {
  const { at } = stream.expect('operator', '{');
  const entries: [Expression, Expression][] = [];
  while (!stream.isOperator('}')) {
    if (entries.length > 0) stream.expect('operator', ',');
    if (stream.isOperator('}')) break;
    const key = parseExpression(stream);
    stream.expect('operator', ':');
    entries.push([key, parseExpression(stream)]);
  }
  stream.expect('operator', '}');
  return { kind: 'dict', entries, at };
}

function parsePostfix(stream: TokenStream, operand: Expression): Expression {
  let result = operand;
  for (;;) {
    if (stream.isOperator('.')) result = parseAttribute(stream, result);
    else if (stream.isOperator('[')) result = stream.nested(() => parseSubscript(stream, result));
    else if (stream.isOperator('(')) result = parseCall(stream, result);
    else return result;
  }
}

function parseAttribute(stream: TokenStream, object: Expression): Expression {
  const { at } = stream.expect('operator', '.');
  const token = stream.take();
  if (token.kind === 'name') return { kind: 'attribute', object, name: token.value as string, at };
  if (token.kind !== 'number') throw stream.error(`expected a name or a number after '.'`, token.at);
  return { kind: 'subscript', object, index: { kind: 'constant', value: token.value, at: token.at }, at };
}

function parseSubscript(stream: TokenStream, object: Expression): Expression {
  const { at } = stream.expect('operator', '[');
  const first = stream.isOperator(':') ? undefined : parseExpression(stream);
  if (!stream.isOperator(':')) {
    stream.expect('operator', ']');
    return { kind: 'subscript', object, index: first as Expression, at };
  }
  const bounds: (Expression | undefined)[] = [first];
  while (bounds.length < 3 && stream.skip('operator', ':')) {
    bounds.push(stream.isOperator(':', ']') ? undefined : parseExpression(stream));
  }
  stream.expect('operator', ']');
  return { kind: 'slice', object, bounds, at };
}

function parseCall(stream: TokenStream, callee: Expression): Expression {
  const { at } = stream.current;
  return { kind: 'call', callee, arguments: parseArguments(stream), at };
}

function parseFiltersAndTests(stream: TokenStream, operand: Expression): Expression {
  let result = operand;
  for (;;) {
    if (stream.skip('operator', '|')) result = parseFilter(stream, result);
    else if (stream.skip('name', 'is')) result = parseTest(stream, result);
    else if (stream.isOperator('(')) result = parseCall(stream, result);
    else return result;
  }
}

/** A filter after its `|`; all that follow one another where no value comes in (`{% filter a | b %}`). */
export function parseFilter(stream: TokenStream, input: Expression | undefined): Expression {
  const { name, at } = parseQualifiedName(stream);
  stream.mentions.push({ kind: 'filter', name, at });
  const filterArguments = stream.isOperator('(') ? parseArguments(stream) : NO_ARGUMENTS;
  const filter: Expression = { kind: 'filter', input, name, arguments: filterArguments, at };
  return input === undefined && stream.skip('operator', '|') ? parseFilter(stream, filter) : filter;
}

function parseTest(stream: TokenStream, input: Expression): Expression {
  const negated = stream.skip('name', 'not');
  const { name, at } = parseQualifiedName(stream);
  stream.mentions.push({ kind: 'test', name, at });
  const test: Expression = { kind: 'test', input, name, arguments: parseTestArguments(stream), at };
  return negated ? { kind: 'not', operand: test, at } : test;
}

function parseTestArguments(stream: TokenStream): Arguments {
  if (stream.isOperator('(')) return parseArguments(stream);
  const begins = stream.is('string') || stream.is('number') || stream.isOperator('[', '{') || stream.is('name');
  if (!begins || stream.is('name', 'else', 'or', 'and')) return NO_ARGUMENTS;
  if (stream.is('name', 'is')) throw stream.error("tests cannot be chained with 'is'; join them with 'and'");
  // Jinja2 would take the `if` of `a is defined if b` for an argument.
  if (stream.is('name', 'if', 'in', 'not')) return NO_ARGUMENTS;
  return { ...NO_ARGUMENTS, positional: [parsePostfix(stream, parsePrimary(stream))] };
}

/** `default` or `ansible.builtin.default`. */
function parseQualifiedName(stream: TokenStream): { name: string; at: number } {
  const first = stream.expect('name');
  let name = first.value as string;
  while (stream.skip('operator', '.')) name += `.${String(stream.expect('name').value)}`;
  return { name: withoutCollection(name), at: first.at };
}
