import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { loadPlaybook } from '../../src/playbook/load-playbook.js';
import { type Step, stepName } from '../../src/playbook/play.js';
import { knows } from '../support/run-playbook.js';

const root = mkdtempSync(join(tmpdir(), 'fix-flannel-imports-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Reads `site.yml` of a project with these files. */
function load(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(root, 'project-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return loadPlaybook(join(folder, 'site.yml'), knows);
}

function refusal(files: Readonly<Record<string, string>>): FixError {
  try {
    load(files);
  } catch (error) {
    if (error instanceof FixError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

const play = (rest: string) => `- hosts: all\n${rest}`;
const tasks = (text: string) => play(`  tasks:\n    - ${text}\n`);

describe('what a playbook brings in is looked at before anything runs', () => {
  test.each([
    {
      about: 'no such file',
      files: { 'site.yml': tasks('import_tasks: more.yml') },
      says: 'is not there',
      at: 'site.yml:3:7',
    },
    {
      about: 'a file in it that is wrong',
      files: { 'site.yml': tasks('import_tasks: more.yml'), 'more.yml': '- debug: {msg: x}\n- yum: {name: x}\n' },
      says: '`yum`',
      at: 'more.yml:2:3',
    },
    {
      about: 'a file that brings itself in',
      files: { 'site.yml': tasks('import_tasks: a.yml'), 'a.yml': '- import_tasks: a.yml\n' },
      says: 'brings itself in',
      at: 'a.yml:1:3',
    },
    {
      about: 'two that bring each other in',
      files: {
        'site.yml': tasks('import_tasks: a.yml'),
        'a.yml': '- import_tasks: b.yml\n',
        'b.yml': '- import_tasks: a.yml\n',
      },
      says: 'brings itself in',
      at: 'b.yml:1:3',
    },
    {
      about: 'a playbook that brings itself in',
      files: { 'site.yml': '- import_playbook: site.yml\n' },
      says: 'brings itself in',
      at: 'site.yml:1:3',
    },
    {
      about: 'a loop over an import',
      files: { 'site.yml': tasks('import_tasks: a.yml\n      loop: [1]') },
      says: '`loop`',
      at: 'site.yml:4:7',
    },
    {
      about: 'a name that is a template',
      files: { 'site.yml': tasks('import_tasks: "{{ x }}.yml"') },
      says: 'cannot be a template',
      at: 'site.yml:3:7',
    },
    {
      about: 'no such role',
      files: { 'site.yml': play('  roles: [web]\n') },
      says: 'the role web is not there',
      at: 'site.yml:2:',
    },
    {
      about: 'a role without the file that is asked for',
      files: { 'site.yml': tasks('import_role: {name: web, tasks_from: other}'), 'roles/web/tasks/main.yml': '[]' },
      says: 'tasks/other of the role web',
      at: 'site.yml:3:7',
    },
    {
      about: 'a role that depends on itself',
      files: { 'site.yml': play('  roles: [web]\n'), 'roles/web/meta/main.yml': 'dependencies: [web]\n' },
      says: 'brings itself in',
      at: 'meta/main.yml:1:',
    },
    {
      about: 'a word of tasks on a role, which would be a variable otherwise',
      files: { 'site.yml': play('  roles: [{role: web, register: x}]\n'), 'roles/web/tasks/main.yml': '[]' },
      says: '`register` of a role',
      at: 'site.yml:2:',
    },
    {
      about: 'argument specs that are a list',
      files: { 'site.yml': play('  roles: [web]\n'), 'roles/web/meta/argument_specs.yml': 'argument_specs: [a]\n' },
      says: 'argument_specs has to be a mapping',
      at: 'argument_specs.yml:1:',
    },
    {
      about: 'an argument that import_role does not take',
      files: { 'site.yml': tasks('import_role: {name: web, apply: {}}'), 'roles/web/tasks/main.yml': '[]' },
      says: '`apply`',
      at: 'site.yml:3:7',
    },
    {
      about: 'a block among the handlers of a role',
      files: { 'site.yml': play('  roles: [web]\n'), 'roles/web/handlers/main.yml': '- block: [{debug: {msg: x}}]\n' },
      says: 'a block among the handlers',
      at: 'handlers/main.yml:1:3',
    },
    {
      about: 'what is wrong in a file that include_tasks names',
      files: { 'site.yml': tasks('include_tasks: a.yml'), 'a.yml': '- yum: {name: x}\n' },
      says: '`yum`',
      at: 'a.yml:1:3',
    },
  ])('$about', ({ files, says, at }) => {
    const error = refusal(files as unknown as Record<string, string>);
    expect(error.message).toContain(says);
    expect(error.at).toContain(at);
    expect(error.hint).not.toBe('');
  });

  test('a chain of a hundred files ends in an error', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`${index}.yml`, `- import_tasks: ${index + 1}.yml\n`]),
    );
    expect(refusal({ 'site.yml': tasks('import_tasks: 0.yml'), ...chain }).message).toContain('too many files');
  });
});

describe('what is brought in stands in its place', () => {
  const names = (steps: readonly Step[]): string[] =>
    steps.flatMap((step) =>
      step.kind === 'block' ? names([...step.block, ...step.rescue, ...step.always]) : [stepName(step)],
    );

  test('tasks, roles and their dependencies, in their order', () => {
    const { plays } = load({
      'site.yml': play(
        '  pre_tasks: [{name: before, debug: {msg: x}}]\n  roles: [web]\n  tasks:\n    - import_tasks: file=a.yml\n    - ansible.builtin.import_role: {name: web}\n',
      ),
      'a.yml': '- {name: in a, debug: {msg: x}}\n',
      'roles/base/tasks/main.yaml': '- {name: in base, debug: {msg: x}}\n',
      'roles/web/tasks/main.yml': '- {name: in web, debug: {msg: x}}\n- import_tasks: part.yml\n',
      'roles/web/tasks/part.yml': '- {name: in part, debug: {msg: x}}\n',
      'roles/web/meta/main.yml': 'dependencies: [base]\n',
    });
    expect(names(plays[0]?.steps ?? [])).toEqual([
      'before',
      'meta',
      'in base',
      'in web',
      'in part',
      'in a',
      'in base',
      'in web',
      'in part',
    ]);
  });

  test('an empty file brings nothing', () => {
    expect(names(load({ 'site.yml': tasks('import_tasks: a.yml'), 'a.yml': '---\n' }).plays[0]?.steps ?? [])).toEqual(
      [],
    );
  });
});
