import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeDirectory } from '../../src/modules/make-directory.js';
import { runLocally } from '../support/local-shell.js';
import { runModule } from '../support/run-module.js';
import { SHELLS_IN_TURN } from '../support/taking-turns.js';

describe.each(SHELLS_IN_TURN)('under $shell', ({ argv, env, turn }) => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pieces-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const run = (name: string, args: unknown, check = false) => runModule(name, args, { argv, cwd: dir, env, check });
  const text = (name: string) => readFileSync(join(dir, name), 'utf8');
  const mode = (name: string) => (statSync(join(dir, name)).mode & 0o7777).toString(8);

  test('assemble: files of all names, in their order, once', () => {
    mkdirSync(join(dir, 'd/sub'), { recursive: true });
    const pieces = { '2 two': 'two', '-dash': 'dash\n', '.dot': 'dot', 'we\nird': 'weird\n' };
    for (const [name, content] of Object.entries(pieces)) writeFileSync(join(dir, 'd', name), content);
    symlinkSync('2 two', join(dir, 'd/a link'));
    const args = { src: 'd', dest: 'f', delimiter: '# next', mode: '0600', backup: true };
    expect(run('assemble', args, true).outcome.kind).toBe('change');
    expect(run('assemble', args)).toMatchObject({ changed: true, result: { src: 'd', dest: 'f', msg: 'OK' } });
    const next = '# next\n';
    expect(text('f')).toBe(`dash\n${next}dot\n${next}two\n${next}two\n${next}weird\n`);
    expect(mode('f')).toBe('600');
    expect(run('assemble', args).outcome.kind).toBe('unchanged');
    const fewer = run('assemble', { ...args, regexp: '^[2.]', ignore_hidden: true });
    expect(text('f')).toBe('two');
    expect(text(String(fewer.result.backup_file))).toContain('weird');
  });

  turn('assemble: what does not hold is not put in place', () => {
    mkdirSync(join(dir, 'd'));
    writeFileSync(join(dir, 'd/a'), 'bad\n');
    const refused = run('assemble', { src: 'd', dest: 'f', validate: 'grep -q good %s' });
    expect(refused).toMatchObject({ failed: true, changed: false, result: { msg: 'failed to validate: rc:1 error:' } });
    const fine = run('assemble', { src: 'd', dest: 'f', validate: 'grep bad %s' });
    expect(fine.result).toMatchObject({ changed: true, validation: { rc: 0, stdout: 'bad\n', stderr: '' } });
  });

  test('authorized_key: keys come, stay and go, and the file is for its user alone', () => {
    const user = userInfo().username;
    const path = join(dir, 'ssh/keys');
    const [one, two] = ['ssh-rsa AAAA one', 'ssh-rsa BBBB two'];
    const args = { user, path, key: `${one}\n# note\n${two}` };
    expect(run('authorized_key', args, true).changed).toBe(true);
    expect(run('authorized_key', args)).toMatchObject({ changed: true, result: { keyfile: path, user } });
    expect([text('ssh/keys'), mode('ssh/keys'), mode('ssh')]).toEqual([`${one}\n${two}\n`, '600', '700']);
    expect(run('authorized_key', args).outcome.kind).toBe('unchanged');
    chmodSync(join(dir, 'ssh'), 0o755);
    expect(run('authorized_key', { ...args, key: two, state: 'absent', manage_dir: false }).changed).toBe(true);
    expect([text('ssh/keys'), mode('ssh')]).toEqual([`${one}\n`, '755']);
    expect(run('authorized_key', { ...args, key: two, exclusive: true }).changed).toBe(true);
    expect([text('ssh/keys'), mode('ssh')]).toEqual([`${two}\n`, '700']);
  });

  turn('authorized_key: a link makes way, or is followed', () => {
    const user = userInfo().username;
    writeFileSync(join(dir, 'real'), '# mine\n');
    symlinkSync('real', join(dir, 'keys'));
    const args = { user, path: join(dir, 'keys'), key: 'ssh-rsa AAAA one', manage_dir: false };
    run('authorized_key', { ...args, follow: true });
    expect([text('real'), lstatSync(join(dir, 'keys')).isSymbolicLink()]).toEqual(['# mine\nssh-rsa AAAA one\n', true]);
    run('authorized_key', { ...args, comment: 'else' });
    expect([text('keys'), lstatSync(join(dir, 'keys')).isSymbolicLink()]).toEqual([
      '# mine\nssh-rsa AAAA else\n',
      false,
    ]);
    expect(text('real')).toContain('one');
  });

  turn('file: two that make one folder at the same moment', () => {
    const { outcome } = run('file', { path: 'a/b', state: 'directory' }, true);
    if (outcome.kind !== 'change' || outcome.actions[0]?.kind !== 'run') throw new Error(outcome.kind);
    // A `mkdir` that loses: the folder comes up after the look at it.
    const lost = 'mkdir() { command mkdir "$1" && command mkdir "$1"; }\n';
    const script = { text: lost + outcome.actions[0].script.text, shown: '' };
    expect(runLocally(script, { argv, cwd: dir, env }).status).toBe(0);
    expect(statSync(join(dir, 'a/b')).isDirectory()).toBe(true);
    writeFileSync(join(dir, 'file'), '');
    expect(runLocally(makeDirectory('file', {}), { argv, cwd: dir, env })).toMatchObject({ status: 1 });
  });
});
