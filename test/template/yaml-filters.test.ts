import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { asValues, evaluate, renderNative, scopeOf } from '../../src/template/index.js';

describe('from_yaml reads as PyYAML does', () => {
  test.each([
    { text: 'yes', value: true },
    { text: 'Off', value: false },
    { text: 'y', value: 'y' },
    { text: 'N', value: 'N' },
    { text: '0644', value: 420 },
    { text: '1e3', value: '1e3' },
    { text: '1.5e+3', value: 1500 },
    { text: '.', value: '.' },
    { text: '-.5', value: '-.5' },
    { text: '.5', value: 0.5 },
    { text: '-1.5', value: -1.5 },
    { text: '.inf', value: Number.POSITIVE_INFINITY },
    { text: '2020-01-01', value: '2020-01-01' },
    { text: '~', value: null },
    { text: '"yes"', value: 'yes' },
    { text: '{a: [1, 2]}', value: { a: [1, 2] } },
    { text: '80: http\n10: x', value: { 80: 'http', 10: 'x' } },
  ])('$text', ({ text, value }) => {
    expect(evaluate('text | from_yaml', scopeOf(asValues({ text })))).toEqual(value);
  });

  test.each(['a: [', 'a: b: c', '*nope', '{{', 'a: &a [*a, *a]\nb: !!nope 1\n- x'])('refuses %s', (text) => {
    expect(() => evaluate('text | from_yaml', scopeOf(asValues({ text })))).toThrow(FixError);
  });

  test('refuses aliases that multiply', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `x${i + 1}: &x${i + 1} [*x${i}, *x${i}, *x${i}]`);
    const text = ['x0: &x0 [a]', ...lines].join('\n');
    expect(() => evaluate('text | from_yaml', scopeOf(asValues({ text })))).toThrow(FixError);
  });
});

test('a date that a YAML file held prints as Python prints it', () => {
  const scope = scopeOf({ day: new Date('2020-01-02'), moment: new Date('2020-01-02T03:04:05Z') });
  expect(renderNative('{{ day }} {{ moment }}', scope)).toBe('2020-01-02 2020-01-02 03:04:05+00:00');
});
