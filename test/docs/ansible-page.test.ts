import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error the generator of documents is no part of the program, and has no types
import { ansiblePage, COME_UP, programFrom, strayNotes, tablesOf } from '../../docs/ansible-page.mjs';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
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

let program: unknown;
let tables: readonly Table[];

beforeAll(async () => {
  program = await programFrom((path: string) => import(/* @vite-ignore */ `../../src/${path}.ts`));
  tables = tablesOf(names, notes, program);
});

const rowOf = (title: string, name: string) =>
  tables.find((table) => table.title === title)?.rows.find((row) => row.name === name);

describe('the page on Ansible', () => {
  test('prints', () => {
    if (process.env.PRINT) console.log(ansiblePage(names, notes, program, 'FOOT'));
  });
});
