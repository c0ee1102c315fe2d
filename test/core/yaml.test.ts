import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { parseYaml, TaggedText, yamlText } from '../../src/core/yaml.js';
import { anyText } from '../support/any-text.js';
import { cpuMsSince, slowness } from '../support/cpu.js';

const dataOf = (text: string) => parseYaml(text, 'f.yaml').value;

function refusal(text: string): FixError {
  try {
    parseYaml(text, 'f.yaml');
  } catch (error) {
    if (error instanceof FixError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

// Each value is what PyYAML 6.0 gives, except where the row says otherwise.
describe('plain scalars', () => {
  test.each([
    { text: '[yes, No, ON, off, True, FALSE]', value: [true, false, true, false, true, false] },
    { text: '[y, n, tRue, yEs]', value: ['y', 'n', 'tRue', 'yEs'] },
    { text: '[0644, 0o14, 08, 00, 0_7]', value: [420, '0o14', '08', 0, 7] },
    { text: '[0x1F, -0x1f, 0b101, 1_000, +1, -0]', value: [31, -31, 5, 1000, 1, 0] },
    { text: '[1:30, 190:20:30, 12:60, 1:30.5]', value: [90, 685230, '12:60', 90.5] },
    {
      text: '[1.5, .5, -.5, +.5, 1e3, 1e+3, 1.e+3, 1__0.5_]',
      value: [1.5, 0.5, '-.5', '+.5', '1e3', '1e+3', 1000, 10.5],
    },
    { text: '[.inf, -.INF, +.inf]', value: [Infinity, -Infinity, Infinity] },
    { text: '[.nan]', value: [Number.NaN] },
    { text: '[~, null, Null, "", ]', value: [null, null, null, ''] },
    { text: 'a:', value: { a: null } },
    { text: '["yes", \'0644\', "~"]', value: ['yes', '0644', '~'] },
    { text: '[!!str 5, !!int "7", !!float 3, !!bool "yes", !!null "~", ! 5]', value: ['5', 7, 3, true, null, '5'] },
    { text: '2001-01-01', value: '2001-01-01', about: 'a date stays text' },
    {
      text: '[9007199254740991, 9007199254740993]',
      value: [9007199254740991, '9007199254740993'],
      about: 'too big is text',
    },
    { text: '[0b, 0x]', value: ['0b', '0x'], about: 'where PyYAML fails' },
    { text: 'a: |\n  x\n  y\n', value: { a: 'x\ny\n' } },
    { text: 'a: |\n  x\n  y', value: { a: 'x\ny' }, about: 'a block at the end of a file without a line feed' },
    { text: 'a: >-\n  x\n  y\n\n  z\n', value: { a: 'x y\nz' } },
  ])('$text $about', ({ text, value }) => {
    expect(dataOf(text)).toEqual(value);
  });
});

describe('collections', () => {
  test.each([
    { about: 'an empty file is null', text: '# nothing\n', value: null },
    { about: 'a byte order mark and CRLF are no part of it', text: '\ufeffa: 1\r\nb: x\r\n', value: { a: 1, b: 'x' } },
    {
      about: 'keys become the text that JSON gives them',
      text: '1: a\nyes: b\n~: c\n',
      value: { 1: 'a', true: 'b', null: 'c' },
    },
    { about: 'an alias is its anchor', text: 'a: &x [1]\nb: *x', value: { a: [1], b: [1] } },
    { about: 'the later of two anchors counts', text: '- &x 1\n- &x 2\n- *x', value: [1, 2, 2] },
    { about: 'an alias may be a key', text: '- &x k\n- {*x : v}', value: ['k', { k: 'v' }] },
    {
      about: 'own keys beat merged ones, before them or after',
      text: 'a: &x {p: 1, q: 2}\nb: {p: 3, <<: *x}',
      value: { a: { p: 1, q: 2 }, b: { p: 3, q: 2 } },
    },
    {
      about: 'of merged mappings the first wins',
      text: '- &a {k: 1}\n- &b {k: 2, l: 3}\n- <<: [*a, *b]',
      value: [{ k: 1 }, { k: 2, l: 3 }, { k: 1, l: 3 }],
    },
    {
      about: 'merging goes on through merged mappings',
      text: '- &a {k: 1}\n- &b {<<: *a}\n- {<<: *b}',
      value: [{ k: 1 }, { k: 1 }, { k: 1 }],
    },
    { about: 'a quoted << is a key like any other', text: '"<<": {a: 1}', value: { '<<': { a: 1 } } },
    { about: '%YAML 1.2 changes nothing, as in PyYAML', text: '%YAML 1.2\n---\na: yes', value: { a: true } },
    { about: 'JSON is YAML', text: '{"a": [1, true, null, "\\u00e9"]}', value: { a: [1, true, null, 'é'] } },
  ])('$about', ({ text, value }) => {
    expect(dataOf(text)).toEqual(value);
  });

  test('hostile keys are keys like any other', () => {
    const value = dataOf('__proto__: {polluted: yes}\nconstructor: 1\n') as Record<string, unknown>;
    expect(Object.entries(value)).toEqual([
      ['__proto__', { polluted: true }],
      ['constructor', 1],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(null);
    expect('polluted' in {}).toBe(false);
    expect((dataOf('a: 1') as Record<string, unknown>).toString).toBe(undefined);
  });

  test('!vault and !unsafe are kept apart, in whole collections too', () => {
    expect(
      dataOf('a: !vault |\n  $ANSIBLE_VAULT;1.1\n  31\nb: !unsafe "{{ x }}"\nc: !unsafe {d: "{{ y }}", e: 1}\n'),
    ).toEqual({
      a: new TaggedText('!vault', '$ANSIBLE_VAULT;1.1\n31\n'),
      b: new TaggedText('!unsafe', '{{ x }}'),
      c: { d: new TaggedText('!unsafe', '{{ y }}'), e: 1 },
    });
  });

  test('the last of equal keys is used, and said', () => {
    const { value, warnings } = parseYaml('a: 1\nb: 2\na: 3\n', 'f.yaml');
    expect(value).toEqual({ a: 3, b: 2 });
    expect(warnings).toEqual(['f.yaml:3:1: the key a stands twice in one mapping; its last value is used']);
  });

  test('overriding a merged key is no double', () => {
    expect(parseYaml('a: &x {p: 1}\nb: {<<: *x, p: 2}', 'f.yaml').warnings).toEqual([]);
  });
});

describe('places', () => {
  const source = parseYaml(
    '---\nall:\n  hosts: &h\n    "10": {x: 1}\n    2: [a, {b: c}]\n  more:\n    <<: *h\n    z: 1\nnull:\n',
    'f.yaml',
  );

  test.each([
    { path: [], at: 'f.yaml:2:1' },
    { path: ['all'], at: 'f.yaml:2:1' },
    { path: ['all', 'hosts'], at: 'f.yaml:3:3' },
    { path: ['all', 'hosts', '10', 'x'], at: 'f.yaml:4:12' },
    { path: ['all', 'hosts', '2', 1, 'b'], at: 'f.yaml:5:13' },
    { path: ['all', 'more', '2', 0], at: 'f.yaml:5:9', about: 'through a merge' },
    { path: ['all', 'more', 'z'], at: 'f.yaml:8:5' },
    { path: ['all', 'hosts', 'nobody', 'x'], at: 'f.yaml:3:3', about: 'the nearest parent' },
    { path: ['all', 'hosts', '2', 7], at: 'f.yaml:5:5', about: 'the nearest parent' },
    { path: ['toString'], at: 'f.yaml:2:1', about: 'the nearest parent' },
  ])('$path is at $at $about', ({ path, at }) => {
    expect(source.at(path)).toBe(at);
  });

  test('keys keep the order of the file', () => {
    expect(source.keys(['all', 'hosts'])).toEqual(['10', '2']);
    expect(source.keys(['all', 'more'])).toEqual(['10', '2', 'z']);
    expect(source.keys(['all', 'more', 'z'])).toEqual([]);
  });

  test('a key that is no text can be told from one that is', () => {
    expect(source.isTextKey(['all', 'hosts', '10'])).toBe(true);
    expect(source.isTextKey(['all', 'hosts', '2'])).toBe(false);
    expect(source.isTextKey(['null'])).toBe(false);
  });
});

describe('refusals', () => {
  test.each([
    {
      about: 'a tab as indentation',
      text: 'a:\n\tb: 1',
      at: 'f.yaml:2:1',
      what: 'a tab stands',
      hint: 'Replace the tab',
    },
    {
      about: 'an unclosed quote',
      text: 'a: "x\nb: 1\n',
      at: 'f.yaml:3:1',
      what: 'a quote is not closed',
      hint: 'closing quote',
    },
    { about: 'an unclosed list', text: 'a: [1, 2\nb: 3\n', at: 'f.yaml:2:1', what: 'flow sequence', hint: 'Indent' },
    { about: 'a second colon', text: 'a: b: c', at: 'f.yaml:1:4', what: 'nested mappings', hint: 'in quotes' },
    {
      about: 'a template without quotes',
      text: 'a: {{ x }}',
      at: 'f.yaml:1:5',
      what: 'a key has to be a text',
      hint: 'in quotes',
    },
    { about: 'a line without a colon', text: 'foo\nbar: 1', at: 'f.yaml:1:1', what: 'implicit keys', hint: 'colon' },
    { about: 'a reserved character', text: 'a: @x', at: 'f.yaml:1:4', what: 'reserved character @', hint: 'in quotes' },
    {
      about: 'two documents',
      text: 'a: 1\n---\nb: 1\n',
      at: 'f.yaml:2:1',
      what: 'more than one document',
      hint: 'second',
    },
    {
      about: 'an unknown tag',
      text: 'a: !python/object:os.system x',
      at: 'f.yaml:1:29',
      what: '!python/object',
      hint: '!vault',
    },
    { about: 'a tag that does not fit', text: 'a: !!int x', at: 'f.yaml:1:10', what: '!!int', hint: 'Remove' },
    { about: 'a set', text: 'a: !!set {b}', at: 'f.yaml:1:10', what: '!!set', hint: 'Remove' },
    { about: 'an alias of nothing', text: 'a: *x', at: 'f.yaml:1:4', what: '*x names no anchor', hint: 'Put &x' },
    { about: 'an alias before its anchor', text: 'a: *x\nb: &x 1', at: 'f.yaml:1:4', what: '*x', hint: 'before' },
    { about: 'an alias inside itself', text: 'a: &x [*x]', at: 'f.yaml:1:8', what: 'inside itself', hint: 'Write' },
    {
      about: 'a merge of a text',
      text: 'a:\n  <<: x',
      at: 'f.yaml:2:7',
      what: '<< merges mappings',
      hint: '<<: *name',
    },
    { about: 'a list as a key', text: '? [a]\n: b', at: 'f.yaml:1:3', what: 'a key has to be a text', hint: 'text' },
    { about: 'a NUL', text: 'a: \0', at: 'f.yaml:1:4', what: 'U+0000', hint: 'Remove' },
    { about: 'an escape code', text: 'a: \u001b[31m', at: 'f.yaml:1:4', what: 'U+001B', hint: 'Remove' },
  ])('$about', ({ text, at, what, hint }) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code: 'yaml/syntax', at });
    expect(error.message).toContain(what);
    expect(error.hint).toContain(hint);
  });

  test('the message shows the line with a caret under the place', () => {
    expect(refusal('ok: 1\nname: @x # y\n').message.split('\n').slice(1)).toEqual(['2 | name: @x # y', '          ^']);
  });

  test('an excerpt holds nothing that a terminal obeys, and little of a long line', () => {
    const error = refusal(`a: "${'x'.repeat(5000)}\u001b[2J`);
    expect(error.message).toContain('\\x1b[2J');
    expect(error.message).not.toContain('\u001b');
    expect(error.message.length).toBeLessThan(400);
  });
});

describe('limits', () => {
  const chain = Array.from({ length: 100 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 1 : `*a${i - 1}`}]`).join('\n');
  const bomb = Array.from(
    { length: 20 },
    (_, i) => `a${i}: &a${i} [${Array(9).fill(i === 0 ? 1 : `*a${i - 1}`)}]`,
  ).join('\n');
  const mergeBomb = Array.from(
    { length: 20 },
    (_, i) => `a${i}: &a${i} {${['p', 'q', 'r', 's', 't', 'u'].map((k) => `${k}: ${i === 0 ? 1 : `*a${i - 1}`}`)}}`,
  ).join('\n');

  test.each([
    { about: 'lists in lists without end', text: '['.repeat(1_000_000), what: '64 levels' },
    { about: 'mappings in mappings', text: '{a: '.repeat(100_000), what: '64 levels' },
    { about: 'dashes on one line', text: '- '.repeat(100_000), what: '64 levels' },
    { about: 'keys as keys', text: '? '.repeat(100_000), what: '64 levels' },
    { about: 'aliases of aliases', text: chain, what: '64 levels' },
    { about: 'an alias bomb', text: bomb, what: 'multiply' },
    { about: 'an alias bomb of mappings', text: mergeBomb, what: 'multiply' },
    { about: 'over 16 M characters', text: 'x'.repeat(16 * 1024 * 1024 + 1), what: '16 MB' },
  ])('$about is refused within ten seconds on a busy machine', ({ text, what }) => {
    const start = process.cpuUsage();
    expect(refusal(text).message).toContain(what);
    expect(cpuMsSince(start)).toBeLessThan(10_000 * slowness());
  });

  test('64 levels are read', () => {
    expect(JSON.stringify(dataOf('['.repeat(64) + ']'.repeat(64)))).toBe('['.repeat(64) + ']'.repeat(64));
  });

  test('20 000 lines are read within seconds of a processor', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `host${i}: {ansible_host: 10.0.0.1}`).join('\n');
    const start = process.cpuUsage();
    const source = parseYaml(text, 'f.yaml');
    for (const key of source.keys([])) source.at([key, 'ansible_host']);
    expect(cpuMsSince(start)).toBeLessThan(15_000 * slowness());
  });
});

describe('any text', () => {
  const pieces = [
    'a',
    'b: ',
    ': ',
    '- ',
    '\n',
    '  ',
    '\t',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '&x ',
    '*x',
    '<<: ',
    '!unsafe ',
    '!!str ',
    '|',
    '>-',
    '#',
    '%',
    '? ',
    '---\n',
    '...\n',
    '\\',
    '~',
    '0x1',
    'é',
    '\r\n',
    '@',
  ];
  const yamlish = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join(''));

  test('is read, or refused with a place and a hint', () => {
    fc.assert(
      fc.property(fc.oneof(yamlish, anyText()), (text) => {
        try {
          parseYaml(text, 'f.yaml').at(['a', 0]);
        } catch (error) {
          expect(error).toBeInstanceOf(FixError);
          expect((error as FixError).at).toMatch(/^f\.yaml:[1-9]\d*:[1-9]\d*$/);
          expect((error as FixError).hint).not.toBe('');
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('that is JSON is read as what JSON says', () => {
    const json = fc.jsonValue({ noUnicodeString: true }).filter((value) => !/e|\d{16}/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.stringify(dataOf(JSON.stringify(value)))).toBe(JSON.stringify(value));
      }),
    );
  });

  test('that yamlText wrote is read back', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'grapheme-ascii' }),
          fc.oneof(fc.string({ unit: 'grapheme-ascii' }), fc.boolean(), fc.integer()),
        ),
        (value) => {
          expect({ ...(dataOf(yamlText(value)) as object) }).toEqual({ ...value });
        },
      ),
    );
  });
});
