import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { pythonRegex, substitute } from '../../src/template/python-regex.js';

describe('pythonRegex', () => {
  test.each([
    { about: 'a named group', pattern: '(?P<a>x)(?P=a)', text: 'xx', found: 'xx' },
    { about: '\\A and \\Z', pattern: '\\Aab\\Z', text: 'ab', found: 'ab' },
    { about: '$ before a last line feed', pattern: 'a$', text: 'a\n', found: 'a' },
    { about: '$ not before another', pattern: 'a$', text: 'a\nb', found: undefined },
    { about: '\\Z not before a last line feed', pattern: 'a\\Z', text: 'a\n', found: undefined },
    { about: '^ only at the start', pattern: '^b', text: 'a\nb', found: undefined },
    { about: '(?m)', pattern: '(?m)^b$', text: 'a\nb\nc', found: 'b' },
    { about: '(?i)', pattern: '(?i)AB', text: 'xab', found: 'ab' },
    { about: '(?s)', pattern: '(?s)a.b', text: 'a\nb', found: 'a\nb' },
    { about: 'a dot takes a carriage return', pattern: 'a.b', text: 'a\rb', found: 'a\rb' },
    { about: 'a dot takes no line feed', pattern: 'a.b', text: 'a\nb', found: undefined },
    { about: '(?x) with a remark', pattern: '(?x) a  b # remark', text: 'ab', found: 'ab' },
    { about: 'a bracket first in a class', pattern: '[]a]+', text: 'x]a', found: ']a' },
    { about: 'a bracket opened in a class', pattern: '[[a]+', text: '[a', found: '[a' },
    { about: 'a brace that counts nothing', pattern: 'a{b}', text: 'a{b}', found: 'a{b}' },
    { about: 'a count without a minimum', pattern: '^a{,2}b', text: 'aab', found: 'aab' },
    { about: 'an escaped dash and slash', pattern: 'a\\-b\\/c', text: 'a-b/c', found: 'a-b/c' },
    { about: '\\w takes letters of all scripts', pattern: '\\w+', text: '-éß東-', found: 'éß東' },
    { about: 'a class of words and more', pattern: '[\\w.-]+', text: '!a.b-é!', found: 'a.b-é' },
    { about: 'lookbehind', pattern: '(?<=a)b', text: 'ab', found: 'b' },
    { about: 'a comment', pattern: 'a(?#no)b', text: 'ab', found: 'ab' },
    { about: 'code points', pattern: '\\x41\\u0042', text: 'AB', found: 'AB' },
    { about: 'a back reference before a digit', pattern: '(a)\\1', text: 'aa', found: 'aa' },
  ])('$about', ({ pattern, text, found }) => {
    expect(pythonRegex(pattern).exec(text)?.[0]).toBe(found);
  });

  test.each(['(', '[', 'a\\', '*', '(?P<1>a)', '(?(1)a|b)', '\\q', '[z-a]', '(?i:a)'])('refuses %s', (pattern) => {
    expect(() => pythonRegex(pattern)).toThrow(FixError);
  });

  test('any pattern is translated or refused', () => {
    const parts = fc.constantFrom(...'()[]{}?*+|^$.\\abwdsAZ019,:=!<>P-#'.split(''));
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), (pattern) => {
        try {
          expect(pythonRegex(pattern.join(''))).toBeInstanceOf(RegExp);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(FixError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('substitute', () => {
  test.each([
    {
      about: 'groups by number and name',
      pattern: '(?P<k>\\w+)=(\\w+)',
      to: '\\2=\\g<k>\\g<2>',
      text: 'a=b',
      made: 'b=ab',
    },
    { about: 'a group that took no part', pattern: '(a)|(b)', to: '[\\2]', text: 'ab', made: '[][b]' },
    { about: 'escapes', pattern: ',', to: '\\n\\\\', text: 'a,b', made: 'a\n\\b' },
    { about: 'no dollar signs', pattern: 'a', to: '$&$1', text: 'a', made: '$&$1' },
    { about: 'empty matches', pattern: 'x*', to: '-', text: 'abc', made: '-a-b-c-' },
  ])('$about', ({ pattern, to, text, made }) => {
    expect(substitute(pythonRegex(pattern), text, to)).toBe(made);
  });

  test('only the first ones', () => {
    expect(substitute(pythonRegex('a'), 'aaa', 'b', 2)).toBe('bba');
  });

  test.each(['\\3', '\\g<nope>', '\\q'])('refuses the replacement %s', (to) => {
    expect(() => substitute(pythonRegex('(a)'), 'a', to)).toThrow(FixError);
  });
});
