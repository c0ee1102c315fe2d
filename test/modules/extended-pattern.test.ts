import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { extendedPattern } from '../../src/modules/extended-pattern.js';
import { pythonRegExp } from '../../src/modules/python-regexp.js';

// Whether a line is found has to be the same to grep and to Python.
const LINES = ['NET=10.1.5', 'NET=abc', 'a-b', 'a]b', 'a b', '<word> {2}', 'word', 'x{2}', '"quoted"', '', 'aab', '^$'];

const PATTERNS = [
  String.raw`^NET=(?P<net>\d+\.\d+)`,
  String.raw`(?:a|w)\S`,
  String.raw`[\d.]+`,
  String.raw`[a\-z]+b`,
  String.raw`a+?b`,
  String.raw`\<word\>`,
  String.raw`x\{2\}`,
  String.raw`\"q.*?\"`,
  String.raw`[]]`,
  String.raw`[^\w]b`,
  String.raw`a{2}b$`,
  String.raw`\^\$`,
  String.raw`\W\W`,
];

test.each(PATTERNS)('%s finds the same lines', (pattern) => {
  const made = extendedPattern(pattern);
  const expected = LINES.filter((line) => pythonRegExp(pattern, 'm').test(line));
  const found = LINES.filter((line) => {
    try {
      execFileSync('grep', ['-E', '-q', '-e', made ?? 'none'], { input: `${line}\n` });
      return true;
    } catch {
      return false;
    }
  });
  expect(made).toBeDefined();
  expect(found).toEqual(expected);
});

describe('what POSIX cannot say', () => {
  test.each(['(?i)x', '(?=x)', String.raw`\bx`, String.raw`(a)\1`, String.raw`[\]]`, String.raw`\x41`, 'a++', '[a'])(
    '%s',
    (pattern) => {
      expect(extendedPattern(pattern)).toBeUndefined();
    },
  );
});
