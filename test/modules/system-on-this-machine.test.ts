import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ModuleRun, runModule } from '../support/run-module.js';
import { SHELLS_IN_TURN } from '../support/taking-turns.js';

const dpkg = existsSync('/usr/bin/dpkg-query');

describe.each(SHELLS_IN_TURN)('under $shell', ({ argv, env, turn }) => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'system-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const run = (name: string, args: unknown, more: ModuleRun = {}) =>
    runModule(name, args, { argv, cwd: dir, env, ...more });

  describe('sysctl, in a file of its own', () => {
    const quiet = { reload: false, sysctl_file: 'f' };

    turn('lines stay, doubles go, as with Ansible', () => {
      writeFileSync(join(dir, 'f'), '# made by hand\n\na.b = 1\n;x\nc.d=2\na.b=3\n');
      const set = { ...quiet, name: 'a.b', value: 5 };
      expect(run('sysctl', set, { check: true }).changed).toBe(true);
      expect(run('sysctl', set).changed).toBe(true);
      expect(readFileSync(join(dir, 'f'), 'utf8')).toBe('# made by hand\n\na.b=5\n;x\nc.d=2\n');
      expect(run('sysctl', set).outcome.kind).toBe('unchanged');
    });

    turn('a new one at the end, and gone again', () => {
      writeFileSync(join(dir, 'f'), 'c.d=2');
      run('sysctl', { ...quiet, name: 'a.b', value: true });
      expect(readFileSync(join(dir, 'f'), 'utf8')).toBe('c.d=2\na.b=1\n');
      expect(run('sysctl', { ...quiet, name: 'a.b', state: 'absent' }).changed).toBe(true);
      expect(run('sysctl', { ...quiet, name: 'a.b', state: 'absent' }).outcome.kind).toBe('unchanged');
      expect(readFileSync(join(dir, 'f'), 'utf8')).toBe('c.d=2\n');
    });

    turn('what the kernel has already is not set', () => {
      const now = readFileSync('/proc/sys/kernel/pid_max', 'utf8').trim();
      writeFileSync(join(dir, 'f'), `kernel.pid_max=${now}\n`);
      const same = { ...quiet, name: 'kernel.pid_max', value: now, sysctl_set: true };
      expect(run('sysctl', same).outcome.kind).toBe('unchanged');
      expect(run('sysctl', { ...same, value: 1 }, { check: true }).outcome.why).toContain(`in the kernel ${now}`);
    });
  });

  turn('hostname: in check mode another one is a change', () => {
    const { outcome } = run('hostname', { name: `not-${hostname()}`.slice(0, 60) }, { check: true });
    expect(outcome).toMatchObject({ kind: 'change', why: expect.stringContaining(hostname()) });
  });

  turn('modprobe: a module that no kernel has', () => {
    // A kernel without modules cannot tell.
    const tells = existsSync('/proc/modules');
    const gone = run('modprobe', { name: 'no-such_module', state: 'absent' });
    expect(gone.outcome.kind).toBe(tells ? 'unchanged' : 'refuse');
    const { outcome } = run('modprobe', { name: 'no-such_module' }, { check: true });
    expect(outcome.why).toContain(tells ? 'no-such_module is not loaded' : 'the kernel tells no modules');
  });

  test('service_facts looks at what there is', () => {
    const { outcome } = run('service_facts', {});
    expect(['unchanged', 'skip'], JSON.stringify(outcome)).toContain(outcome.kind);
  });

  turn('reboot: in check mode it is told', () => {
    expect(run('reboot', {}, { check: true }).outcome).toMatchObject({ kind: 'change', why: 'boots the host' });
    expect(run('reboot', { boot_time_command: 'exit 1' }, { check: true }).outcome.kind).toBe('refuse');
  });

  turn('apt: what is installed is left alone; a machine without dpkg says so', () => {
    const { outcome } = run('apt', { name: ['bash', 'dpkg'] });
    expect(outcome.kind, JSON.stringify(outcome)).toBe(dpkg ? 'unchanged' : 'refuse');
  });

  turn('package: what is installed would be removed', () => {
    const how = { use: dpkg ? 'apt' : 'auto', state: 'absent' };
    const { outcome } = run('package', { name: 'bash', ...how }, { check: true });
    expect(outcome).toMatchObject({ kind: 'change', why: 'removes bash' });
    expect(run('package', { name: 'no-such-package', ...how }).outcome.kind).toBe('unchanged');
  });

  turn('user and group: what is there is left alone, what is not would be made', () => {
    const tools = existsSync('/usr/sbin/useradd');
    const root = run('user', { name: 'root', uid: 0, group: 'root', home: '/root' });
    expect(root.outcome.kind, JSON.stringify(root.outcome)).toBe(tools ? 'unchanged' : 'refuse');
    expect(run('group', { name: 'root', gid: 0 }).outcome.kind).toBe(tools ? 'unchanged' : 'refuse');
    const made = run('user', { name: 'no-such-user', groups: 'root', password: '$6$salt$hash' }, { check: true });
    expect(made.outcome.kind).toBe(tools ? 'change' : 'refuse');
    expect(run('user', { name: 'root', groups: 'no-such-group' }, { check: true }).outcome.kind).toBe('refuse');
  });
});
