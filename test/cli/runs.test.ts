import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stateFolder } from '../../src/cli/state-folder.js';
import { folderWith } from '../support/cli.js';
import { warmFlannel } from '../support/warm-cli.js';

describe('the state folder', () => {
  test.each([
    { given: '/s', env: { FIX_FLANNEL_STATE: '/e', XDG_STATE_HOME: '/x' }, is: '/s' },
    { given: undefined, env: { FIX_FLANNEL_STATE: '/e', XDG_STATE_HOME: '/x' }, is: '/e' },
    { given: undefined, env: { FIX_FLANNEL_STATE: '', XDG_STATE_HOME: '/x' }, is: '/x/fix-flannel' },
    { given: undefined, env: { XDG_STATE_HOME: 'relative' }, is: '/home/ann/.local/state/fix-flannel' },
    { given: undefined, env: {}, is: '/home/ann/.local/state/fix-flannel' },
  ])('$given, $env: $is', ({ given, env, is }) => expect(stateFolder(given, env, '/home/ann')).toBe(is));
});

const INVENTORY = 'all:\n  hosts:\n    here: { ansible_connection: local }\n';

/** The lock of this machine is that of all tests that run a playbook on it. */
function waiting(args: readonly string[]): string[] {
  return ['run', 'rollback'].includes(args[0] ?? '') ? [...args, '--wait', '60s'] : [...args];
}

/** A folder with an inventory, and a playbook that writes a file below it. */
function site() {
  const folder = folderWith({ 'inventory.yaml': INVENTORY });
  const target = join(folder, 'target');
  const state = join(folder, 'state');
  const playbook = `- hosts: all\n  tasks:\n    - copy: { dest: "${target}", content: "new\\n" }\n`;
  writeFileSync(join(folder, 'site.yaml'), playbook);
  writeFileSync(target, 'old\n', { mode: 0o600 });
  const call = (...args: string[]) => warmFlannel(waiting(args), { cwd: folder, env: { FIX_FLANNEL_STATE: state } });
  return { folder, target, state, call };
}

async function idOfLast(call: ReturnType<typeof site>['call']): Promise<string> {
  const { stdout } = await call('runs', 'list', '--json');
  return JSON.parse(stdout).runs[0].header.id;
}

describe('a run from the command line', () => {
  test('is listed, shown, rolled back, and the rollback is listed too', async () => {
    const { target, call, state } = site();
    expect((await call('runs')).stdout).toBe('No runs yet.\n');
    expect((await call('run', 'inventory.yaml', 'site.yaml')).status).toBe(0);
    expect(readFileSync(target, 'utf8')).toBe('new\n');
    const id = await idOfLast(call);
    expect((await call('runs', 'list')).stdout).toContain(`${id}  `);
    const shown = await call('runs', 'show', id.slice(0, -1));
    expect(shown.stdout).toContain(`before: ${target} 0600`);
    expect(shown.stdout).toContain(`--run ${id}`);
    const json = JSON.parse((await call('runs', 'show', id, '--json')).stdout);
    expect(json).toMatchObject({ header: { id }, hosts: [{ host: 'here', undo: [{ files: [target] }] }] });
    expect(JSON.stringify(json)).not.toContain('"content"');
    const checked = await call('rollback', 'inventory.yaml', '--run', id, '--check', '--diff');
    expect([checked.status, readFileSync(target, 'utf8')]).toEqual([2, 'new\n']);
    expect(checked.stdout).toMatch(/^ *-new\n *\+old$/m);
    const undone = await call('rollback', 'inventory.yaml', '--run', id);
    expect([undone.status, undone.stderr.includes('Error')]).toEqual([0, false]);
    expect(undone.stdout).toContain(`put back ${target}`);
    expect([readFileSync(target, 'utf8'), statSync(target).mode & 0o777]).toEqual(['old\n', 0o600]);
    expect((await call('runs', 'list')).stdout).toContain(`rollback of ${id}`);
    expect(statSync(state).mode & 0o777).toBe(0o700);
  }, 60_000);

  test('is not rolled back where somebody has changed the file since', async () => {
    const { target, call } = site();
    await call('run', 'inventory.yaml', 'site.yaml');
    writeFileSync(target, 'mine\n');
    const { status, stdout } = await call('rollback', 'inventory.yaml', '--run', await idOfLast(call));
    expect(status).toBe(4);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`${target}: changed since: digest`);
    expect(readFileSync(target, 'utf8')).toBe('mine\n');
  }, 60_000);

  test('that there is not is wrong usage, and says where to look', async () => {
    const { call, state } = site();
    mkdirSync(state, { mode: 0o700 });
    const { status, stderr } = await call('rollback', 'inventory.yaml', '--run', '2026');
    expect([status, stderr]).toEqual([64, expect.stringContaining('fix-flannel runs list')]);
  }, 30_000);

  test('that ended early is gone on with on every host that it left, of every play', async () => {
    const folder = folderWith({
      'inventory.yaml': 'all: { vars: { ansible_connection: local }, hosts: { a: , b: , c: , d: } }\n',
      'site.yaml': `
- hosts: a,b,c
  gather_facts: false
  serial: 1
  max_fail_percentage: 0
  tasks: [ { shell: "echo {{ inventory_hostname }} >>log; test {{ inventory_hostname }} != b || test -e mended", args: { chdir: "{{ playbook_dir }}" } } ]
- hosts: d
  gather_facts: false
  tasks: [ { shell: "echo {{ inventory_hostname }} >>log", args: { chdir: "{{ playbook_dir }}" } } ]
`,
    });
    const call = (...args: string[]) =>
      warmFlannel(waiting(args), { cwd: folder, env: { FIX_FLANNEL_STATE: join(folder, 'state') } });
    const log = () => readFileSync(join(folder, 'log'), 'utf8').split('\n').join('');
    await call('run', 'inventory.yaml', 'site.yaml');
    expect(log()).toBe('ab');
    writeFileSync(join(folder, 'mended'), '');
    const again = await call('run', '--resume', await idOfLast(call));
    expect([again.status, log()]).toEqual([0, 'ababcd']);
    const once = await call('run', '--resume', await idOfLast(call));
    expect([once.status, log()]).toEqual([0, 'ababcd']);
    expect(once.stderr).toContain('nothing is left to do');
  }, 60_000);
});
