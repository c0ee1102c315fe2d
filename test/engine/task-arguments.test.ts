import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseArguments } from '../../src/engine/task-arguments.js';

const plain = {
  name: 'copy',
  args: z.strictObject({ src: z.string().optional(), dest: z.string(), mode: z.string().default('0644') }),
};
const free = {
  name: 'command',
  freeForm: 'cmd',
  args: z.strictObject({ cmd: z.string(), creates: z.string().optional(), chdir: z.string().optional() }),
};
const files = {
  name: 'include_vars',
  freeForm: 'file',
  inline: ['file', 'name'],
  args: z.strictObject({ file: z.string(), name: z.string().optional() }),
};
const parsed = (module: typeof plain | typeof free | typeof files, given: unknown) =>
  parseArguments(module as typeof plain, given, 'site.yaml:3:5');

describe('parseArguments', () => {
  test.each([
    { about: 'a mapping', module: plain, given: { dest: '/x' }, args: { dest: '/x', mode: '0644' } },
    { about: 'words', module: plain, given: 'dest=/x mode=0600', args: { dest: '/x', mode: '0600' } },
    {
      about: 'words under _raw_params beside others, which win',
      module: plain,
      given: { _raw_params: 'dest=/x mode=0600', mode: '0700' },
      args: { dest: '/x', mode: '0700' },
    },
    { about: 'free-form text', module: free, given: 'ls  -l a=b', args: { cmd: 'ls  -l a=b' } },
    {
      about: 'words of its own within free-form text',
      module: free,
      given: 'ls creates=/x chdir="/a b" -l',
      args: { cmd: 'ls -l', creates: '/x', chdir: '/a b' },
    },
    { about: 'such a word in front', module: free, given: "chdir='/a' ls", args: { cmd: 'ls', chdir: '/a' } },
    {
      about: 'text that only ends like such a word',
      module: free,
      given: 'ls --creates=/x',
      args: { cmd: 'ls --creates=/x' },
    },
    {
      about: 'free-form text beside arguments',
      module: free,
      given: { _raw_params: 'ls', chdir: '/a' },
      args: { cmd: 'ls', chdir: '/a' },
    },
    {
      about: 'words of the module in free-form text',
      module: files,
      given: 'x.yml name=q',
      args: { file: 'x.yml', name: 'q' },
    },
    {
      about: 'the free-form argument by its name',
      module: files,
      given: 'file=x.yml name=q',
      args: { file: 'x.yml', name: 'q' },
    },
  ])('takes $about', ({ module, given, args }) => {
    expect(parsed(module, given)).toEqual(args);
  });

  test.each([
    {
      about: 'an argument that it does not know',
      module: plain,
      given: { dest: '/x', destt: '' },
      says: /copy: .*destt/,
    },
    { about: 'a missing one', module: plain, given: {}, says: /copy: dest: / },
    { about: 'one of the wrong kind', module: plain, given: { dest: ['/x'] }, says: /copy: dest: / },
    { about: 'text of no words', module: plain, given: 'dest', says: /"dest" is not of the form name=value/ },
    { about: 'nothing', module: plain, given: null, says: /copy: / },
    { about: 'a list', module: plain, given: ['dest=/x'], says: /copy: / },
  ])('refuses $about', ({ module, given, says }) => {
    expect(() => parsed(module, given)).toThrow(
      expect.objectContaining({
        code: 'playbook/invalid',
        message: expect.stringMatching(says),
        hint: expect.stringMatching(/./),
      }),
    );
  });

  describe('splits before it renders', () => {
    const values: Record<string, unknown> = { '{{ p }}': '/x mode=0777 creates=/y', '{{ all }}': { dest: '/z' } };
    const render = (value: unknown): unknown => {
      if (typeof value === 'string') return values[value] ?? value;
      return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, render(item)]));
    };

    test.each([
      { about: 'words', module: plain, given: 'dest={{ p }}', args: { dest: '/x mode=0777 creates=/y', mode: '0644' } },
      { about: 'free-form text', module: free, given: '{{ p }}', args: { cmd: '/x mode=0777 creates=/y' } },
      {
        about: 'a word within free-form text',
        module: free,
        given: 'ls chdir={{ p }}',
        args: { cmd: 'ls', chdir: '/x mode=0777 creates=/y' },
      },
      {
        about: 'not where one variable holds all',
        module: plain,
        given: '{{ all }}',
        args: { dest: '/z', mode: '0644' },
      },
    ])('$about', ({ module, given, args }) => {
      expect(parseArguments(module as typeof plain, given, 'site.yaml:3:5', render)).toEqual(args);
    });
  });

  test('says where the task stands and where its arguments are listed', () => {
    expect(() => parsed(plain, {})).toThrow(
      expect.objectContaining({ at: 'site.yaml:3:5', hint: expect.stringContaining('fix-flannel modules copy') }),
    );
  });

  test('says where the task stands for text of no words too', () => {
    expect(() => parsed(plain, 'dest')).toThrow(expect.objectContaining({ at: 'site.yaml:3:5' }));
  });
});
