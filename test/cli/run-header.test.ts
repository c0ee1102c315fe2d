import { describe, expect, test } from 'vitest';
import type { RunOptions } from '../../src/cli/options.js';
import { extraVarsDigest, headerOf, sameExtraVars } from '../../src/cli/run-header.js';

const OPTIONS = {
  extraVars: ['password=hunter2'],
  tags: [] as string[],
  skipTags: [] as string[],
} as unknown as RunOptions;

describe('what a run says of its extra variables', () => {
  test('tells whether the same are given again, in the same order', () => {
    const digest = extraVarsDigest(['a=1', 'b=2']);
    expect(sameExtraVars(digest, ['a=1', 'b=2'])).toBe(true);
    expect(sameExtraVars(digest, ['b=2', 'a=1'])).toBe(false);
    expect(sameExtraVars(digest, [])).toBe(false);
    expect(sameExtraVars(undefined, [])).toBe(true);
    expect(sameExtraVars(undefined, ['a=1'])).toBe(false);
    expect(sameExtraVars('nonsense', ['a=1'])).toBe(false);
  });

  test('is another text each time, and takes long enough that a weak password is not found by trying', () => {
    const began = performance.now();
    const digests = [1, 2, 3, 4].map(() => headerOf('i', 'p', OPTIONS).extraVarsDigest);
    expect((performance.now() - began) / digests.length).toBeGreaterThan(10);
    expect(new Set(digests).size).toBe(4);
  });
});

test('runs that start in the same second have names of their own', () => {
  const ids = Array.from({ length: 300 }, () => headerOf('i', 'p', { ...OPTIONS, extraVars: [] }).id);
  expect(ids[0]).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/);
  expect(new Set(ids).size).toBe(300);
});
