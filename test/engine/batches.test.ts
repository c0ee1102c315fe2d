import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { batchesOf } from '../../src/engine/run-play.js';

const hosts = (n: number) => Array.from({ length: n }, (_, index) => index + 1);
const sizes = (n: number, serial: unknown) => batchesOf(hosts(n), serial).map((batch) => batch.length);

describe('batchesOf', () => {
  test.each([
    { about: 'one batch without serial', n: 5, serial: undefined, expected: [5] },
    { about: 'equal batches with a number', n: 5, serial: 2, expected: [2, 2, 1] },
    { about: 'a number as text', n: 3, serial: '1', expected: [1, 1, 1] },
    { about: 'a percentage rounded down', n: 7, serial: '30%', expected: [2, 2, 2, 1] },
    { about: 'a percentage of less than a host as one', n: 3, serial: '10%', expected: [1, 1, 1] },
    { about: 'a list whose last repeats', n: 12, serial: [1, 5], expected: [1, 5, 5, 1] },
    { about: 'a list with a percentage', n: 10, serial: [1, '50%'], expected: [1, 5, 4] },
    { about: 'zero as all of them', n: 4, serial: 0, expected: [4] },
    { about: 'all hosts at 100%', n: 4, serial: '100%', expected: [4] },
    { about: 'no batch without hosts', n: 0, serial: 3, expected: [] },
  ])('makes $about', ({ n, serial, expected }) => {
    expect(sizes(n, serial)).toEqual(expected);
  });

  test('keeps the order of hosts', () => {
    expect(batchesOf(hosts(3), [1, 2])).toEqual([[1], [2, 3]]);
  });

  test.each([['many'], [{}], [true], ['-'], [['x']]])('refuses %j', (serial) => {
    expect(() => batchesOf(hosts(2), serial)).toThrow(FixError);
  });
});
