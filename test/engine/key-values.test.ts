import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitKeyValues } from '../../src/engine/key-values.js';

describe('splitKeyValues', () => {
  test.each([
    { about: 'nothing', text: '', values: {} },
    { about: 'one', text: 'a=b', values: { a: 'b' } },
    { about: 'several, with any blanks between', text: '  a=b \t c=d\n', values: { a: 'b', c: 'd' } },
    { about: 'an empty value', text: 'a= b=""', values: { a: '', b: '' } },
    { about: 'double quotes', text: 'a="b c"', values: { a: 'b c' } },
    { about: 'single quotes', text: 'a=\'b "c"\'', values: { a: 'b "c"' } },
    { about: 'quotes within a value', text: 'a=x"b c"y', values: { a: 'xb cy' } },
    { about: 'an escaped quote', text: 'a="b\\"c\\\\"', values: { a: 'b"c\\' } },
    { about: 'other backslashes as they are', text: 'a="b\\nc"', values: { a: 'b\\nc' } },
    { about: 'an equals sign in a value', text: 'a=b=c', values: { a: 'b=c' } },
    { about: 'values that look like numbers as text', text: 'a=1 b=true', values: { a: '1', b: 'true' } },
    { about: 'a template with blanks', text: 'a={{ b | d }} c=e', values: { a: '{{ b | d }}', c: 'e' } },
    { about: 'a template with quotes', text: `a={{ b['c d'] }}/e`, values: { a: `{{ b['c d'] }}/e` } },
    { about: 'a template in quotes', text: `a="{{ b['c'] }} d"`, values: { a: `{{ b['c'] }} d` } },
    {
      about: 'a block of a template',
      text: `a={% if b == "c" %}d{% endif %}`,
      values: { a: '{% if b == "c" %}d{% endif %}' },
    },
    { about: 'the last of two', text: 'a=b a=c', values: { a: 'c' } },
  ])('takes $about', ({ text, values }) => {
    expect(splitKeyValues(text)).toEqual(values);
  });

  test.each([
    { about: 'a word without an equals sign', text: 'a=b c', word: '"c"' },
    { about: 'a value without a name', text: '=b', word: '"=b"' },
  ])('refuses $about, and names it', ({ text, word }) => {
    expect(() => splitKeyValues(text, { what: 'copy' })).toThrow(
      expect.objectContaining({ code: 'playbook/invalid', message: expect.stringContaining(`copy: ${word}`) }),
    );
  });

  test('gives the error the code and the place that it is told', () => {
    expect(() => splitKeyValues('a', { code: 'cli/usage', at: 'x:1' })).toThrow(
      expect.objectContaining({ code: 'cli/usage', at: 'x:1' }),
    );
  });

  test.each([{ text: 'a="b c' }, { text: 'a=b"' }, { text: "a=b '" }, { text: 'a="b\\"' }])(
    'refuses a quote that nothing closes: $text',
    ({ text }) => {
      expect(() => splitKeyValues(text)).toThrow(/is not closed/);
    },
  );

  test('gives back any text that was quoted', () => {
    const name = fc.stringMatching(/^[a-z_]\w{0,8}$/).filter((word) => word !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(name, fc.string({ unit: 'binary' })), (values) => {
        const text = Object.entries(values).map(([key, value]) => `${key}="${value.replace(/["\\]/g, '\\$&')}"`);
        expect({ ...splitKeyValues(text.join(' ')) }).toEqual({ ...values });
      }),
    );
  });

  test('a name is never taken for the prototype', () => {
    expect(Object.entries(splitKeyValues('__proto__=x'))).toEqual([['__proto__', 'x']]);
  });
});
