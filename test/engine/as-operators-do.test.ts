import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadInventory } from '../../src/inventory/load-inventory.js';
import { loadPlaybook } from '../../src/playbook/load-playbook.js';
import { knows, runLoaded, runText } from '../support/run-playbook.js';

// What playbooks of operators met on real guests.

const ONE = 'all: { vars: { ansible_connection: local }, hosts: { a: } }\n';
let here: string;
beforeEach(() => {
  here = mkdtempSync(join(tmpdir(), 'fix-flannel-operators-'));
});
afterEach(() => rmSync(here, { recursive: true, force: true }));

describe('a host whose locks are gone, as after a boot', () => {
  const book = (between: string) => `- hosts: a
  gather_facts: false
  tasks:
    - name: Before
      copy: { dest: "{{ here }}/one", content: x }
    - name: Between
      ${between}
    - name: After
      copy: { dest: "{{ here }}/two", content: x }`;
  const lock = () => join(here, 'lock');
  const forgotten = (between: string, then: () => void = () => {}) =>
    runText(book(between), {
      inventory: ONE,
      extraVars: { here },
      targetLockFolder: lock(),
      onEvent(event) {
        if (event.kind !== 'result' || event.task !== 'Before') return;
        for (const name of readdirSync(lock())) rmSync(join(lock(), name), { recursive: true });
        then();
      },
    });

  test('is gone on with where the run waited for the host to be there again', async () => {
    const { trace } = await forgotten('wait_for_connection: { timeout: 10 }');
    expect(trace.at(-1)).toBe('a After: changed');
  });

  test('is left alone where the run did not wait', async () => {
    const { trace, result } = await forgotten('debug: { msg: nothing }');
    expect(trace.at(-1)).toBe('a After: failed');
    expect(result('a', 'After').msg).toContain('another run has taken a over');
  });

  test('is left alone where another run has it by then', async () => {
    const { trace } = await forgotten('wait_for_connection: { timeout: 10 }', () => {
      writeFileSync(join(lock(), '1'), `${Math.floor(Date.now() / 1000) + 900} 900 other\n{}\n`);
    });
    expect(trace.at(-1)).toBe('a After: failed');
  });
});

test('a file that first_found has found in a role is read, also where the playbook was named by a relative path', async () => {
  mkdirSync(join(here, 'roles/one/tasks'), { recursive: true });
  mkdirSync(join(here, 'roles/one/vars'));
  writeFileSync(join(here, 'inventory.yml'), ONE);
  writeFileSync(join(here, 'site.yml'), '- { hosts: a, gather_facts: false, roles: [one] }\n');
  writeFileSync(join(here, 'roles/one/vars/debian.yml'), 'word: found\n');
  writeFileSync(
    join(here, 'roles/one/tasks/main.yml'),
    `- name: Read
  include_vars: "{{ item }}"
  with_first_found: [{ files: [none.yml, debian.yml], paths: [vars] }]
- name: Tell
  debug: { msg: "{{ word }} {{ role_path }}" }
`,
  );
  const playbook = loadPlaybook(relative(process.cwd(), join(here, 'site.yml')), knows);
  const { result } = await runLoaded(loadInventory(join(here, 'inventory.yml')), playbook);
  expect(result('a', 'one : Tell').msg).toBe(`found ${here}/roles/one`);
});

test('a check of a new user does not ask for groups that would be there by then', async () => {
  const book = `- hosts: a
  gather_facts: false
  tasks:
    - name: New
      user: { name: ff-nobody-new, groups: [ff-no-such-group] }
    - name: There already
      user: { name: root, groups: [ff-no-such-group], append: true }`;
  const { trace } = await runText(book, { inventory: ONE, check: true });
  expect(trace).toEqual(['a New: changed', 'a There already: failed']);
});
