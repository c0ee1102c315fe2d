import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fixFlannel, folderWith } from '../support/cli.js';
import { warmFlannel } from '../support/warm-cli.js';

const INVENTORY = `all:
  vars: { ansible_connection: local }
  hosts: { a: , b: , c: }
`;

const play = (tasks: string, more = '') => `- name: look round
  hosts: all
  gather_facts: false
${more}  tasks:
${tasks.replace(/^/gm, '    ')}
`;

const FILES = {
  'inventory.yaml': INVENTORY,
  'sound.yaml': play('- { name: greet, debug: { msg: "hello {{ who | default(inventory_hostname) }}" } }'),
  'change.yaml': play('- { name: note it, copy: { content: "{{ inventory_hostname }}\\n", dest: "{{ to }}" } }'),
  'fail.yaml': play('- { name: breaks, command: "false", when: inventory_hostname == "b" }'),
  'part.yaml': play(
    '- { name: does, command: "true" }\n- { name: breaks, fail: { msg: no }, when: inventory_hostname == "b" }',
  ),
  'unknown.yaml': play('- { name: mystery, frobnicate: {} }'),
  'undefined.yaml': play('- { name: guess, debug: { msg: "{{ nothing }}" } }'),
  'hostile.yaml': play(
    String.raw`- { name: shout, command: "printf '\\033[31mred'", register: said }
- { name: tell, debug: { msg: "{{ said.stdout }}" } }`,
  ),
  'ping.yaml': play('- ping:'),
  'unreachable.yaml': 'all: { hosts: { far: { ansible_host: 127.0.0.1, ansible_port: 1 } } }\n',
};

describe('run', () => {
  const cwd = folderWith(FILES);
  const run = (playbook: string, ...more: string[]) =>
    warmFlannel(['run', 'inventory.yaml', playbook, ...more], { cwd });

  test.each([
    { about: 'nothing to do', playbook: 'sound.yaml', status: 0, last: 'Sound: 3 hosts, nothing to change.' },
    { about: 'a host that fails', playbook: 'fail.yaml', status: 2, last: 'Failed. 3 hosts: 0 changed, 1 failed.' },
    {
      about: 'a host that fails after a change',
      playbook: 'part.yaml',
      status: 5,
      last: 'Left partly applied. 3 hosts: 3 changed, 1 failed.',
    },
    {
      about: 'a task that cannot be read',
      playbook: 'undefined.yaml',
      status: 1,
      last: 'Failed. 3 hosts: 0 changed, 3 failed.',
    },
  ])('ends with $status for $about, in text and in JSON', async ({ playbook, status, last }) => {
    const text = await fixFlannel(['run', 'inventory.yaml', playbook], { cwd });
    expect({ status: text.status, last: text.stdout.trimEnd().split('\n').at(-1) }).toEqual({ status, last });
    const json = await run(playbook, '--json');
    expect(json.status).toBe(status);
    const lines = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ kind: 'verdict', exitStatus: status, line: last, hosts: 3 });
    expect(lines.filter(({ kind }) => kind === 'verdict')).toHaveLength(1);
    expect(json.stderr).toBe('');
  });

  test('ends with 1 for a playbook that it does not understand, before any host is touched', async () => {
    const { status, stdout, stderr } = await run('unknown.yaml');
    expect(stderr).toMatch(/unknown\.yaml:5:\d+: `frobnicate` .*\n {2}→ Nothing was run\./);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  test('ends with 1 for a playbook that is not there', async () => {
    const { status, stderr } = await run('missing.yaml');
    expect(stderr).toMatch(/missing\.yaml.*\n {2}→ /);
    expect(status).toBe(1);
  });

  test('ends with 3 for a host that cannot be reached, and says what to do', async () => {
    const { status, stdout } = await warmFlannel(['run', 'unreachable.yaml', 'ping.yaml', '-u', 'me'], { cwd });
    expect(stdout).toMatch(/✗ \(unreachable\) ping: .*far.*\n {6}→ /);
    expect(status).toBe(3);
  });

  test('says what it did once for hosts that say the same, and a line for each that does not', async () => {
    const { stdout } = await run('sound.yaml');
    expect(stdout).toBe(
      '\nlook round\n    ✓ a: greet: hello a\n    ✓ b: greet: hello b\n    ✓ c: greet: hello c\n\nSound: 3 hosts, nothing to change.\n',
    );
    expect((await run('sound.yaml', '-e', 'who=all')).stdout).toContain('    ✓ greet: hello all\n');
  });

  test('changes once, and finds nothing to change again', async () => {
    const to = join(cwd, 'note-{{ inventory_hostname }}');
    const first = await run('change.yaml', '-e', JSON.stringify({ to }));
    const second = await run('change.yaml', '-e', JSON.stringify({ to }));
    expect(first.stdout).toContain('Done. 3 hosts: 3 changed, 0 failed.');
    expect(second.stdout).toContain('Sound: 3 hosts, nothing to change.');
    expect([first.status, second.status]).toEqual([0, 0]);
    expect(readFileSync(join(cwd, 'note-c'), 'utf8')).toBe('c\n');
  });

  test.each([
    { about: 'check', args: ['check', 'inventory.yaml', 'change.yaml'] },
    { about: 'run --check', args: ['run', 'inventory.yaml', 'change.yaml', '--check'] },
  ])('$about plans, shows the difference and touches nothing', async ({ about, args }) => {
    const to = join(cwd, `planned-${about}`);
    const { status, stdout } = await warmFlannel([...args, '--diff', '-l', 'b', '-e', `to=${JSON.stringify(to)}`], {
      cwd,
    });
    expect(stdout).toContain('Plan: 1 host to change\n  b\n');
    expect(stdout).toContain('      +b\n');
    expect(stdout).toMatch(/1 host of 1 would change; 0 findings; nothing was changed\.\n$/);
    expect(status).toBe(2);
    expect(existsSync(to)).toBe(false);
  });

  test('progress goes to standard error as lines, results to standard output', async () => {
    const { stderr } = await run('sound.yaml');
    expect(stderr).toBe('running: look round (3 hosts)\nrunning: greet\n');
  });
});

describe('escape codes', () => {
  const cwd = folderWith(FILES);
  const codes = async (env: NodeJS.ProcessEnv, ...more: string[]) => {
    const { stdout, stderr } = await warmFlannel(['run', 'inventory.yaml', 'part.yaml', ...more], { cwd, env });
    return { stdout: stdout.includes('\u001b'), stderr: stderr.includes('\u001b') };
  };

  test.each([
    { about: 'none where there is no terminal', env: {}, more: [], stdout: false },
    { about: 'those of FORCE_COLOR', env: { FORCE_COLOR: '1' }, more: [], stdout: true },
    { about: 'none for FORCE_COLOR=0', env: { FORCE_COLOR: '0' }, more: [], stdout: false },
    { about: 'none for NO_COLOR over FORCE_COLOR', env: { NO_COLOR: '1', FORCE_COLOR: '1' }, more: [], stdout: false },
    { about: 'none for --no-color over FORCE_COLOR', env: { FORCE_COLOR: '1' }, more: ['--no-color'], stdout: false },
    { about: 'none in JSON', env: { FORCE_COLOR: '1' }, more: ['--json'], stdout: false },
  ])('$about', async ({ env, more, stdout }) => {
    expect(await codes(env, ...more)).toEqual({ stdout, stderr: false });
  });

  test('those that a host prints are made visible', async () => {
    const { stdout, status } = await warmFlannel(['run', 'inventory.yaml', 'hostile.yaml', '-l', 'a', '-vv'], { cwd });
    expect(stdout).toContain('\\x1b[31mred');
    expect(stdout).not.toContain('\u001b');
    expect(status).toBe(0);
  });
});

describe('Ctrl-C', () => {
  const cwd = folderWith({
    'inventory.yaml': INVENTORY,
    'serial.yaml': play(
      `- block:
    - { name: begin, copy: { content: x, dest: "${'{{ playbook_dir }}'}/begun-{{ inventory_hostname }}" } }
    - { name: work, command: sleep 1 }
    - { name: finish, copy: { content: x, dest: "${'{{ playbook_dir }}'}/done-{{ inventory_hostname }}" } }
  rescue:
    - { name: undo, file: { path: "${'{{ playbook_dir }}'}/begun-{{ inventory_hostname }}", state: absent } }
    - { name: give up, fail: { msg: undone } }`,
      '  serial: 1\n',
    ),
  });
  const there = (name: string) => existsSync(join(cwd, name)) && statSync(join(cwd, name)).isFile();

  test('finishes the host in hand, begins no other, and ends with 130', async () => {
    let asked = false;
    const { status, stdout } = await fixFlannel(['run', 'inventory.yaml', 'serial.yaml'], {
      cwd,
      onOutput({ stderr }, interrupt) {
        if (asked || !stderr.includes('running: work')) return;
        asked = true;
        interrupt();
      },
    });
    expect(stdout).toContain('Stopping: the hosts in hand are finished first.');
    expect(stdout).toMatch(/Interrupted\. 3 hosts: 1 changed, 0 failed; no host is half done\.\n$/);
    expect(status).toBe(130);
    expect(['done-a', 'begun-b', 'done-b', 'begun-c'].filter(there)).toEqual(['done-a']);
  });

  test('a second one undoes it instead', async () => {
    let asked = 0;
    const { status, stdout } = await fixFlannel(['run', 'inventory.yaml', 'serial.yaml', '--limit', 'b,c'], {
      cwd,
      onOutput({ stdout: told, stderr }, interrupt) {
        const saw = asked === 0 ? stderr.includes('running: work') : told.includes('Ctrl-C again');
        if (!saw || asked > 1) return;
        asked++;
        interrupt();
      },
    });
    expect(stdout).toContain('Stopping at once: what was begun is undone.');
    expect(status).toBe(130);
    expect(['begun-b', 'done-b', 'begun-c', 'done-c'].filter(there)).toEqual([]);
  });
});
