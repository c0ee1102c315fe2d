import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plain } from '../../src/report/paint.js';
import { unifiedDiff } from '../../src/report/unified-diff.js';
import { marked } from './make.js';

const diff = (before: string, after: string, paint = plain) => unifiedDiff({ path: '/etc/x', before, after }, paint);

describe('unifiedDiff', () => {
  test.each([
    { about: 'nothing for the same text', before: 'a\n', after: 'a\n', lines: [] },
    { about: 'a new file', before: '', after: 'a\nb\n', lines: ['@@ -0,0 +1,2 @@', '+a', '+b'] },
    { about: 'a file that goes', before: 'a\n', after: '', lines: ['@@ -1,1 +0,0 @@', '-a'] },
    {
      about: 'two lines round a change',
      before: '1\n2\n3\n4\n5\n6\n7\n',
      after: '1\n2\n3\nfour\n5\n6\n7\n',
      lines: ['@@ -2,5 +2,5 @@', ' 2', ' 3', '-4', '+four', ' 5', ' 6'],
    },
    {
      about: 'a last line without an end',
      before: 'a',
      after: 'a\n',
      lines: ['@@ -1,1 +1,1 @@', '-a', '\\ No newline at end of file', '+a'],
    },
    {
      about: 'lines that look like the head of a diff',
      before: '-- /etc/x\n',
      after: '++ /etc/x\n',
      lines: ['@@ -1,1 +1,1 @@', '--- /etc/x', '+++ /etc/x'],
    },
    { about: 'CR LF', before: 'a\r\n', after: 'a\n', lines: ['@@ -1,1 +1,1 @@', '-a\\r', '+a'] },
    { about: 'a lone CR', before: '', after: 'a\rb\n', lines: ['@@ -0,0 +1,1 @@', '+a\\rb'] },
    { about: 'escape codes', before: '', after: '\u001b[2Ja\n', lines: ['@@ -0,0 +1,1 @@', '+\\x1b[2Ja'] },
    {
      about: 'text that turns its direction',
      before: '',
      after: 'a\u202eb\n',
      lines: ['@@ -0,0 +1,1 @@', '+a\\u202eb'],
    },
  ])('shows $about', ({ before, after, lines }) => {
    expect(diff(before, after)).toEqual(lines);
  });

  test('paints what is added, what is removed and where', () => {
    expect(diff('a\nb\n', 'a\nc\n', marked)).toEqual([
      '<dim>@@ -1,2 +1,2 @@</>',
      ' a',
      '<removed>-b</>',
      '<added>+c</>',
    ]);
  });

  test('is not led astray by a path with a line feed', () => {
    expect(unifiedDiff({ path: 'a\n+b', before: '', after: 'x\n' }, plain)).toEqual(['@@ -0,0 +1,1 @@', '+x']);
  });

  test('has each line of a new file, and no control character', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ' '))), (list) => {
        const lines = diff('', list.map((line) => `${line}\n`).join(''));
        expect(lines.filter((line) => line.startsWith('+'))).toHaveLength(list.length);
        expect(lines.join('')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});
