import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { controllerLookups } from '../../src/engine/controller-lookups.js';
import { fileLookups, templateLoader } from '../../src/engine/file-lookups.js';
import { loadInventory } from '../../src/inventory/index.js';
import { asValues, createEnvironment, renderText, scopeOf } from '../../src/template/index.js';

// What ansible-core 2.14.18 made of each row; recorded/record.py writes it down.
interface Row {
  readonly expression?: string;
  readonly template?: string;
  readonly text?: string;
  readonly json?: string;
  readonly error?: 'undefined' | 'failed';
}

const HERE = fileURLToPath(new URL('./recorded', import.meta.url));
const FOLDER = `${HERE}/files`;
const read = (name: string) => readFileSync(`${HERE}/${name}`, 'utf8');
const rows = read('recorded.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Row);
/** Where this program differs on purpose: the row's text, and why. */
const differs = new Map(Object.entries(JSON.parse(read('differs.json')) as Record<string, string>));

const world = { readFile: (path: string) => readFileSync(path) };
const environment = createEnvironment({
  lookups: {
    ...fileLookups(world),
    ...controllerLookups({ check: true, inventory: () => loadInventory(`${HERE}/inventory.ini`) }),
    env: (names) => names.map((name) => process.env[String(name)] ?? ''),
  },
  loadTemplate: templateLoader(world),
});
const variables = asValues({
  ...(JSON.parse(read('variables.json')) as Record<string, unknown>),
  playbook_dir: FOLDER,
  ansible_search_path: [FOLDER],
});

function outcome(source: string): { text: string } | { error: string } {
  try {
    return { text: renderText(source, scopeOf(variables, environment)).replaceAll(FOLDER, '<folder>') };
  } catch (thrown) {
    if (!(thrown instanceof FixError)) throw thrown;
    return { error: thrown.code };
  }
}

const before = { ...process.env };
beforeAll(() => {
  Object.assign(process.env, { HOME: '/home/someone', RECORDED: 'yes', TZ: 'UTC' });
});
afterAll(() => {
  Object.assign(process.env, { HOME: before.HOME, TZ: before.TZ });
  delete process.env.RECORDED;
});

const agreed = rows.filter(({ expression, template }) => !differs.has(expression ?? template ?? ''));

describe('an expression comes to what Ansible makes of it', () => {
  test.each(agreed.filter((row) => row.expression !== undefined))(
    '$expression',
    ({ expression, text, json, error }) => {
      const ours = outcome(`|{{ ${expression} }}`);
      if (error !== undefined) expect(ours).toHaveProperty('error');
      else expect(ours).toEqual({ text: `|${text}` });
      if (json !== undefined) expect(outcome(`{{ (${expression}) | to_json }}`)).toEqual({ text: json });
    },
  );
});

describe('a template file comes to what Ansible makes of it', () => {
  test.each(agreed.filter((row) => row.template !== undefined))('$template', ({ template, text, error }) => {
    const ours = outcome(template as string);
    if (error !== undefined) expect(ours).toHaveProperty('error');
    else expect(ours).toEqual({ text });
  });
});

test('each difference is one of a row that is there, and is one', () => {
  const known = new Set(rows.map(({ expression, template }) => expression ?? template));
  for (const text of differs.keys()) expect(known).toContain(text);
  expect(rows.length).toBeGreaterThan(1000);
  expect(existsSync(`${FOLDER}/files/note.txt`)).toBe(true);
});
