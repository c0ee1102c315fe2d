import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));

/** The layers of the program; docs/architecture.md has the same table. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  flannel: ['core'],
  template: ['core'],
  facts: ['core', 'flannel'],
  diagnose: ['core', 'flannel', 'facts'],
  modules: ['core', 'flannel', 'facts', 'diagnose'],
  inventory: ['core'],
  playbook: ['core'],
  journal: ['core'],
  vault: ['core'],
  library: ['core', 'modules', 'playbook'],
  engine: ['core', 'flannel', 'template', 'facts', 'diagnose', 'modules', 'inventory', 'playbook', 'journal'],
  transport: ['core'],
  etcd: ['core', 'flannel'],
  report: ['core', 'template', 'diagnose', 'engine', 'journal', 'compliance', 'history'],
  compliance: ['core', 'diagnose', 'inventory'],
  formats: ['core', 'compliance', 'diagnose'],
  history: ['core', 'compliance', 'diagnose', 'journal'],
  recording: ['core', 'flannel', 'facts', 'modules', 'inventory', 'engine', 'etcd'],
  kubernetes: ['core', 'flannel'],
  schedule: ['core', 'compliance', 'formats', 'history'],
};

/** Each of these packages has one door. */
const DOORS: Readonly<Record<string, RegExp>> = {
  yaml: /^core\/yaml[\w-]*\.ts$|^template\/(to-yaml|yaml-filters|yaml-scalars)\.ts$/,
  ssh2: /^transport\//,
  'node-ssh': /^transport\//,
  etcd3: /^etcd\//,
  '@kubernetes/client-node': /^kubernetes\/open-nodes\.ts$/,
  '@aws-lambda-powertools/jmespath': /^template\/filters\/queries\.ts$/,
  croner: /^schedule\/serve\/slots\.ts$/,
  '@swc/wasm-typescript': /^library\//,
  ora: /^cli\//,
  commander: /^cli\//,
  diff: /^report\/|^formats\/html-diff\.ts$/,
};

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)).split(sep).join('/'));

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] as string);
}

describe('imports point downhill', () => {
  test.each(Object.entries(MAY_IMPORT))('%s', (folder, allowed) => {
    const strays = files
      .filter((file) => file.startsWith(`${folder}/`))
      .flatMap((file) =>
        importsOf(file)
          .filter((name) => name.startsWith('.'))
          .map((name) => join(dirname(file), name).split('/')[0] as string)
          .filter((target) => target !== folder && !allowed.includes(target))
          .map((target) => `${file} imports ${target}`),
      );
    expect(strays).toEqual([]);
  });

  test('every folder but the command line is in the table', () => {
    const folders = new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/')[0]));
    folders.delete('cli');
    expect([...folders].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });
});

/** What a file needs before its first line runs; types cost nothing, `import()` costs nothing yet. */
function loadedWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!files.includes(file)) return seen;
  const text = readFileSync(join(SRC, file), 'utf8');
  for (const [, isType, from] of text.matchAll(/^(?:import|export) (type )?(?:[^;']*? from )?'([^']+)';/gm)) {
    if (isType !== undefined || from === undefined) continue;
    const target = from.startsWith('.') ? join(dirname(file), from).replace(/\.js$/, '.ts') : from;
    loadedWith(target, seen);
  }
  return seen;
}

test('a command that asks for help loads the command line and nothing else', () => {
  const loaded = [...loadedWith('cli/main.ts')];
  expect(loaded.length).toBeGreaterThan(20);
  const others = loaded.filter((name) => !name.startsWith('cli/') && !name.startsWith('core/'));
  expect(others.filter((name) => !name.startsWith('node:'))).toEqual(['commander']);
});

test.each(Object.entries(DOORS))('%s has one door', (name, door) => {
  const users = files.filter((file) => importsOf(file).some((from) => from === name || from.startsWith(`${name}/`)));
  expect(users.length).toBeGreaterThan(0);
  expect(users.filter((file) => !door.test(file))).toEqual([]);
});
