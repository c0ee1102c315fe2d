import { type RunningScriptOptions, Script } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { MATCH_DEADLINE_MS, matchInTime } from '../../src/core/match-deadline.js';
import type { Inventory } from '../../src/inventory/inventory.js';
import { matchHosts } from '../../src/inventory/match-hosts.js';
import { withLine, withoutLines } from '../../src/modules/line-edit.js';
import { asValues, evaluate, scopeOf } from '../../src/template/index.js';
import { cpuMsSince, slowness } from '../support/cpu.js';
import { quickly } from './quickly.js';

/** Patterns that a backtracking engine does not finish on the text beside them. */
const CATASTROPHIC = [
  { pattern: '(a+)+$', text: `${'a'.repeat(100_000)}!` },
  { pattern: '(a|a)*b', text: 'a'.repeat(100_000) },
  { pattern: '(x+x+)+y', text: 'x'.repeat(100_000) },
  { pattern: '(?:a?){40}a{40}$', text: `${'a'.repeat(60)}!` },
  { pattern: '((a{1,1000}){1,1000}){1,1000}b', text: 'a'.repeat(100) },
  { pattern: 'a*a*a*a*b', text: 'a'.repeat(100_000) },
  { pattern: '(.*)(.*)(.*)(.*)x', text: 'a'.repeat(100_000) },
  { pattern: `${'a?'.repeat(100)}${'a'.repeat(100)}`, text: 'a'.repeat(39) },
  { pattern: '(?P<w>\\w+\\s?)+:', text: 'word '.repeat(20_000) },
  { pattern: '(?<=(a+)+)b', text: 'a'.repeat(100_000) },
  { pattern: '([a-z]+)*\\1=', text: 'b'.repeat(50_000) },
  { pattern: '(?i)(A+)+=', text: 'a'.repeat(100_000) },
  { pattern: '(?x) ( a + ) + =', text: 'a'.repeat(100_000) },
];

/** The deadline comes sooner than the program has it: what searches for ever does so in the twentieth of it too. */
function sooner(): void {
  const run = Script.prototype.runInContext;
  vi.spyOn(Script.prototype, 'runInContext').mockImplementation(function (this: Script, room, options) {
    const { timeout = 0 } = options as RunningScriptOptions;
    return run.call(this, room, { timeout: timeout / 20 });
  });
}

describe('a pattern that would search for ever is stopped', () => {
  beforeEach(sooner);
  afterEach(() => vi.restoreAllMocks());

  test.each(CATASTROPHIC)('$pattern', ({ pattern, text }) => {
    const scope = scopeOf(asValues({ pattern, text }));
    expect(quickly(() => evaluate('text | regex_search(pattern)', scope))).toMatchObject({
      code: 'template/failed',
      message: expect.stringContaining('takes longer than 0.5 s'),
      hint: expect.stringContaining('repetitions'),
    });
  });

  test.each([
    'text is search(pattern)',
    'text is match(pattern)',
    "text is regex(pattern, match_type='fullmatch')",
    'text | regex_findall(pattern)',
    "text | regex_replace(pattern, 'y')",
    "query('varnames', pattern)",
  ])('%s', (expression) => {
    const scope = scopeOf({ ...asValues({ pattern: '(a+)+=', text: 'a'.repeat(1000) }), ['a'.repeat(1000)]: 1 });
    expect(quickly(() => evaluate(expression, scope))).toMatchObject({ code: 'template/failed' });
  });

  test('in lineinfile, all lines of a file together', () => {
    const file = `${'a'.repeat(100_000)}!\n`.repeat(3);
    const edit = { line: 'x', backrefs: false, firstMatch: false };
    const slow = { name: 'SlowPattern' };
    expect(quickly(() => withLine(file, { ...edit, regexp: '(a+)+$' }))).toMatchObject(slow);
    expect(quickly(() => withLine(file, { ...edit, insertAfter: '(a+)+$' }))).toMatchObject(slow);
    expect(quickly(() => withoutLines(file, { ...edit, regexp: '(a+)+$' }))).toMatchObject(slow);
  });

  test.each([
    { about: 'a regular expression', pattern: '~(a+)+$' },
    { about: 'a glob with many stars', pattern: `${'*a'.repeat(25)}b*` },
  ])('$about over hosts', ({ pattern }) => {
    expect(quickly(() => matchHosts(inventoryOf(`${'a'.repeat(3000)}!`), pattern))).toMatchObject({
      code: 'inventory/unknown-host',
      message: expect.stringContaining('takes longer'),
    });
  });

  test('at the deadline that the program has', () => {
    vi.restoreAllMocks();
    const scope = scopeOf(asValues({ pattern: '(a+)+$', text: `${'a'.repeat(100_000)}!` }));
    const started = performance.now();
    expect(quickly(() => evaluate('text | regex_search(pattern)', scope))).toMatchObject({ code: 'template/failed' });
    expect(performance.now() - started).toBeGreaterThanOrEqual(MATCH_DEADLINE_MS - 1);
  });

  test('a thousand slow patterns, each on a short text, still end', () => {
    vi.restoreAllMocks();
    const scope = scopeOf({});
    const started = process.cpuUsage();
    expect(
      quickly(() => evaluate("range(1000) | map('string') | map('regex_search', '(a+)+$') | list", scope)),
    ).toHaveLength(1000);
    expect(cpuMsSince(started)).toBeLessThan(10_000 * slowness());
  });
});

describe('a pattern that is no danger means what it meant', () => {
  test.each([
    { about: 'a search in 1 MB', pattern: 'needle\\d+', text: `${'hay '.repeat(250_000)}needle7`, found: 'needle7' },
    { about: 'a group that repeats', pattern: '(?:ab)+$', text: 'xabab', found: 'abab' },
    { about: 'lazy', pattern: '<.+?>', text: 'a<b><c>', found: '<b>' },
    { about: 'nothing found', pattern: '(a+)+$', text: 'aaaa!', found: null },
  ])('$about', ({ pattern, text, found }) => {
    expect(evaluate('text | regex_search(pattern)', scopeOf(asValues({ pattern, text })))).toBe(found);
  });

  test('what the search itself throws comes out as it is', () => {
    const thrown = new FixError('template/failed', 'mine', { hint: 'x' });
    const search = () => {
      throw thrown;
    };
    expect(() => matchInTime(/(a+)+/, 1e6, search)).toThrow(thrown);
  });

  test.each([70_000, 1_000_000])('a pattern of %i characters is refused', (length) => {
    const scope = scopeOf(asValues({ pattern: 'a'.repeat(length) }));
    expect(quickly(() => evaluate("'a' is search(pattern)", scope))).toMatchObject({
      code: 'template/failed',
      message: expect.stringContaining('more than 65536 characters'),
    });
    expect(quickly(() => matchHosts(inventoryOf('a'), `~${'a'.repeat(length)}`))).toBeInstanceOf(FixError);
  });
});

function inventoryOf(name: string): Inventory {
  const host = { name, groups: [], vars: {}, at: 'here' };
  return { path: 'here', hosts: new Map([[name, host]]), groups: new Map(), warnings: [] };
}
