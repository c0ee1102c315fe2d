import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { Secret } from '../../src/core/script.js';
import {
  asValue,
  asValues,
  evaluate,
  holds,
  renderDeep,
  renderNative,
  renderText,
  scopeOf,
} from '../../src/template/index.js';

const NAMES = [
  'constructor',
  '__proto__',
  'prototype',
  '__class__',
  '__globals__',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'caller',
  'call',
  'apply',
  'bind',
  'environment',
];
const vars = { text: 'x', list: [1], dict: { a: 1 }, number: 1, nothing: null, secret: new Secret('hush') };
const scope = () => scopeOf(vars);

/** Runs it; only our own errors may come out. */
function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof FixError)) throw thrown;
    return thrown;
  }
}

describe('nothing but own keys and known methods can be reached', () => {
  const roots = [
    'text',
    'list',
    'dict',
    'number',
    '[]',
    '{}',
    '""',
    'range',
    'lookup',
    'namespace()',
    'now()',
    'omit',
    'secret',
  ];
  const rows = roots.flatMap((root) => NAMES.map((name) => ({ root, name })));

  test.each(rows)('$root.$name', ({ root, name }) => {
    for (const expression of [
      `${root}.${name}`,
      `${root}['${name}']`,
      `${root} | attr('${name}')`,
      `[${root}] | map(attribute='${name}') | first`,
      `'${name}' | extract(${root})`,
      `([${root}] | selectattr('${name}', 'defined') | list)[0]`,
      `'{0.${name}}'.format(${root})`,
      `'{0[${name}]}'.format(${root})`,
    ]) {
      expect(attempt(() => evaluate(expression, scope()))).toBeInstanceOf(FixError);
    }
  });

  test.each(NAMES)('there is no variable, filter, test, lookup or global %s', (name) => {
    for (const expression of [name, `text | ${name}`, `text is ${name}`, `lookup('${name}')`, `[1] | map('${name}')`]) {
      expect(attempt(() => evaluate(expression, scope()))).toBeInstanceOf(FixError);
    }
  });

  test('a key of that name is a key like any other', () => {
    const made = evaluate(`{'__proto__': {'admin': true}, 'constructor': 2} | combine({'a': 1})`, scope());
    expect(Object.keys(made as object)).toEqual(['__proto__', 'constructor', 'a']);
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
    expect((made as { admin?: unknown }).admin).toBeUndefined();
  });

  test('a secret can be handed on, never printed', () => {
    expect(renderNative('{{ secret }}', scope())).toBe(vars.secret);
    for (const template of [
      'a{{ secret }}',
      '{{ secret ~ "" }}',
      '{{ [secret] | to_json }}',
      '{{ secret | b64encode }}',
    ]) {
      expect(attempt(() => renderNative(template, scope()))).toBeInstanceOf(FixError);
    }
  });
});

describe('what came from a host is never a template', () => {
  const hostile = "{{ lookup('vars', 'secret_name') }}";
  const values = { stdout: hostile, lines: [hostile], nested: { a: [{ b: hostile }] } };

  test.each([
    { about: 'a text', template: '{{ r.stdout }}', value: hostile },
    { about: 'a line', template: 'x{{ r.lines[0] }}', value: `x${hostile}` },
    { about: 'deep inside', template: '{{ r.nested.a[0].b }}', value: hostile },
    { about: 'the whole of it', template: '{{ r }}', value: values },
    { about: 'through another variable', template: '{{ indirect }}', value: hostile },
    { about: 'through a loop', template: '{% for l in r.lines %}{{ l }}{% endfor %}', value: hostile },
  ])('$about', ({ template, value }) => {
    const all = scopeOf({ ...asValues({ r: values }), indirect: '{{ r.stdout }}', secret_name: 'leaked' });
    expect(renderNative(template, all)).toEqual(value);
    expect(renderDeep({ a: template }, all)).toEqual({ a: value });
  });

  test('nor is a marked value given to renderDeep', () => {
    expect(renderDeep({ a: asValue('{{ 1 + 1 }}'), b: '{{ 1 + 1 }}' }, scope())).toEqual({ a: '{{ 1 + 1 }}', b: '2' });
  });

  test('a template changes its own view of a value, not the value', () => {
    const r = { list: [1], dict: { a: 1 } };
    const all = scopeOf(asValues({ r }));
    renderText("{% set _ = r.list.append(2) %}{% set _ = r.dict.update({'b': 2}) %}{{ r }}", all);
    expect(r).toEqual({ list: [1], dict: { a: 1 } });
  });
});

describe('work without end is refused', () => {
  const endless = [
    "{{ 'x' * 1000000000 }}",
    '{{ [0] * 1000000000 }}',
    '{{ range(1000000000) }}',
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'a'.ljust(1000000000) }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a\nb' | indent(1000000000) }}",
    '{{ 9 ** 999999 }}',
    '{{ range(1000) | product(range(1000), range(1000)) }}',
    '{{ [1] | batch(1000000000, 0) }}',
    '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
    '{% for a in range(100000) %}{% for b in range(100000) %}{{ a }}{% endfor %}{% endfor %}',
    `${'{{ '}${'('.repeat(5000)}1${')'.repeat(5000)} }}`,
    `{{ ${'not '.repeat(5000)}1 }}`,
    `{{ ${'['.repeat(5000)} }}`,
    `${'{% if 1 %}'.repeat(5000)}${'{% endif %}'.repeat(5000)}`,
    `{{ ('${'['.repeat(5000)}${']'.repeat(5000)}') | from_json }}`,
  ].map((template) => ({ about: template.slice(0, 60), template }));

  test.each(endless)('$about', ({ template }) => {
    expect(attempt(() => renderText(template, scope()))).toBeInstanceOf(FixError);
  });

  test('a long chain of operators is no nesting', () => {
    expect(evaluate(Array.from({ length: 3000 }, () => '1').join(' + '), scope())).toBe(3000);
  });

  test('variables that double each other', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`x${i + 1}`, `{{ x${i} }}{{ x${i} }}`] as const),
    );
    expect(attempt(() => renderNative('{{ x60 }}', scopeOf({ ...doubling, x0: 'aaaa' })))).toBeInstanceOf(FixError);
  });
});

describe('any text at all gives a result or an error of ours', () => {
  const words = fc.constantFrom(
    ...[
      '{{',
      '}}',
      '{%',
      '%}',
      '{#',
      '#}',
      '-',
      '|',
      '.',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      ':',
      ',',
      '=',
      '==',
      '~',
      '**',
    ],
    ...[
      'if',
      'else',
      'endif',
      'for',
      'in',
      'endfor',
      'set',
      'is',
      'not',
      'and',
      'or',
      'macro',
      'endmacro',
      'raw',
      'endraw',
    ],
    ...[
      'text',
      'list',
      'dict',
      'default',
      'map',
      'defined',
      'loop',
      "'a'",
      '"',
      "'",
      '1',
      '1.5',
      '\\',
      '\n',
      ' ',
      'é',
      '💥',
    ],
  );
  const soup = fc.array(words, { maxLength: 40 }).map((parts) => parts.join(' '));
  const tight = fc.array(words, { maxLength: 40 }).map((parts) => parts.join(''));

  test.each([
    { about: 'words of the language', texts: soup },
    { about: 'the same without blanks', texts: tight },
    { about: 'anything', texts: fc.string({ unit: 'binary' }) },
  ])('$about', ({ texts }) => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const work of [
          () => renderNative(text, scope()),
          () => renderText(text, scope()),
          () => renderNative(`{{ ${text} }}`, scope()),
          () => evaluate(text, scope()),
          () => holds(text, scope()),
        ]) {
          const result = attempt(work);
          if (result instanceof FixError) expect(result.code).toMatch(/^template\//);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('text without marks is itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!/\{[{%#]/.test(text) && !text.startsWith('#jinja2:'));
        expect(renderNative(text, scope())).toBe(text);
      }),
    );
  });

  test('any JSON value comes back through to_json and from_json', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const all = scopeOf(asValues({ value }));
        const safe = JSON.parse(JSON.stringify(value)) as unknown;
        fc.pre(!/e[+-]?\d|\d{16}/.test(JSON.stringify(safe)));
        expect(evaluate('value | to_json | from_json', all)).toEqual(safe);
      }),
    );
  });

  test('any text comes back through quotes and escapes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (value) => {
        const all = scopeOf(asValues({ value }));
        expect(evaluate('[value] | to_nice_yaml | from_yaml', all)).toEqual([value.replace(/\p{Cs}/gu, '\ufffd')]);
        expect(holds("value is match('^' ~ (value | regex_escape) ~ '\\\\Z')", all)).toBe(true);
      }),
    );
  });
});
