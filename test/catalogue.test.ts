import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT_STATUS } from '../src/core/error.js';
import { checks } from '../src/diagnose/index.js';
import { facts } from '../src/facts/index.js';
import { ALIASES, modules } from '../src/modules/index.js';

const ROOT = join(import.meta.dirname, '..');

/** The folders whose files are registered by hand, and how what they hold is made. */
const CATALOGUES = [
  { folder: 'facts', makers: /\bdefineFact\b/, listed: facts, names: facts.map(({ name }) => name) },
  { folder: 'modules', makers: /\bdefine(?:Fleet)?Module\b/, listed: modules, names: modules.map(({ name }) => name) },
  { folder: 'diagnose', makers: /\bdefineCheck\b/, listed: checks, names: checks.map(({ id }) => id) },
];

/** Files of a folder that make something, with the names they export it under. */
function makersIn(folder: string, makers: RegExp) {
  const used = new RegExp(`= ${makers.source}[<(]`, 'g');
  const exported = new RegExp(`^export const (\\w+)(?:: [^=]+)? = ${makers.source}[<(]`, 'gm');
  return readdirSync(join(ROOT, 'src', folder))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const text = readFileSync(join(ROOT, 'src', folder, file), 'utf8');
      const names = [...text.matchAll(exported)].map((match) => match[1] as string);
      return { file, names, made: text.match(used)?.length ?? 0 };
    })
    .filter(({ made }) => made > 0);
}

describe.each(CATALOGUES)('src/$folder/index.ts', ({ folder, makers, listed, names }) => {
  const files = makersIn(folder, makers);

  test('lists as much as the folder makes', () => {
    expect(files.flatMap(({ names: made }) => made)).toHaveLength(listed.length);
  });

  test.each(files)('has all of $file', async ({ file, names: made, made: times }) => {
    const exports: Record<string, unknown> = await import(/* @vite-ignore */ join(ROOT, 'src', folder, file));
    expect(made, 'each is exported where it is made').toHaveLength(times);
    expect(made.filter((name) => !(listed as readonly unknown[]).includes(exports[name]))).toEqual([]);
  });

  test('has no name twice', () => {
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

test('another name of a module is of a module that there is, and no module itself', () => {
  const names = modules.map(({ name }) => name);
  expect(Object.values(ALIASES).filter((name) => !names.includes(name))).toEqual([]);
  expect(Object.keys(ALIASES).filter((name) => names.includes(name))).toEqual([]);
});

test('each error code is raised somewhere', () => {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/(core\/error|cli\/error-reference)\.ts$/.test(file))
    .map((file) => readFileSync(join(ROOT, 'src', file), 'utf8'))
    .join('\n');
  expect(Object.keys(EXIT_STATUS).filter((code) => !sources.includes(`'${code}'`))).toEqual([]);
});

describe('folders of cases', () => {
  const foldersOf = (path: string) =>
    readdirSync(join(ROOT, 'test', 'cases', path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);

  // That each fact has cases is tested where they run, in test/facts/cases.test.ts.
  test.each([
    { path: 'facts', names: facts.map(({ name }) => name) },
    { path: 'modules', names: modules.map(({ name }) => name) },
  ])('test/cases/$path has none that belongs to nothing', ({ path, names }) => {
    expect(foldersOf(path).filter((folder) => !names.includes(folder))).toEqual([]);
  });
});
