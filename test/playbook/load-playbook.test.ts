import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { readPlaybook } from '../../src/playbook/load-playbook.js';
import { knows } from '../support/run-playbook.js';

const read = (text: string) => readPlaybook(text, 'site.yaml', knows);

function refusal(text: string): FixError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof FixError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a playbook that is refused before anything runs', () => {
  test.each([
    { about: 'not a list', text: 'hosts: all', says: 'list of plays', at: 'site.yaml:1:1' },
    { about: 'no play in it', text: '[]', says: 'no plays', at: 'site.yaml:1:1' },
    { about: 'a play without hosts', text: '- tasks: []', says: 'names no hosts', at: 'site.yaml:1:3' },
    { about: 'an unknown keyword of a play', text: '- hosts: all\n  task: []', says: '`task`', at: 'site.yaml:2:' },
    {
      about: 'a keyword that Ansible knows and this does not',
      text: '- hosts: all\n  debugger: always',
      says: '`debugger`',
      at: 'site.yaml:2:',
    },
    { about: 'another strategy', text: '- hosts: all\n  strategy: debug', says: 'debug', at: 'site.yaml:2:' },
    {
      about: 'a task with no module',
      text: '- hosts: all\n  tasks:\n    - name: x',
      says: 'no module',
      at: 'site.yaml:3:7',
    },
    {
      about: 'a task with two modules',
      text: '- hosts: all\n  tasks:\n    - command: x\n      shell: y',
      says: 'two modules',
      at: 'site.yaml:3:7',
    },
    {
      about: 'a module that is not there',
      text: '- hosts: all\n  tasks:\n    - yum: { name: x }',
      says: '`yum`',
      at: 'site.yaml:3:',
    },
    {
      about: 'an order that there is not',
      text: '- hosts: all\n  order: backwards',
      says: 'backwards',
      at: 'site.yaml:2:',
    },
    {
      about: 'a word of vars_prompt',
      text: '- hosts: all\n  vars_prompt: [{name: x, encrypt: bcrypt}]',
      says: 'vars_prompt.encrypt: bcrypt',
      at: 'site.yaml:2:',
    },
    {
      about: 'an include with a word that holds for what it brings',
      text: '- hosts: all\n  tasks:\n    - include_tasks: a.yml\n      become: true',
      says: '`become`',
      at: 'site.yaml:4:',
    },
    {
      about: 'an unknown word of meta',
      text: '- hosts: all\n  tasks:\n    - meta: end_world',
      says: 'end_world',
      at: 'site.yaml:3:',
    },
    {
      about: 'a loop control that is not supported',
      text: '- hosts: all\n  tasks:\n    - command: x\n      loop: [1]\n      loop_control: { label_of: true }',
      says: 'label_of',
      at: 'site.yaml:5:',
    },
    {
      about: 'a variable of no name',
      text: '- hosts: all\n  tasks:\n    - command: x\n      register: a-b',
      says: 'a-b',
      at: 'site.yaml:4:',
    },
    {
      about: 'a block among the handlers',
      text: '- hosts: all\n  handlers:\n    - block: []',
      says: 'handlers',
      at: 'site.yaml:3:',
    },
    { about: 'vars that are a list', text: '- hosts: all\n  vars: [a]', says: 'mapping', at: 'site.yaml:2:' },
    { about: 'YAML that cannot be read', text: '- hosts: [', says: '', at: 'site.yaml:' },
  ])('$about', ({ text, says, at }) => {
    const error = refusal(text);
    expect(error.message).toContain(says);
    expect(error.at).toContain(at);
    expect(error.hint).not.toBe('');
  });
});

describe('a playbook that is read', () => {
  test('takes modules by their full names, and free-form text', () => {
    const [play] = read('- hosts: all\n  tasks:\n    - ansible.builtin.command: echo hi\n').plays;
    expect(play?.steps[0]).toMatchObject({ module: 'command', args: 'echo hi' });
  });

  test('puts tasks before, in and after in one row', () => {
    const [play] = read(
      '- hosts: a\n  post_tasks: [{debug: }]\n  tasks: [{ping: }]\n  pre_tasks: [{command: x}]',
    ).plays;
    expect(play?.steps.map((step) => (step.kind === 'task' ? step.module : 'block'))).toEqual([
      'command',
      'meta',
      'ping',
      'meta',
      'debug',
    ]);
  });

  test('keeps args beside free-form text', () => {
    const [play] = read('- hosts: a\n  tasks:\n    - shell: ls\n      args: { chdir: /x }').plays;
    expect(play?.steps[0]).toMatchObject({ args: { _raw_params: 'ls', chdir: '/x' } });
  });
});

test('no text makes it throw anything but a FixError', () => {
  const piece = fc.constantFrom(
    '- ',
    'hosts: ',
    'all',
    '\n',
    '  ',
    'tasks:',
    'block:',
    'when: ',
    '[',
    ']',
    '{',
    '}',
    ':',
    'name',
    '&a',
    '*a',
    '"',
    "'",
    '|',
    '!x',
    '1',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
      ),
      (text) => {
        try {
          read(text);
        } catch (error) {
          expect(error).toBeInstanceOf(FixError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
