import { describe, expect, test } from 'vitest';
import { parseEnvironmentFile } from '../../src/flannel/environment-file.js';
import { type MarkedText, markedSlice } from '../../src/flannel/marked-text.js';
import { shellCommands } from '../../src/flannel/shell-words.js';
import { splitVariable, withoutSpecifierEscapes, wordsOf } from '../../src/flannel/systemd-words.js';
import { parseUnitText } from '../../src/flannel/unit-text.js';

describe('parseUnitText', () => {
  test.each<{ about: string; text: string; read: [string, string, string][] }>([
    {
      about: 'sections and keys',
      text: '[Unit]\nA=1\n[Service]\n B = 2 \n',
      read: [
        ['Unit', 'A', '1'],
        ['Service', 'B', '2'],
      ],
    },
    {
      about: 'continued lines',
      text: '[S]\nA=1 \\\n  2\\\n3\nB=4',
      read: [
        ['S', 'A', '1    2 3'],
        ['S', 'B', '4'],
      ],
    },
    { about: 'a comment between continued lines', text: '[S]\nA=1 \\\n# x \\\n2\n', read: [['S', 'A', '1  2']] },
    { about: 'a comment behind the last line', text: '[S]\nA=1 \\\n; x', read: [['S', 'A', '1']] },
    {
      about: 'an empty line as the end',
      text: '[S]\nA=1 \\\n\nB=2\n',
      read: [
        ['S', 'A', '1'],
        ['S', 'B', '2'],
      ],
    },
    {
      about: 'two backslashes as no continuation',
      text: '[S]\nA=1\\\\\nB=2\n',
      read: [
        ['S', 'A', '1\\\\'],
        ['S', 'B', '2'],
      ],
    },
    {
      about: 'a backslash before a blank as no continuation',
      text: '[S]\nA=1\\ \nB=2\n',
      read: [
        ['S', 'A', '1\\'],
        ['S', 'B', '2'],
      ],
    },
    { about: 'CRLF', text: '[S]\r\nA=1 \\\r\n2\r\n', read: [['S', 'A', '1  2']] },
    { about: 'nothing outside of sections', text: 'A=1\n[S]\nB=\n', read: [['S', 'B', '']] },
    { about: 'a byte order mark', text: '\ufeff[S]\nA=1\n', read: [['S', 'A', '1']] },
    { about: 'a line without an equals sign as nothing', text: '[S]\nA\nB=1=2\n', read: [['S', 'B', '1=2']] },
  ])('reads $about', ({ text, read }) => {
    const { assignments, problem } = parseUnitText(text);
    expect(assignments.map(({ section, key, value }) => [section, key, value.text])).toEqual(read);
    expect(problem).toBeUndefined();
  });

  test('knows where every value stands', () => {
    const text = '[S]\nA = one \\\n  two  \nB=3\n';
    const [a, b] = parseUnitText(text).assignments;
    expect(text.slice(a?.valueStart, a?.valueEnd)).toBe('one \\\n  two');
    expect(text.slice(a?.start, a?.end)).toBe('A = one \\\n  two  \n');
    expect(text.slice(b?.start, b?.end)).toBe('B=3\n');
  });

  test.each([
    { about: 'a broken section header', text: '[Service\nA=1\n' },
    { about: 'a NUL', text: '[Service]\nA=1\0B=2\n' },
    { about: 'a carriage return by itself', text: '[Service]\nA=1\rB=2\n' },
  ])('names $about', ({ text }) => {
    expect(parseUnitText(text).problem).toBeDefined();
  });
});

/** What `systemd-analyze verify` of systemd 252.39 reads, taken from its own dump of the unit. */
const WORDS: readonly { value: string; words: readonly string[] | undefined }[] = [
  { value: `/bin/x a  b\tc`, words: ['/bin/x', 'a', 'b', 'c'] },
  { value: `/bin/x "a b" 'c d'`, words: ['/bin/x', 'a b', 'c d'] },
  { value: `/bin/x a"b c"d`, words: ['/bin/x', 'ab cd'] },
  { value: `/bin/x '' ""`, words: ['/bin/x', '', ''] },
  { value: `/bin/x \\x41 \\101 \\u00e9 a\\sb`, words: ['/bin/x', 'A', 'A', 'é', 'a b'] },
  { value: `/bin/x \\d \\x4`, words: ['/bin/x', '\\d', '\\x4'] },
  { value: `/bin/x "a\\"b" 'a\\'b'`, words: ['/bin/x', 'a"b', "a'b"] },
  { value: `/bin/x a\\`, words: ['/bin/x', 'a\\'] },
  { value: `/bin/x "a`, words: undefined },
  { value: `/bin/x %% 50%%`, words: ['/bin/x', '%', '50%'] },
  { value: `/bin/x \\000`, words: ['/bin/x', '\\000'] },
];

describe('wordsOf', () => {
  test.each(WORDS)('reads $value as systemd does', ({ value, words }) => {
    const read = wordsOf(markedSlice('', value));
    expect(read?.map(({ word }) => withoutSpecifierEscapes(word).text)).toEqual(words);
  });
});

describe('splitVariable', () => {
  test.each([
    { value: `a "b c" d\\ e`, words: ['a', 'b c', 'd e'] },
    { value: `"open quote`, words: ['open quote'] },
    { value: '  ', words: [] },
    { value: 'a\\', words: ['a'] },
  ])('splits $value', ({ value, words }) => {
    expect(splitVariable(markedSlice('', value)).map(({ word }) => word.text)).toEqual(words);
  });
});

describe('parseEnvironmentFile', () => {
  test.each<{ about: string; text: string; read: [string, string][] }>([
    {
      about: 'plain values',
      text: 'A=1\nB = 2 3 \n',
      read: [
        ['A', '1'],
        ['B', '2 3'],
      ],
    },
    {
      about: 'quotes',
      text: `A="1 2"\nB='3 "4"'\n`,
      read: [
        ['A', '1 2'],
        ['B', '3 "4"'],
      ],
    },
    { about: 'comments', text: '# A=1\n; B=2\nC=3 # no comment\n', read: [['C', '3 # no comment']] },
    { about: 'escapes in double quotes', text: 'A="1\\"2\\$3\\n"\n', read: [['A', '1"2$3\\n']] },
    {
      about: 'continued lines',
      text: 'A=1\\\n2\nB="3\\\n4"\n',
      read: [
        ['A', '12'],
        ['B', '34'],
      ],
    },
    { about: 'a quote over several lines', text: `A='1\n2'\n`, read: [['A', '1\n2']] },
    { about: 'pieces behind a quote, blanks gone', text: 'A="1" 2\n', read: [['A', '12']] },
    { about: 'no export', text: 'export A=1\nB=2', read: [['B', '2']] },
    {
      about: 'an empty value',
      text: 'A=\nB=""\n',
      read: [
        ['A', ''],
        ['B', ''],
      ],
    },
    {
      about: 'CRLF',
      text: 'A=1\r\nB="2"\r\n',
      read: [
        ['A', '1'],
        ['B', '2'],
      ],
    },
    { about: 'a comment that a backslash continues', text: '# x \\\nA=1\nB=2\n', read: [['B', '2']] },
  ])('reads $about', ({ text, read }) => {
    const found = parseEnvironmentFile(text);
    expect(found.map(({ name, value }) => [name, value.text])).toEqual(read);
    for (const { value } of found) expect(sourceOf(value, text).length).toBe(value.text.length);
  });
});

function sourceOf(value: MarkedText, text: string): string[] {
  return value.marks.map((mark) => text.slice(mark.start, mark.end)).filter((source) => source !== '');
}

describe('shellCommands', () => {
  test.each<{ about: string; text: string; commands: string[][] | undefined }>([
    { about: 'operators', text: 'a 1 && b|c; d & (e)', commands: [['a', '1'], ['b'], ['c'], ['d'], ['e']] },
    { about: 'redirections', text: 'a >x 2>&1 1 <y &>z >>"w v" 2', commands: [['a', '1', '2']] },
    { about: 'comments', text: 'a # b\nc', commands: [['a'], ['c']] },
    { about: 'quotes', text: `a 'b c'"d e"\\ f`, commands: [['a', `'b c'"d e"\\ f`]] },
    {
      about: 'substitutions as one word',
      text: 'a $(b | c "d)") `e f` ${g:-h i}',
      commands: [['a', '$(b | c "d)")', '`e f`', '${g:-h i}']],
    },
    {
      about: 'nested substitutions',
      text: 'a $(b $(c) d) ${e:-${f}} g',
      commands: [['a', '$(b $(c) d)', '${e:-${f}}', 'g']],
    },
    { about: 'continued lines', text: 'a \\\n  b', commands: [['a', 'b']] },
    { about: 'a here-document', text: "a <<'E' b\nc 'd\nE\nf", commands: [['a', 'b'], ['f']] },
    { about: 'an open quote', text: `a 'b`, commands: undefined },
  ])('reads $about', ({ text, commands }) => {
    const read = shellCommands(markedSlice('', text));
    expect(read?.map(({ words }) => words.map(({ from, to }) => text.slice(from, to)))).toEqual(commands);
  });
});
