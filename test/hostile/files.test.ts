import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { FixError } from '../../src/core/error.js';
import { loadInventory } from '../../src/inventory/load-inventory.js';
import { anyText } from '../support/any-text.js';
import { quickly } from './quickly.js';

const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function written(content: string | Uint8Array): string {
  files += 1;
  const path = join(folder, `${files}.yaml`);
  writeFileSync(path, content);
  return path;
}

const LAUGHS = ['a: &a [1,1,1,1,1,1,1,1,1]']
  .concat([...'bcdefghij'].map((name, at) => `${name}: &${name} [${`*${'abcdefghi'[at]},`.repeat(9)}]`))
  .join('\n');

describe('an inventory that is no inventory ends quickly, and says why', () => {
  test.each([
    { about: 'deep in brackets', text: `all: ${'['.repeat(100_000)}${']'.repeat(100_000)}`, code: 'yaml/syntax' },
    { about: 'deep in braces', text: `all: ${'{a: '.repeat(100_000)}`, code: 'yaml/syntax' },
    { about: 'deep in dashes', text: '- '.repeat(100_000), code: 'yaml/syntax' },
    { about: 'deep by indentation', text: deepBlocks(2000), code: 'yaml/syntax' },
    { about: 'an anchor inside itself', text: 'all: &a\n  vars:\n    x: *a\n', code: 'yaml/syntax' },
    { about: 'a merge of itself', text: 'all: &a\n  vars:\n    <<: *a\n', code: 'yaml/syntax' },
    { about: 'aliases that multiply', text: LAUGHS, code: 'yaml/syntax' },
    { about: 'a million hosts by range', text: 'all: {hosts: {"h[1:100000000]": }}', code: 'inventory/invalid' },
    { about: 'ranges that multiply', text: 'all: {hosts: {"h[1:9999][1:9999][1:9999]": }}', code: 'inventory/invalid' },
    {
      about: 'groups in a circle',
      text: 'all: {children: {a: {children: {b: {children: {a: }}}}}}',
      code: 'inventory/invalid',
    },
    { about: 'bytes', text: Buffer.from([0x80, 0xff, 0x00, 0x01]), code: 'inventory/invalid' },
    { about: 'UTF-16', text: Buffer.from('\ufeffall: {}', 'utf16le'), code: 'inventory/invalid' },
    { about: 'a NUL', text: 'all: "\0"', code: 'yaml/syntax' },
    { about: 'an escape code', text: 'all: "\x1b[31m"', code: 'yaml/syntax' },
    { about: 'a tab for an indent', text: 'all:\n\thosts:\n', code: 'yaml/syntax' },
    { about: 'an unknown tag', text: 'all: !!python/object/apply:os.system ["id"]', code: 'yaml/syntax' },
    { about: 'two documents', text: 'all: {}\n---\nall: {}\n', code: 'yaml/syntax' },
    { about: 'a host that is an escape code', text: 'all: {hosts: {"\\e]0;x\\a": }}', code: 'inventory/invalid' },
  ])('$about', ({ text, code }) => {
    const found = quickly(() => loadInventory(written(text)));
    expect(found).toMatchObject({ code, hint: expect.stringMatching(/\S/) });
    expect((found as FixError).message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect((found as FixError).message.length).toBeLessThan(1000);
  });

  test.each([
    {
      about: '100 MB',
      make: (path: string) => execFileSync('truncate', ['-s', '100M', path]),
      code: 'file/too-large',
    },
    {
      about: 'a pipe that nobody writes to',
      make: (path: string) => execFileSync('mkfifo', [path]),
      code: 'file/missing',
    },
    { about: '/dev/zero', make: (path: string) => symlinkSync('/dev/zero', path), code: 'file/missing' },
    { about: 'a link to itself', make: (path: string) => symlinkSync(path, path), code: 'file/missing' },
    { about: 'a folder', make: (path: string) => mkdirSync(path), code: 'inventory/invalid' },
  ])('$about', ({ make, code }) => {
    const path = join(folder, `special-${files++}.yaml`);
    make(path);
    expect(quickly(() => loadInventory(path))).toMatchObject({ code });
  });

  test.each([
    { about: 'a byte order mark', text: '\ufeffall: {hosts: {a: }}' },
    { about: 'a key that stands twice', text: 'all:\n  hosts:\n    a:\n  hosts:\n    a:\n' },
    {
      about: 'names of prototypes',
      text: 'all:\n  hosts:\n    a: {__proto__: {x: 1}, constructor: 2}\n  vars: {__proto__: {y: 1}}\n',
    },
    { about: '10,000 hosts', text: 'all: {hosts: {a: , "h[1:10000]": }}' },
  ])('$about is read', ({ text }) => {
    const inventory = quickly(() => loadInventory(written(text))) as ReturnType<typeof loadInventory>;
    expect(inventory.hosts.has('a')).toBe(true);
    const vars = inventory.hosts.get('a')?.vars ?? {};
    expect([(vars as { x?: unknown }).x, (vars as { y?: unknown }).y, ({} as { x?: unknown }).x]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test('a list of hosts longer than any path', () => {
  const list = Array.from({ length: 3000 }, (_, at) => `host${at}`).join(',');
  expect(loadInventory(list).hosts.size).toBe(3000);
});

test('any bytes are an inventory or an error of ours', () => {
  const words = fc.constantFrom(
    'all',
    'hosts',
    'vars',
    'children',
    ':',
    ' ',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '&a ',
    '*a',
    '<<',
    '!vault |',
    '__proto__',
    '"',
    "'",
    'h[1:3]',
    '\t',
    '# x',
    '|',
    '>',
    '? ',
    '%',
    '0644',
    '~',
  );
  const texts = fc.oneof(
    fc.array(words, { maxLength: 40 }).map((parts) => parts.join('')),
    anyText(),
  );
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  fc.assert(
    fc.property(fc.oneof(texts, fc.uint8Array({ maxLength: 200 })), (content) => {
      quickly(() => loadInventory(written(content)));
    }),
    { numRuns: 300 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
});

function deepBlocks(levels: number): string {
  return Array.from({ length: levels }, (_, at) => `${' '.repeat(at)}a:\n`).join('');
}
