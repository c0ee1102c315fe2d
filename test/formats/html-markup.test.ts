import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { describe, expect, test } from 'vitest';
import { withoutControls } from '../../src/core/printable.js';
import { markup } from '../../src/formats/html-markup.js';
import { HOSTILE_TEXTS } from '../support/reports.js';

describe('markup', () => {
  test.each([
    { about: 'escapes a text', made: markup`<p>${'<b>&amp;'}</p>`, text: '<p>&lt;b&gt;&amp;amp;</p>' },
    { about: 'keeps markup', made: markup`<p>${markup`<b>${'x'}</b>`}</p>`, text: '<p><b>x</b></p>' },
    { about: 'joins a list', made: markup`<p>${['a', 1, markup`<br>`]}</p>`, text: '<p>a1<br></p>' },
    { about: 'leaves out what is not there', made: markup`<p>${null}${undefined}${false}</p>`, text: '<p></p>' },
    { about: 'keeps a zero', made: markup`<p>${0}</p>`, text: '<p>0</p>' },
    {
      about: 'escapes quotes of an attribute',
      made: markup`<p title="${`"'\``}">`,
      text: '<p title="&quot;&#39;&#96;">',
    },
    {
      about: 'knows an attribute with several values',
      made: markup`<p class="a ${'"'} b ${'"'}">${'"'}`,
      text: '<p class="a &quot; b &quot;">"',
    },
    { about: 'shows controls', made: markup`<p>${'\u0000\u001b\u202e'}</p>`, text: '<p>\\x00\\x1b\\u202e</p>' },
  ])('$about', ({ made, text }) => expect(made.text).toBe(text));

  test.each([
    { about: 'unquoted', make: () => markup`<p title=${'x'}>` },
    { about: 'as the name of an attribute', make: () => markup`<p ${'x'}="y">` },
    { about: 'as the name of an element', make: () => markup`<${'x'}>` },
    { about: 'as markup in an attribute', make: () => markup`<p title="${markup`<b>`}">` },
    { about: 'as a list in an attribute', make: () => markup`<p title="${['x']}">` },
  ])('takes no value $about', ({ make }) => expect(make).toThrow());
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
  fc.constantFrom(...HOSTILE_TEXTS),
  fc
    .array(fc.constantFrom('<', '>', '"', "'", '`', '&', ';', '/', '=', '--', '!', ' ', '\n', 'svg', 'script', '#x3c'))
    .map((parts) => parts.join('')),
);

test('any text stays the text or the attribute that it is, in HTML and in a drawing', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const made = markup`<p title="${text}">${text}</p><svg><text class="${text}">${text}</text></svg>`;
      const [p, svg, ...more] = parseFragment(made.text).childNodes as DefaultTreeAdapterTypes.Element[];
      const inner = svg?.childNodes[0] as DefaultTreeAdapterTypes.Element;
      const plain = withoutControls(text);
      expect(more).toEqual([]);
      expect(p?.attrs).toEqual([{ name: 'title', value: plain }]);
      expect(inner.attrs).toEqual([{ name: 'class', value: plain }]);
      for (const element of [p, inner]) {
        const texts = element?.childNodes.map((node) => ('value' in node ? node.value : node));
        expect(texts?.join('')).toBe(plain);
      }
    }),
    { numRuns: 500 },
  );
});
