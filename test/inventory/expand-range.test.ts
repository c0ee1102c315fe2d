import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandRange } from '../../src/inventory/expand-range.js';

describe('expandRange', () => {
  test.each([
    { about: 'a name without a range is itself', name: 'web', names: ['web'] },
    { about: 'both ends are included', name: 'web[1:3]', names: ['web1', 'web2', 'web3'] },
    { about: 'a leading zero keeps the width', name: 'w[08:11]x', names: ['w08x', 'w09x', 'w10x', 'w11x'] },
    { about: 'without one the width follows the number', name: 'w[9:11]', names: ['w9', 'w10', 'w11'] },
    { about: 'a single zero is no width', name: 'w[0:10:5]', names: ['w0', 'w5', 'w10'] },
    { about: 'a step may pass over the end', name: 'w[1:6:2]', names: ['w1', 'w3', 'w5'] },
    { about: 'no begin means zero', name: 'w[:2]', names: ['w0', 'w1', 'w2'] },
    { about: 'letters', name: 'db-[a:c]', names: ['db-a', 'db-b', 'db-c'] },
    { about: 'letters with a step', name: 'db[a:f:2]', names: ['dba', 'dbc', 'dbe'] },
    { about: 'letters from small to capital', name: '[y:B]', names: ['y', 'z', 'A', 'B'] },
    { about: 'of several ranges the last runs fastest', name: '[1:2]-[a:b]', names: ['1-a', '1-b', '2-a', '2-b'] },
    { about: 'numbers that run backwards are none', name: 'w[3:1]', names: [] },
  ])('$about', ({ name, names }) => {
    expect(expandRange(name)).toEqual(names);
  });

  test.each([
    { about: 'a set of letters', name: 'w[abc]', fault: '[begin:end]' },
    { about: 'four parts', name: 'w[1:2:3:4]', fault: '[begin:end]' },
    { about: 'no end', name: 'w[1:]', fault: 'no end' },
    { about: 'ends of different width', name: 'w[01:100]', fault: 'width' },
    { about: 'a number and a letter', name: 'w[1:c]', fault: 'two numbers' },
    { about: 'words', name: 'w[aa:bb]', fault: 'single letters' },
    { about: 'letters backwards', name: 'w[c:a]', fault: 'backwards' },
    { about: 'a step of zero', name: 'w[1:2:0]', fault: 'step' },
    { about: 'a step that is no number', name: 'w[1:2:x]', fault: 'step' },
    { about: 'a bracket that is not closed', name: 'w[1:2', fault: 'pair up' },
    { about: 'a bracket that was not opened', name: 'w1:2]', fault: 'pair up' },
    { about: 'brackets in brackets', name: 'w[[1:2]]', fault: 'pair up' },
    { about: 'a thousand million hosts', name: 'w[0:999999999]', fault: 'more than 100000' },
    { about: 'many ranges that multiply', name: '[0:999][0:999][0:999]', fault: 'more than 100000' },
  ])('refuses $about', ({ name, fault }) => {
    expect(() => expandRange(name)).toThrow(RangeError);
    expect(() => expandRange(name)).toThrow(fault);
  });

  test('agrees with counting, for any ranges', () => {
    const range = fc.record({
      from: fc.nat(150),
      more: fc.nat(20),
      step: fc.integer({ min: 1, max: 7 }),
      wide: fc.boolean(),
    });
    const part = fc.tuple(fc.stringMatching(/^[a-z.-]{0,3}$/), range);
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        let counted = [''];
        let written = '';
        for (const [head, { from, more, step, wide }] of parts) {
          const show = (value: number) => (wide ? `0${String(value).padStart(4, '0')}` : String(value));
          written += `${head}[${show(from)}:${show(from + more)}:${step}]`;
          const values: string[] = [];
          for (let value = from; value <= from + more; value += step) values.push(show(value));
          counted = counted.flatMap((before) => values.map((value) => before + head + value));
        }
        expect(expandRange(written)).toEqual(counted);
      }),
    );
  });

  test('gives names or a RangeError for any text', () => {
    const text = fc.array(fc.constantFrom('[', ']', ':', '0', '1', '99', 'a', 'Z', '-', '.'), { maxLength: 14 });
    fc.assert(
      fc.property(text, (parts) => {
        try {
          for (const name of expandRange(parts.join(''))) expect(name).not.toMatch(/[[\]]/);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
