import { describe, expect, test } from 'vitest';
import { plain } from '../../src/report/paint.js';
import { troubleLines } from '../../src/report/trouble-text.js';
import { marked, tallyOf, trouble } from './make.js';

describe('troubleLines', () => {
  test.each([
    { about: 'says nothing where there is no trouble', tally: {}, lines: [] },
    {
      about: 'has the next step below what went wrong',
      tally: { failed: new Map([['a', trouble('no', { hint: 'do so' })]]) },
      lines: ['✗ a: no', '  → do so'],
    },
    { about: 'does without a next step', tally: { failed: new Map([['a', trouble('no')]]) }, lines: ['✗ a: no'] },
    {
      about: 'says once what stopped several hosts',
      tally: { failed: new Map(['a', 'c'].map((host) => [host, trouble('no', { hint: 'do so' })])) },
      lines: ['✗ a, c: no', '  → do so'],
    },
    {
      about: 'keeps apart what differs, hosts out of reach first',
      tally: { failed: new Map([['a', trouble('no')]]), unreachable: new Map([['b', trouble('far')]]) },
      lines: ['✗ b: far', '✗ a: no'],
    },
    {
      about: 'makes escape codes and line feeds of a host visible',
      tally: { failed: new Map([['a', trouble('x\u001b[31m\ny', { hint: '\u0007' })]]) },
      lines: ['✗ a: x\\x1b[31m\\ny', '  → \\x07'],
    },
  ])('$about', ({ tally, lines }) => {
    expect(troubleLines(tallyOf(tally), plain, 100)).toEqual(lines);
  });

  test('keeps the next steps of one trouble apart where they differ', () => {
    const failed = new Map([
      ['a', trouble('no', { hint: 'mend a' })],
      ['b', trouble('no', { hint: 'mend b' })],
    ]);
    const text = troubleLines(tallyOf({ failed }), plain, 100).join('\n');
    expect(text).toContain('mend a');
    expect(text).toContain('mend b');
  });

  test('fits the width', () => {
    const failed = new Map([['a', trouble('word '.repeat(40), { hint: 'step '.repeat(40) })]]);
    const lines = troubleLines(tallyOf({ failed }), plain, 50);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(50);
    expect(lines.slice(1).every((line) => line.startsWith('  '))).toBe(true);
  });

  test('paints the sign and the arrow', () => {
    const failed = new Map([['a', trouble('no', { hint: 'do so' })]]);
    expect(troubleLines(tallyOf({ failed }), marked, 100)).toEqual(['<bad>✗</> a: no', '  <dim>→</> do so']);
  });
});
