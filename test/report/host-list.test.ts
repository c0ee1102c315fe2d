import { describe, expect, test } from 'vitest';
import { hostList } from '../../src/report/host-list.js';

const nodes = (from: number, to: number, pad = 0) =>
  Array.from({ length: to - from + 1 }, (_, index) => `node${String(from + index).padStart(pad, '0')}`);

describe('hostList', () => {
  test.each([
    { about: 'names a few', names: ['a', 'b'], expected: 'a, b' },
    { about: 'does not fold three', names: nodes(1, 3), expected: 'node1, node2, node3' },
    { about: 'folds four numbered names', names: nodes(1, 4), expected: 'node[1:4]' },
    { about: 'folds across a new digit', names: nodes(8, 12), expected: 'node[8:12]' },
    { about: 'folds padded names', names: nodes(1, 40, 2), expected: 'node[01:40]' },
    { about: 'breaks at a gap', names: [...nodes(1, 4), ...nodes(6, 9)], expected: 'node[1:4], node[6:9]' },
    { about: 'keeps tails apart', names: ['n1.a', 'n2.a', 'n3.a', 'n4.b'], expected: 'n1.a, n2.a, n3.a, n4.b' },
    { about: 'makes escape codes visible', names: ['a\u001b[31m'], expected: 'a\\x1b[31m' },
  ])('$about', ({ names, expected }) => {
    expect(hostList(names)).toBe(expected);
  });

  test('says how many more there are when they do not fit', () => {
    const names = Array.from({ length: 30 }, (_, index) => `host-${'x'.repeat(index % 7)}`);
    const line = hostList(names, 50);
    expect(line).toMatch(/^host-, host-x, .* and \d+ more$/);
    expect(line.length).toBeLessThanOrEqual(60);
  });
});
