import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { literalOrText } from '../../src/inventory/python-literal.js';

/** A value, what `_parse_value` of ansible-core 2.14.18 makes of it as JSON (null where that cannot be), and its type. */
type Row = readonly [text: string, json: string | null, type: string];
const ROWS: readonly Row[] = readFileSync(new URL('recorded-literals.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

/** Kept as text here. */
const TEXT_HERE = new Set(['{1,2}', "b'x'", "r'a\\n'", '1+2j', '...', '{None: 1}']);

describe('a value in an INI inventory', () => {
  test.each(ROWS)('%s', (text, json) => {
    const wanted = TEXT_HERE.has(text) ? text : JSON.parse(json ?? 'null');
    expect(literalOrText(text)).toEqual(wanted);
  });

  test('a whole number that cannot be held exactly stays text', () => {
    expect(literalOrText('123456789012345678901234567890')).toBe('123456789012345678901234567890');
  });

  test('lists in each other without end are text', () => {
    const text = `${'['.repeat(100_000)}`;
    expect(literalOrText(text)).toBe(text);
  });

  test('a name of the language is a name like others', () => {
    const value = literalOrText("{'__proto__': {'x': 1}, 'constructor': 2}") as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
  });

  test('any JSON without true, false and null is read as it is', () => {
    const leaf = fc.oneof(fc.string(), fc.integer());
    const tree = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
    })).value;
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.stringify(literalOrText(JSON.stringify(value)))).toBe(JSON.stringify(value));
      }),
      { numRuns: 300 },
    );
  });

  test('any text is a text or a literal, and never an error', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      '(',
      ')',
      ',',
      ':',
      "'",
      '"',
      '\\',
      '1',
      '-',
      '.',
      'e',
      'True',
      'x',
      ' ',
      '#',
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (text) => void literalOrText(text),
      ),
      {
        numRuns: 2000,
      },
    );
  });
});
