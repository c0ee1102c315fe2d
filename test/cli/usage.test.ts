import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/core/error.js';
import { modules } from '../../src/modules/index.js';
import { type Ended, fixFlannel } from '../support/cli.js';
import { warmFlannel } from '../support/warm-cli.js';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMANDS = [
  'run',
  'check',
  'explain',
  'checks',
  'history',
  'gather',
  'schedule',
  'plan',
  'playbook',
  'module',
  'runs',
  'rollback',
  'inventory',
  'modules',
  'completion',
];

const SUBCOMMANDS: readonly string[] = ['list', 'show', 'diff', 'install', 'status', 'remove', 'crontab', 'serve'];

describe('help and version', () => {
  test('--version is the one of package.json', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(await fixFlannel(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  describe('--help', () => {
    let help: Ended;
    beforeAll(async () => {
      help = await fixFlannel(['--help']);
    });

    test('ends with 0', () => expect(help.status).toBe(0));
    test.each(COMMANDS)('names %s', (name) => expect(help.stdout).toMatch(new RegExp(`^  ${name} `, 'm')));
    test.each(Object.values(EXIT))('says what exit status %d means', (status) => {
      expect(help.stdout).toMatch(new RegExp(`^  ${status} +\\w`, 'm'));
    });
  });

  test.each(['run', 'check', 'plan', 'rollback'])('%s --help has the exit statuses too', async (command) => {
    const { status, stdout } = await warmFlannel([command, '--help']);
    expect(status).toBe(0);
    for (const code of Object.values(EXIT)) expect(stdout).toMatch(new RegExp(`^  ${code} +\\w`, 'm'));
  });

  test.each([[], ...COMMANDS.map((name) => [name]), ['runs', 'list'], ['runs', 'show']].map((words) => ({ words })))(
    '$words --help fits 80 columns, and shows an example',
    async ({ words }) => {
      const { stdout } = await warmFlannel([...words, '--help']);
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
      if (words.length < 2) expect(stdout).toMatch(/^Examples:\n {2}\S/m);
    },
  );

  test.each(COMMANDS)('the examples of %s name options that there are', async (name) => {
    const { stdout } = await warmFlannel([name, '--help']);
    const examples = [...stdout.matchAll(/^ {2}fix-flannel (.*)$/gm)].map(
      ([, line = '']) => line.split(/ {2,}| \| /)[0],
    );
    for (const example of examples) {
      const [command = '', ...words] = example?.split(' ') ?? [];
      const below = words[0] !== undefined && SUBCOMMANDS.includes(words[0]) ? [words[0]] : [];
      const help = (await warmFlannel([command, ...below, '--help'])).stdout;
      for (const option of words.filter((word) => /^--?[a-zA-Z]/.test(word)))
        expect(help).toMatch(new RegExp(`^ +(-\\w, )?${option}[ ,]`, 'm'));
    }
  });

  test('no arguments at all is a wrong usage that shows the help', async () => {
    const { status, stdout, stderr } = await fixFlannel([]);
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
    expect(stderr).toMatch(/^Usage: fix-flannel/);
  });
});

describe('wrong usage ends with 64, says what is wrong and what was meant', () => {
  test.each([
    { about: 'a command that is nearly one', args: ['chekc', 'x'], says: ["'chekc'", 'Did you mean check?'] },
    { about: 'a command like no other', args: ['frobnicate'], says: ["unknown command 'frobnicate'"] },
    { about: 'an option that is nearly one', args: ['run', '--dif', 'x'], says: ["'--dif'", 'Did you mean --diff?'] },
    { about: 'a missing inventory argument', args: ['run'], says: ['an inventory is missing', 'run inventory.yaml'] },
    { about: 'one argument too many', args: ['run', 'a', 'b', 'c'], says: ['too many arguments'] },
    { about: 'no forks', args: ['run', 'x', '--forks', '0'], says: ["'0'", 'whole number from 1 on'] },
    { about: 'half a fork', args: ['run', 'x', '-f', '1.5'], says: ["'1.5'", 'whole number'] },
    { about: 'a time that is none', args: ['run', 'x', '--connect-timeout', 'soon'], says: ["'soon'", 'seconds'] },
    { about: 'a time of nothing', args: ['run', 'x', '--script-timeout', '0'], says: ["'0'", 'above 0'] },
    { about: 'a module that is nearly one', args: ['modules', 'coppy'], says: ['"coppy"', 'Did you mean copy?'] },
    { about: 'a shell without completion', args: ['completion', 'tcsh'], says: ['"tcsh"', 'bash, zsh and fish'] },
    {
      about: 'a host that is nearly one',
      args: ['inventory', 'inventory/sample.yaml', '--host', 'nod1'],
      says: ['nod1', 'Did you mean node1'],
    },
    {
      about: 'a limit that names nobody',
      args: ['check', 'inventory/sample.yaml', '--limit', 'nod1'],
      says: ['nod1', 'Did you mean node1'],
    },
    {
      about: 'a variable without a value',
      args: ['check', 'inventory/sample.yaml', '-e', 'flannel_iface'],
      says: ['flannel_iface', 'name=value'],
    },
    {
      about: 'variables that are no mapping',
      args: ['check', 'inventory/sample.yaml', '-e', '[1]'],
      says: ['-e', 'no mapping'],
    },
  ])('$about', async ({ args, says }) => {
    const { status, stdout, stderr } = await warmFlannel(args);
    for (const part of says) expect(stderr).toContain(part);
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  });
});

describe('modules', () => {
  test('lists each, in the order of the alphabet, with what it does', async () => {
    const { status, stdout } = await warmFlannel(['modules']);
    const names = [...stdout.matchAll(/^(\w+) {2,}\S/gm)].map((match) => match[1]);
    expect({ status, names }).toEqual({ status: 0, names: modules.map(({ name }) => name).sort() });
  });

  test.each([
    { about: 'marks what has to be given', name: 'copy', says: [/^ {2}dest \*: string$/m] },
    { about: 'says what holds otherwise', name: 'copy', says: [/^ {2}force: boolean \(default true\)$/m] },
    { about: 'names the kinds of a union', name: 'copy', says: [/^ {2}mode: preserve \| string \| number$/m] },
    { about: 'names the values of a choice', name: 'systemd', says: [/ {2}state: started \| stopped \| restarted/] },
    { about: 'keeps a line feed in a value on its line', name: 'template', says: [/newline_sequence: "\\n" \| "\\r"/] },
    { about: 'says that any name will do', name: 'set_fact', says: [/\(any name\): anything/] },
    { about: 'shows an example', name: 'copy', says: [/^Example:\n {2}- name: /m] },
    { about: 'knows Ansible’s long names', name: 'ansible.builtin.copy', says: [/dest \*/] },
    { about: 'knows other names', name: 'service', says: [/Starts, stops, restarts/] },
  ])('$about ($name)', async ({ name, says }) => {
    const { status, stdout } = await warmFlannel(['modules', name]);
    for (const part of says) expect(stdout).toMatch(part);
    expect(status).toBe(0);
  });
});

describe('completion', () => {
  const scripts: Record<string, string> = {};
  beforeAll(async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { status, stdout } = await warmFlannel(['completion', shell]);
      expect(status).toBe(0);
      scripts[shell] = stdout;
    }
  });

  test('bash can read it', () => {
    expect(spawnSync('bash', ['-n'], { input: scripts.bash, encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  const completed = (words: readonly string[], cwd = '/') =>
    execFileSync(
      'bash',
      [
        '-c',
        `${scripts.bash}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n_fix_flannel; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ]
        .concat('bash')
        .concat(words),
      { encoding: 'utf8', cwd },
    )
      .trim()
      .split('\n');

  test.each([
    { about: 'the commands', words: ['fix-flannel', ''], gives: COMMANDS },
    { about: 'one command', words: ['fix-flannel', 'ch'], gives: ['check'] },
    { about: 'the commands below one', words: ['fix-flannel', 'runs', ''], gives: ['list', 'show'] },
    { about: 'the options of those below', words: ['fix-flannel', 'runs', 'show', '--st'], gives: ['--state-folder'] },
    { about: 'the options of a rollback', words: ['fix-flannel', 'rollback', '--ru'], gives: ['--run'] },
    { about: 'the options of a command', words: ['fix-flannel', 'inventory', '--'], gives: ['--list', '--graph'] },
    { about: 'one option', words: ['fix-flannel', 'run', 'x.yaml', '--accept'], gives: ['--accept-new-host-keys'] },
    { about: 'files', words: ['fix-flannel', 'run', 'inv'], cwd: ROOT, gives: ['inventory'] },
  ])('bash offers $about', ({ words, gives, cwd }) => {
    expect(completed(words, cwd)).toEqual(expect.arrayContaining(gives));
  });

  test('zsh takes the one of bash', () => {
    expect(scripts.zsh).toBe(`autoload -U +X bashcompinit && bashcompinit\n${scripts.bash}`);
  });

  test.each(COMMANDS)('fish offers %s', (name) => {
    expect(scripts.fish).toMatch(
      new RegExp(`^complete -c fix-flannel -n __fish_use_subcommand -a ${name} -d '.+'$`, 'm'),
    );
  });

  test('fish offers the commands below one', () => {
    expect(scripts.fish).toContain("complete -c fix-flannel -n '__fish_seen_subcommand_from runs' -a show -d 'what");
  });

  test('fish offers the options of a command', () => {
    expect(scripts.fish).toContain("complete -c fix-flannel -n '__fish_seen_subcommand_from run' -l limit\n");
  });
});
