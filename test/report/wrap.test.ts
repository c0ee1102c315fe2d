import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coloured } from '../../src/report/paint.js';
import { wrap } from '../../src/report/wrap.js';

describe('wrap', () => {
  test.each([
    { about: 'leaves a line that fits', line: 'a b c', width: 5, indent: 2, lines: ['a b c'] },
    { about: 'breaks at the last blank that fits', line: 'aa bb cc', width: 5, indent: 0, lines: ['aa bb', 'cc'] },
    { about: 'indents what follows', line: 'aa bb cc', width: 5, indent: 2, lines: ['aa bb', '  cc'] },
    { about: 'counts the indent', line: 'aa bb cc', width: 6, indent: 2, lines: ['aa bb', '  cc'] },
    {
      about: 'keeps the blanks that a line begins with',
      line: '    aa bb',
      width: 7,
      indent: 4,
      lines: ['    aa', '    bb'],
    },
    { about: 'never cuts a word', line: 'a bbbbbbbb c', width: 4, indent: 0, lines: ['a', 'bbbbbbbb', 'c'] },
    {
      about: 'leaves a first word that is too long',
      line: 'aaaaaaaa b',
      width: 4,
      indent: 1,
      lines: ['aaaaaaaa', ' b'],
    },
    { about: 'makes one line of nothing', line: '', width: 4, indent: 2, lines: [''] },
  ])('$about', ({ line, width, indent, lines }) => {
    expect(wrap(line, width, indent)).toEqual(lines);
  });

  test('colours count for nothing', () => {
    expect(wrap(`${coloured('bad', 'aa')} ${coloured('good', 'bb')} cc`, 5, 0)).toHaveLength(2);
  });

  test('loses no word and makes no line too wide that could be broken', () => {
    const words = fc.array(
      fc.string({ minLength: 1, maxLength: 12 }).map((word) => word.replace(/\s/g, '_')),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 8 }), (list, width, indent) => {
        const lines = wrap(list.join(' '), width, indent);
        expect(lines.map((line) => line.trimStart()).join(' ')).toBe(list.join(' '));
        for (const line of lines) {
          const columns = stripVTControlCharacters(line).length;
          expect(columns <= width || !line.trimStart().includes(' ')).toBe(true);
        }
      }),
    );
  });
});
