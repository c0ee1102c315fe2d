import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import type { Arguments, BinaryOperator, Comparison, Expression } from '../../src/template/ast.js';
import { renderText, scopeOf } from '../../src/template/index.js';
import { PLAYBOOK_SYNTAX } from '../../src/template/lexer.js';
import { parseBareExpression } from '../../src/template/parse-template.js';
import { anyText } from '../support/any-text.js';
import { printExpression } from '../support/print-expression.js';

const at = 0;
const name = fc.constantFrom('a', 'b', 'item', 'ns', 'é', '_x');
const leaf: fc.Arbitrary<Expression> = fc.oneof(
  name.map((own): Expression => ({ kind: 'name', name: own, at })),
  fc
    .oneof(anyText({ maxLength: 6 }), fc.nat(), fc.boolean(), fc.constant(null))
    .map((value): Expression => ({ kind: 'constant', value, at })),
);

const { tree } = fc.letrec<{ tree: Expression; args: Arguments }>((tie) => {
  const part = tie('tree');
  const few = fc.array(part, { maxLength: 3 });
  const maybe = fc.option(part, { nil: undefined, freq: 1 });
  const of = <T extends object>(kind: Expression['kind'], fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
    fc.record(fields).map((own) => ({ kind, ...own, at }) as unknown as Expression);
  return {
    args: fc.record({
      positional: few,
      named: fc.uniqueArray(fc.tuple(name, part), { maxLength: 2, selector: ([own]) => own }),
      spread: maybe,
      spreadNamed: maybe,
    }),
    tree: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      of('list', { items: few }),
      of('tuple', { items: few }),
      of('dict', { entries: fc.array(fc.tuple(part, part), { maxLength: 2 }) }),
      of('attribute', { object: part, name }),
      of('subscript', { object: part, index: part }),
      of('slice', { object: part, bounds: fc.oneof(fc.tuple(maybe, maybe), fc.tuple(maybe, maybe, maybe)) }),
      of('call', { callee: part, arguments: tie('args') }),
      of('filter', { input: part, name: fc.constantFrom('map', 'default'), arguments: tie('args') }),
      of('test', { input: part, name: fc.constantFrom('defined', 'in'), arguments: tie('args') }),
      of('not', { operand: part }),
      of('sign', { sign: fc.constantFrom('-', '+'), operand: part }),
      of('binary', {
        operator: fc.constantFrom<BinaryOperator>('or', 'and', '+', '-', '~', '*', '/', '//', '%', '**'),
        left: part,
        right: part,
      }),
      of('compare', {
        first: part,
        rest: fc.array(
          fc.record({
            operator: fc.constantFrom<Comparison>('==', '!=', '<', '<=', '>', '>=', 'in', 'not in'),
            operand: part,
          }),
          { minLength: 1, maxLength: 2 },
        ),
      }),
      // biome-ignore lint/suspicious/noThenProperty: the tree's own name for it
      of('conditional', { test: part, then: part, otherwise: maybe }),
    ),
  };
});

/** Without the places, which printing moves. */
function bare(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, part) => (key === 'at' ? undefined : part)));
}

test('an expression that is printed and read again is the same', () => {
  fc.assert(
    fc.property(tree, (expression) => {
      const text = printExpression(expression);
      const read = parseBareExpression(text, { ...PLAYBOOK_SYNTAX, backslashes: 'python' });
      expect(bare(read.expression)).toEqual(bare(expression));
    }),
    { numRuns: 300 },
  );
});

describe('templates that bring one another in', () => {
  const words = fc.constantFrom(
    "{% include 'a' %}",
    "{% extends 'a' %}",
    "{% import 'a' as x %}",
    "{% from 'a' import y with context %}",
    '{% block b %}',
    '{% endblock %}',
    '{{ self.b() }}',
    '{{ super() }}',
    "{{ self['constructor'] }}",
    '{{ x.constructor }}',
    '{% macro y() %}',
    '{% endmacro %}',
    '{{ y() }}',
    '{% for i in [[1]] recursive %}{{ loop(i) }}{% endfor %}',
    '{% do x %}',
    'text',
  );

  test('end, in a text or in an error of ours', () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), fc.array(words, { maxLength: 8 }), (main, other) => {
        const files: Record<string, string> = { a: other.join('') };
        const scope = scopeOf({}, { loadTemplate: (file) => (Object.hasOwn(files, file) ? files[file] : undefined) });
        try {
          expect(renderText(main.join(''), scope)).not.toContain('native code');
        } catch (thrown) {
          if (!(thrown instanceof FixError)) throw thrown;
          expect(thrown.code).toMatch(/^template\//);
        }
      }),
      { numRuns: 200 },
    );
  });

  test.each(['../a', '/../a', 'x/../../a', 'a\0', ''])('no name leads out of the folders: %j', (file) => {
    const asked: string[] = [];
    const loadTemplate = (own: string) => {
      asked.push(own);
      return 'leaked';
    };
    const scope = scopeOf({ file }, { loadTemplate });
    expect(() => renderText('{% include file %}', scope)).toThrow('there is no template');
    expect(asked).toEqual([]);
  });
});
