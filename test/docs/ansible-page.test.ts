import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error what writes the documents is no part of the program, and has no types
import { ansiblePage, COME_UP, programFrom, strayNotes, tablesOf } from '../../docs/ansible-page.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}/${path}`, 'utf8');
const names = JSON.parse(read('docs/ansible-names.json'));
const notes = JSON.parse(read('docs/ansible-notes.json'));

interface Row {
  readonly name: string;
  readonly status: string;
  readonly note: string;
}
interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly besides: readonly string[];
}

let program: Record<string, Record<string, unknown>>;
let tables: readonly Table[];

beforeAll(async () => {
  program = await programFrom((path: string) => import(/* @vite-ignore */ `../../src/${path}.ts`));
  tables = tablesOf(names, notes, program);
}, 120_000);

const tableCalled = (title: string) => tables.find((table) => table.title === title) as Table;
const rowOf = (title: string, name: string) => tableCalled(title).rows.find((row) => row.name === name);

describe('the page on Ansible', () => {
  test('has a row for each name that Ansible has', () => {
    const rows = tables.reduce((sum, table) => sum + table.rows.length, 0);
    const recorded = Object.entries(names).flatMap(([key, known]) =>
      key === 'version'
        ? []
        : key === 'keywords'
          ? Object.values(known as object).flat()
          : Object.keys(known as object),
    );
    expect(rows).toBe(recorded.length);
    expect(tables.every((table) => table.rows.length > 0)).toBe(true);
  });

  test('has no note on what there is not', () => {
    expect(strayNotes(names, notes, program)).toEqual([]);
  });

  test('would tell of such a note', () => {
    const stray = { ...notes, Filters: { no_such_filter: 'x', map: 'y' }, 'No such table': { a: 'b' } };
    expect(strayNotes(names, stray, program)).toEqual(['Filters: no_such_filter', 'No such table']);
  });

  test('takes what is here from the tables of the program', () => {
    const { FILTERS } = program.filters as { FILTERS: object };
    const here = tableCalled('Filters').rows.filter(({ status }) => status !== 'no');
    const { besides } = tableCalled('Filters');
    expect([...here.map(({ name }) => name), ...besides].sort()).toEqual(Object.keys(FILTERS).sort());
  });

  test.each([
    ['Keywords of tasks', 'with_NAME', 'yes'],
    ['Keywords of tasks', 'debugger', 'no'],
    ['Keywords of tasks', 'check_mode', 'differs'],
    ['Keywords of plays', 'throttle', 'yes'],
    ['Words of meta', 'refresh_inventory', 'yes'],
    ['Includes and imports', 'include_role', 'yes'],
    ['Includes and imports', 'include', 'no'],
    ['Variables that are always there', 'ansible_loop', 'yes'],
    ['Variables that are always there', 'role_path', 'yes'],
    ['Variables that are always there', 'vars', 'yes'],
    ['Lookups', 'env', 'yes'],
    ['Lookups', 'fileglob', 'yes'],
    ['Statements of templates', 'raw', 'yes'],
    ['Statements of templates', 'trans', 'no'],
    ['Inventory plugins', 'script', 'yes'],
    ['Inventory plugins', 'constructed', 'differs'],
    ['Inventory plugins', 'generator', 'no'],
    ['Options of ansible-playbook', '--start-at-task', 'yes'],
    ['Options of ansible-playbook', '--module-path', 'yes'],
    // Its short form, `-t`, is that of `--tags` for playbooks.
    ['Options of ansible', '--tree', 'yes'],
    ['Settings of ansible.cfg', 'defaults.roles_path', 'yes'],
    ['Settings of ansible.cfg', 'defaults.hash_behaviour', 'one value'],
    ['Settings of ansible.cfg', 'defaults.nocows', 'no effect'],
    ['Settings of ansible.cfg', 'defaults.filter_plugins', 'no'],
    ['Modules', 'ansible.builtin.copy', 'yes'],
    ['Modules', 'ansible.builtin.meta', 'yes'],
    ['Modules', 'ansible.posix.sysctl', 'yes'],
    ['Modules', 'ansible.builtin.subversion', 'no'],
  ])('%s, %s: %s', (title, name, status) => {
    expect(rowOf(title, name)?.status).toBe(status);
  });

  test('names variables that come up in a run only where the code makes them', () => {
    const engine = ['src/engine', 'src/modules'].flatMap((folder) =>
      readdirSync(`${ROOT}/${folder}`).map((file) => read(`${folder}/${file}`)),
    );
    for (const name of COME_UP)
      expect(
        engine.some((text) => text.includes(`.${name} =`) || text.includes(`${name}: `)),
        name,
      ).toBe(true);
  });

  test('lists arguments that are left out, other names of arguments among them', () => {
    const page: string = ansiblePage(names, notes, program, 'The end.');
    const rows = page.slice(page.indexOf('## Arguments of modules')).split('\n');
    const ofCopy = rows.find((row) => row.startsWith('| `ansible.builtin.copy` |'));
    expect(ofCopy).toContain('`unsafe_writes`');
    expect(ofCopy).not.toContain('`mode`');
    // An alias that no schema shows, and that is taken.
    expect(page).not.toContain('`pkg` (for `name`)');
    expect(rows.at(-2)).toBe('The end.');
  });
});
