import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import {
  asValues,
  checkExpression,
  checkTemplate,
  createEnvironment,
  entry,
  evaluate,
  holds,
  LazyDict,
  OMIT,
  renderDeep,
  renderNative,
  renderText,
  scopeOf,
} from '../../src/template/index.js';

/** The error that it throws. */
function errorOf(work: () => unknown): FixError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof FixError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe('scopeOf', () => {
  test('renders a variable in the scope that reads it', () => {
    const host = scopeOf({ greeting: 'hello {{ name }}', name: 'host' });
    const task = scopeOf({ name: 'task' }, host);
    expect(evaluate('greeting', host)).toBe('hello host');
    expect(evaluate('greeting', task)).toBe('hello task');
  });

  test('renders inside lists and dicts, only what is asked for', () => {
    const vars = { cfg: { good: '{{ five }}', bad: '{{ nowhere }}', list: [{ x: '{{ five + 1 }}' }] }, five: 5 };
    expect(evaluate('[cfg.good, cfg.list[0].x]', scopeOf(vars))).toEqual([5, '6']);
    expect(evaluate("cfg.bad | default('d')", scopeOf(vars))).toBe('d');
    expect(evaluate('cfg.self', scopeOf({ cfg: { self: '{{ cfg.other }}', other: 'x' } }))).toBe('x');
  });

  test('renders a variable once', () => {
    let reads = 0;
    const lookups = { counted: () => [++reads] };
    const scope = scopeOf({ x: "{{ lookup('counted') }}" }, { lookups });
    expect(evaluate('[x, x, x]', scope)).toEqual(['1', '1', '1']);
  });

  test.each([
    { about: 'itself', vars: { a: '{{ a }}' }, chain: 'a -> a' },
    { about: 'another', vars: { a: '{{ b }}', b: 'x{{ a }}' }, chain: 'a -> b -> a' },
    { about: 'a part', vars: { a: { x: '{{ b }}' }, b: '{{ a.x }}' }, chain: 'a.x -> b -> a.x' },
  ])('names the circle of a variable that leads back to $about', ({ vars, chain }) => {
    const error = errorOf(() => renderNative('{{ a }}', scopeOf(vars)));
    expect(error.code).toBe('template/failed');
    expect(error.message).toContain(chain);
  });

  test('gives variables unrendered, and whether there are any', () => {
    const scope = scopeOf({ b: '{{ 1 }}' }, scopeOf({ a: 1 }));
    expect([scope.has('a'), scope.has('b'), scope.has('c'), scope.get('b'), scope.get('c')]).toEqual([
      true,
      true,
      false,
      '{{ 1 }}',
      undefined,
    ]);
    expect([...scope.names()].sort()).toEqual(['a', 'b']);
    expect(scope.has('toString')).toBe(false);
  });

  test('reads a lazy dict as far as it is asked', () => {
    const asked: string[] = [];
    const get = (host: string) => {
      asked.push(host);
      return { ip: `10.0.0.${host}` };
    };
    const hostvars = new LazyDict({ keys: () => ['1', '2', '3'], has: (host) => '123'.includes(host), get });
    expect(evaluate("hostvars['2'].ip", scopeOf({ hostvars }))).toBe('10.0.0.2');
    expect(asked).toEqual(['2']);
    expect(evaluate("['1', '3'] | map('extract', hostvars, 'ip') | list", scopeOf({ hostvars }))).toEqual([
      '10.0.0.1',
      '10.0.0.3',
    ]);
    expect(evaluate("hostvars['9'] is defined", scopeOf({ hostvars }))).toBe(false);
    renderText("{% set _ = hostvars.update({'1': 'changed'}) %}", scopeOf(asValues({ hostvars })));
    expect(renderDeep(hostvars, scopeOf({}))).toEqual({
      '1': { ip: '10.0.0.1' },
      '2': { ip: '10.0.0.2' },
      '3': { ip: '10.0.0.3' },
    });
  });
});

describe('an environment', () => {
  const environment = createEnvironment({
    now: () => new Date('2024-02-29T03:04:05.678Z'),
    filters: { shout: entry('mark=', (value, [mark]) => `${String(value)}${String(mark ?? '!')}`) },
    lookups: { env: (terms) => terms.map((name) => `value of ${String(name)}`) },
  });
  const scope = scopeOf({ fleet: ['a', 'b'] }, environment);

  test.each([
    { expression: "now(utc=true, fmt='%Y-%m-%d %H:%M:%S %j %a')", value: '2024-02-29 03:04:05 060 Thu' },
    { expression: 'now(utc=true)', value: '2024-02-29 03:04:05.678000' },
    { expression: 'now(utc=true).year', value: 2024 },
    { expression: "'%s' | strftime", value: '1709175845' },
    { expression: "'%Y-%m-%dT%H:%M:%SZ' | strftime(0, utc=true)", value: '1970-01-01T00:00:00Z' },
    { expression: "'a' | shout", value: 'a!' },
    { expression: "fleet | map('shout', mark='?') | list", value: ['a?', 'b?'] },
    { expression: "lookup('env', 'HOME')", value: 'value of HOME' },
    { expression: "lookup('env', 'A', 'B')", value: 'value of A,value of B' },
    { expression: "query('ansible.builtin.env', 'A')", value: ['value of A'] },
    { expression: "'x' | ansible.builtin.upper", value: 'X' },
    { expression: "lookup('vars', 'nope', errors='ignore')", value: null },
    { expression: "lookup('varnames', '^fl')", value: 'fleet' },
  ])('$expression', ({ expression, value }) => {
    expect(evaluate(expression, scope)).toEqual(value);
  });
});

describe('renderDeep', () => {
  const scope = scopeOf({ five: 5, name: 'x', list: [1, 2] });

  test('renders whatever is inside', () => {
    expect(renderDeep({ a: ['{{ five }}', { b: 'is {{ name }}' }], c: 1, d: null, '{{ name }}': true }, scope)).toEqual(
      {
        a: [5, { b: 'is x' }],
        c: 1,
        d: null,
        '{{ name }}': true,
      },
    );
  });

  test('leaves out what is omitted, at every depth', () => {
    const args = {
      a: '{{ omit }}',
      b: '{{ nope | default(omit) }}',
      c: ['{{ omit }}', 1],
      d: { e: '{{ omit }}' },
      f: 2,
    };
    expect(renderDeep(args, scope)).toEqual({ c: [1], d: {}, f: 2 });
    expect(renderDeep('{{ omit }}', scope)).toBe(OMIT);
  });

  test('refuses to put omit into a text', () => {
    expect(errorOf(() => renderDeep({ a: 'x{{ omit }}' }, scope)).code).toBe('template/failed');
  });

  test('gives plain values, whose numbers and dicts are ordinary', () => {
    expect(renderDeep(['{{ [4 / 2] }}', "{{ {1: 'a'} }}", "{{ list | map('string') }}"], scope)).toEqual([
      [2],
      { '1': 'a' },
      ['1', '2'],
    ]);
  });
});

describe('renderText', () => {
  const scope = scopeOf({ on: true, name: 'x' });

  test.each([
    { about: 'trims a block by default', text: '{% if on %}\na\n{% endif %}\n', made: 'a\n' },
    { about: 'may keep it', text: '{% if on %}\na\n{% endif %}\n', options: { trimBlocks: false }, made: '\na\n' },
    {
      about: 'strips before a block when told',
      text: '  {% if on %}\na\n  {% endif %}\nb',
      options: { lstripBlocks: true },
      made: 'a\nb',
    },
    {
      about: 'a plus keeps those blanks',
      text: '  {%+ if on %}\na{% endif %}',
      options: { lstripBlocks: true },
      made: '  a',
    },
    { about: 'drops the last line feed when told', text: 'a\n', options: { keepTrailingNewline: false }, made: 'a' },
    {
      about: 'takes options from its first line',
      text: '#jinja2: trim_blocks: False, lstrip_blocks: True\n  {% if on %}\na{% endif %}',
      made: '\na',
    },
    {
      about: 'takes other marks',
      text: '#jinja2: variable_start_string: "[[", variable_end_string: "]]"\n[[ name ]] {{ name }}',
      made: 'x {{ name }}',
    },
    { about: 'reads windows line ends', text: 'a\r\n{{ name }}\r\n', made: 'a\nx\n' },
  ])('$about', ({ text, options, made }) => {
    expect(renderText(text, scope, options ?? {})).toBe(made);
  });

  test('never takes its text for a list', () => {
    expect(renderText('[{{ name }}, 1]', scope)).toBe('[x, 1]');
    expect(renderText('[1, 2]', scope)).toBe('[1, 2]');
  });
});

describe('an error names what is wrong and where', () => {
  const scope = scopeOf({ cfg: { a: 1 }, alias: '{{ nowhere.x }}', text: 'x' });

  test.each([
    { text: 'a\n  {{ nowhere }}', code: 'template/undefined', says: "'nowhere' is undefined, at line 2, column 6" },
    { text: '{{ cfg.b.c }}', code: 'template/undefined', says: "'dict object' has no attribute 'b'" },
    { text: '{{ alias }}', code: 'template/undefined', says: "(the variable 'alias')" },
    {
      text: '{{ text | nofilter }}',
      code: 'template/syntax',
      says: "there is no filter 'nofilter', at line 1, column 11",
    },
    { text: '{% if false %}{{ 1 is notest }}{% endif %}', code: 'template/syntax', says: "there is no test 'notest'" },
    { text: "{{ lookup('nope') }}", code: 'template/failed', says: "there is no lookup 'nope'" },
    { text: '{{ 1 + }}', code: 'template/syntax', says: "expected an expression, got '}}', at line 1, column 8" },
    { text: '{{ "a }}', code: 'template/syntax', says: 'the string is never closed, at line 1, column 4' },
    { text: '{{ (1 }}', code: 'template/syntax', says: "unexpected '}', expected ')', at line 1, column 7" },
    { text: '{{ 1', code: 'template/syntax', says: "'}}' is missing at the end" },
    { text: 'x\n{% for a in [] %}', code: 'template/syntax', says: "'{% for %}' is never closed, at line 2, column 4" },
    {
      text: "{% include 'a' %}",
      code: 'template/failed',
      says: 'there is no template a, at line 1, column 12',
    },
    { text: '{% trans %}a{% endtrans %}', code: 'template/syntax', says: "'{% trans %}' is not supported" },
    { text: '{% nope %}', code: 'template/syntax', says: "unknown tag '{% nope %}'" },
    {
      text: '{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}',
      code: 'template/failed',
      says: 'calls itself without end',
    },
    { text: '{{ text.nope() }}', code: 'template/undefined', says: "'str object' has no attribute 'nope'" },
    { text: '{{ text() }}', code: 'template/failed', says: 'str cannot be called' },
    {
      text: "{{ text | replace('a') }}",
      code: 'template/failed',
      says: "the filter 'replace' needs the argument 'new'",
    },
    {
      text: "{{ text | upper('a') }}",
      code: 'template/failed',
      says: "the filter 'upper' takes 0 arguments, but 1 were given",
    },
    { text: '{{ text | default(foo=1) }}', code: 'template/failed', says: "has no argument 'foo'" },
    { text: "{{ 'a' + 1 }}", code: 'template/failed', says: "'+' cannot be used between str and int" },
    { text: '{{ 2 ** 64 }}', code: 'template/failed', says: 'beyond 2^53' },
    { text: '{{ 1.5 | random }}', code: 'template/failed', says: 'random can only be used on lists and integers' },
  ])('$text', ({ text, code, says }) => {
    const error = errorOf(() => renderNative(text, scope));
    expect(error.message).toContain(says);
    expect(error.code).toBe(code);
    expect(error.hint).not.toBe('');
  });

  test.each([
    { expression: "'{{ x }}' == 'a'", says: 'has braces in it' },
    { expression: 'a ==', says: 'expected an expression, got the end of the text' },
    { expression: 'a b', says: "unexpected 'b' after the expression" },
    { expression: 'a = 1', says: "unexpected '=' after the expression" },
    { expression: 'a | nope', says: "there is no filter 'nope'" },
  ])('before anything runs: $expression', ({ expression, says }) => {
    expect(errorOf(() => checkExpression(expression, scope)).message).toContain(says);
    expect(errorOf(() => holds(expression, scope)).message).toContain(says);
  });

  test('what can be read passes the check, whatever its variables', () => {
    expect(() => checkTemplate('{{ nowhere.x | default(1) }}', scope)).not.toThrow();
    expect(() => checkExpression('{{ nowhere is defined }}', scope)).not.toThrow();
    expect(() => checkTemplate('{{ x | nope }}', scope)).toThrow(FixError);
  });
});

describe('holds', () => {
  test.each([
    { condition: true, wanted: true },
    { condition: false, wanted: false },
    { condition: null, wanted: true },
    { condition: ' ', wanted: true },
    { condition: 'r.rc == 0', wanted: true },
    { condition: '{{ r.rc == 1 }}', wanted: false },
    { condition: 'r.lines', wanted: false },
  ])('$condition is $wanted', ({ condition, wanted }) => {
    expect(holds(condition, scopeOf(asValues({ r: { rc: 0, lines: [] } })))).toBe(wanted);
  });
});
