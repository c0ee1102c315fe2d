import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markedSlice, type Variables } from '../../src/flannel/marked-text.js';
import { expandWord, wordsOf } from '../../src/flannel/systemd-words.js';
import { parseUnitText } from '../../src/flannel/unit-text.js';
import { type CommandWord, execWords, listWord, pathValue } from '../../src/schedule/systemd-quote.js';

const VARIABLES: Variables = new Map(
  [
    ['CREDENTIALS_DIRECTORY', '/run/credentials/x.service'],
    ['x', 'never'],
  ].map(([name = '', text = '']) => [
    name,
    { name, value: markedSlice('', text), path: '', origin: 'unit', rawStart: 0, rawEnd: text.length },
  ]),
);

/** What systemd makes of a value: read as a line of a unit, split into words, variables and `%%` in place. */
function readBack(value: string): string[] | undefined {
  const unit = parseUnitText(`[Service]\nExecStart=${value}\nNice=1\n`);
  expect([unit.problem, unit.assignments.map(({ key }) => key)]).toEqual([undefined, ['ExecStart', 'Nice']]);
  const line = unit.assignments[0]?.value as NonNullable<(typeof unit.assignments)[0]>['value'];
  return wordsOf(line)?.flatMap((word) => expandWord(word, line, VARIABLES).map(({ text }) => text.text));
}

/** Texts that a unit can hold, with all that systemd gives a meaning. */
const word = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '%',
        '%%',
        '%h',
        '$',
        '$$',
        '$x',
        '${x}',
        '"',
        "'",
        '\\',
        '\\n',
        ' ',
        ';',
        '#',
        '-',
        '@',
        '=',
        'ü',
        '🦆',
      ),
      fc.string({ unit: 'grapheme', maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))
  .filter((text) => !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text));

describe('the words of a command', () => {
  test('reach the program as they were given, whatever they hold', () =>
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        expect(readBack(execWords(['/usr/bin/node', ...words]))).toEqual(['/usr/bin/node', ...words]);
      }),
      { numRuns: 300 },
    ));

  test('that end in a credential get its path', () =>
    fc.assert(
      fc.property(word, (before) => {
        const words: CommandWord[] = ['/x', { before, credential: 'private-key' }];
        expect(readBack(execWords(words))).toEqual(['/x', `${before}/run/credentials/x.service/private-key`]);
      }),
    ));

  test.each([
    { about: 'a plain option', word: '--forks=5', is: '--forks=5' },
    { about: 'a percent sign', word: 'a%h', is: '"a%%h"' },
    { about: 'a dollar', word: '$HOME', is: '"$$HOME"' },
    { about: 'an empty word', word: '', is: '""' },
    { about: 'a semicolon, which would begin another command', word: ';', is: '";"' },
    { about: 'a quote and a backslash', word: 'a"b\\', is: '"a\\"b\\\\"' },
  ])('$about', ({ word: given, is }) => expect(execWords(['/x', given])).toBe(`/x ${is}`));

  test.each([
    { about: 'a line feed', words: ['/x', 'a\nExecStart=/bin/sh'] },
    { about: 'a NUL', words: ['/x', 'a\0b'] },
    { about: 'an escape code', words: ['/x', '\u001b[2J'] },
    { about: 'half of a pair', words: ['/x', '\ud800'] },
    { about: 'a line separator', words: ['/x', '\u2028'] },
    { about: 'a program without a path', words: ['node'] },
    { about: 'a program with a dollar, which systemd takes as it is', words: ['/opt/$x/node'] },
    { about: 'no program', words: [] },
    { about: 'a credential with a path for a name', words: ['/x', { before: '', credential: '../../etc/passwd' }] },
  ])('$about is refused', ({ words }) => {
    expect(() => execWords(words)).toThrow(expect.objectContaining({ code: 'cli/usage' }));
  });
});

describe('paths', () => {
  test('in a list are read back', () =>
    fc.assert(
      fc.property(word, (text) => {
        const line = markedSlice('', listWord(`/${text}`));
        expect(wordsOf(line)?.map(({ word: { text: read } }) => read.replaceAll('%%', '%'))).toEqual([`/${text}`]);
      }),
    ));

  test.each(['/a b', '/a%h', '/ü:x', '/a"b', "/a'b", '/a\\b'])('%j as a whole value is the same but for %%', (path) =>
    expect(pathValue(path)).toBe(path.replaceAll('%', '%%')),
  );

  test.each(['a', '', '/a ', '/a\\', '/a\n', '/a\t'])('%j cannot be a whole value', (path) => {
    expect(() => pathValue(path)).toThrow(expect.objectContaining({ code: 'cli/usage' }));
  });
});
