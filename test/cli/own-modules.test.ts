import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { warmFlannel } from '../support/warm-cli.js';

const EXAMPLE = join(import.meta.dirname, '..', '..', 'examples', 'own-module');
const root = mkdtempSync(join(tmpdir(), 'fix-flannel-own-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
function project(files: Readonly<Record<string, string>>): string {
  const folder = join(root, String(count++));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const play = (...tasks: string[]) =>
  `- hosts: all\n  gather_facts: false\n  tasks:\n${tasks.map((task) => `    - ${task}\n`).join('')}`;
const run = (folder: string, ...more: string[]) =>
  warmFlannel(['playbook', '-i', 'h,', '-c', 'local', 'site.yml', '--wait', '60s', ...more], { cwd: folder });

/** A module that says something, whose plan is this. */
const saying = (name: string, plan = "unchanged('well', { result: { said: 'it' } })") => `
import { change, defineModule, run, sh, unchanged, z } from 'fix-flannel/module';
export default defineModule({ name: '${name}', about: 'says', example: '- ${name}:', args: z.any(),
  plan() { return ${plan}; },
});
`;

describe('the example', () => {
  const folder = join(root, 'example');
  cpSync(EXAMPLE, folder, { recursive: true });
  const file = join(folder, 'service.ini');
  const more = ['-e', `file=${file}`];
  const before = '[other]\nport = 1\n';
  const after = '[other]\nport = 1\n\n[server]\nhost = 127.0.0.1\nport = 8080\n';

  test('shows what it would do, does it, has nothing to do, and is undone', async () => {
    writeFileSync(file, before);
    const checked = await run(folder, ...more, '--check', '--diff');
    expect(checked).toMatchObject({ status: 0, stderr: '' });
    expect(checked.stdout).toContain(`--- before: ${file}\n+++ after: ${file}\n@@ -1,2 +1,5 @@`);
    expect(readFileSync(file, 'utf8')).toBe(before);

    const done = await run(folder, ...more);
    expect(done.stdout).toMatch(/changed: \[h\] => \(item=port\)\nchanged: \[h\] => \(item=host\)[\s\S]* changed=1 /);
    expect(readFileSync(file, 'utf8')).toBe(after);

    const again = await run(folder, ...more);
    expect(again.stdout).toMatch(/ok: \[h\] => \(item=port\)\nok: \[h\] => \(item=host\)[\s\S]* ok=1 +changed=0 /);

    const listed = await warmFlannel(['runs', 'list', '--json'], { cwd: folder });
    const ids = [...listed.stdout.matchAll(/\d{8}T\d{6}Z?-[\w-]+/g)].map(([id]) => id);
    const inventory = join(folder, 'inventory.ini');
    writeFileSync(inventory, 'h ansible_connection=local\n');
    for (const id of new Set(ids)) {
      if (readFileSync(file, 'utf8') === before) break;
      await warmFlannel(['rollback', inventory, '--run', id, '--wait', '60s'], { cwd: folder });
    }
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('is explained as those that come along are', async () => {
    const told = await warmFlannel(['modules', 'ini_setting', '-M', join(folder, 'library')]);
    expect(told.stdout).toMatch(/^Sets an option[\s\S]*value \*: what the option is set to[\s\S]*ini_setting:/);
  });
});

describe('where modules are found', () => {
  const files = { 'lib/said.mjs': saying('said'), 'site.yml': play('said:') };
  test.each<[string, Record<string, string>, string[]]>([
    ['beside the playbook, as .js', { 'library/said.js': saying('said') }, []],
    [
      'with another file, in TypeScript',
      {
        'library/said.ts': `import { type Word, word } from './_word.ts';\n${saying('said', "unchanged(word satisfies Word, { result: { said: 'it' } })")}`,
        'library/_word.ts': "export type Word = string;\nexport const word: Word = 'well';\n",
      },
      [],
    ],
    ['in a role', { 'roles/x/library/said.mjs': saying('said') }, []],
    [
      'in a role of roles_path',
      { 'more/x/library/said.mjs': saying('said'), 'ansible.cfg': '[defaults]\nroles_path = more\n' },
      [],
    ],
    ['in `library` of ansible.cfg', { ...files, 'ansible.cfg': '[defaults]\nlibrary = lib\n' }, []],
    ['in --module-path', files, ['-M', 'lib']],
  ])('%s', async (_, given, more) => {
    const folder = project({
      ...files,
      ...given,
      ...('lib/said.mjs' in given ? {} : { 'lib/said.mjs': 'not looked at' }),
    });
    const ran = await run(folder, '-v', ...more);
    expect(ran).toMatchObject({ status: 0 });
    expect(ran.stdout).toContain('ok: [h] => {"changed": false, "msg": "well", "said": "it"}');
  });

  test('for `module`, too', async () => {
    const folder = project(files);
    const ran = await warmFlannel(['module', 'h', '-i', 'h,', '-c', 'local', '-m', 'said', '-M', 'lib', '-v'], {
      cwd: folder,
    });
    expect(ran).toMatchObject({ status: 0 });
    expect(ran.stdout).toContain('"said": "it"');
  });
});

describe('what is refused before anything runs', () => {
  test.each<[string, string, string, RegExp, string]>([
    ['JavaScript that does not parse', 'bad.mjs', '\n\nconst = 1;\n', /this does not parse: /, 'bad.mjs:3'],
    ['TypeScript that does not parse', 'bad.ts', '\nlet a: = 1;\n', /this does not parse: /, 'bad.ts:2'],
    ['TypeScript that is more than types', 'bad.ts', 'let a = 1;\nenum B { C }\n', /enum is not supported/, 'bad.ts:2'],
    ['a file that throws', 'bad.mjs', "\nthrow new Error('no');\n", /this cannot be loaded: no/, 'bad.mjs:2'],
    ['a file that imports what there is not', 'bad.mjs', "import 'nothing-here';\n", /Cannot find package/, 'bad.mjs'],
    [
      'no default export',
      'bad.mjs',
      'export const a = 1;\n',
      /exports no module: it has no `export default/,
      'bad.mjs:1',
    ],
    ['another export', 'bad.mjs', '\nexport default { name: "bad" };\n', /exports no module: about: /, 'bad.mjs:2'],
    [
      'a word too many',
      'bad.mjs',
      saying('bad').replace('about:', 'abuot: 1, about:'),
      /Unrecognized key: "abuot"/,
      'bad.mjs:3',
    ],
    ['another name', 'bad.mjs', saying('good'), /its name is "good", not the file's/, 'bad.mjs:3'],
    ['a name of this program', 'copy.mjs', saying('copy'), /this program has a module `copy`/, 'copy.mjs:3'],
    ['a keyword', 'notify.mjs', saying('notify'), /`notify` is a keyword of tasks/, 'notify.mjs:3'],
    ['a name that is none', 'a-b.mjs', saying('a-b'), /"a-b" is no name of a module/, 'a-b.mjs:3'],
  ])('%s', async (_, name, text, said, at) => {
    const folder = project({ [`library/${name}`]: text, 'site.yml': play('copy: { content: x, dest: there }') });
    const ran = await run(folder);
    expect(ran.status).toBe(4);
    expect(ran.stderr).toMatch(said);
    expect(ran.stderr).toContain(join(folder, 'library', at));
    expect(ran.stdout).toBe('');
  });

  test('a name that two files have', async () => {
    const folder = project({
      'library/a.mjs': saying('a'),
      'roles/r/library/a.ts': saying('a'),
      'site.yml': play('a:'),
    });
    expect((await run(folder)).stderr).toMatch(/library\/a\.mjs is a module `a` too/);
  });

  test('a module for Ansible, where a task names it, and only there', async () => {
    const files = { 'library/theirs.py': 'import os\n', 'library/readme.md': '' };
    const used = await run(project({ ...files, 'site.yml': play('theirs:') }));
    expect(used.status).toBe(4);
    expect(used.stderr).toContain('`theirs` is a Python module for Ansible, which does not run here');
    expect(await run(project({ ...files, 'site.yml': play('ping:') }))).toMatchObject({ status: 0 });
  });
});

describe('a module that is wrong fails its task', () => {
  test.each([
    ['one that throws', "(() => { throw new Error('oh no'); })()", /the project's module wrong: oh no/],
    ['a promise', "Promise.resolve(unchanged('x'))", /plan gave a promise/],
    ['nothing', 'undefined', /plan gave no outcome/],
    [
      'an action that is none',
      "change('x', { actions: [{ kind: 'write', path: '/x', content: 'text' }] })",
      /actions\.0\.content: has to be bytes/,
    ],
    [
      'a conclusion that throws',
      "change('x', { actions: [run(sh`true`)], conclude() { throw new Error('late'); } })",
      /the project's module wrong: late/,
    ],
  ])('%s', async (_, plan, said) => {
    const folder = project({ 'library/wrong.mjs': saying('wrong', plan), 'site.yml': play('wrong:') });
    const ran = await run(folder);
    expect(ran.status).toBe(2);
    expect(ran.stdout).toMatch(said);
  });
});
