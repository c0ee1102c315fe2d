import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { type ModuleRun, runModule } from '../support/run-module.js';
import { SHELLS_IN_TURN } from '../support/taking-turns.js';

describe.each(SHELLS_IN_TURN)('under $shell', ({ argv, env, turn }) => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'modules-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const how = (more: ModuleRun = {}): ModuleRun => ({ argv, cwd: dir, env, ...more });
  const run = (name: string, args: unknown, more: ModuleRun = {}) => runModule(name, args, how(more));
  const text = (name: string) => readFileSync(join(dir, name), 'utf8');
  const mode = (name: string) => (statSync(join(dir, name)).mode & 0o7777).toString(8);

  /** Check mode says it and leaves things alone; the first run does it; the second has nothing to do. */
  function converges(name: string, args: unknown, more: ModuleRun = {}) {
    const before = snapshot(dir);
    const checked = run(name, args, { ...more, check: true });
    expect(checked.outcome.kind, JSON.stringify(checked.outcome)).toBe('change');
    expect(snapshot(dir)).toEqual(before);
    const first = run(name, args, more);
    expect(first).toMatchObject({ changed: true, failed: false });
    const second = run(name, args, more);
    expect(second.outcome.kind, JSON.stringify(second.outcome)).toBe('unchanged');
    return { checked, first, second };
  }

  describe('blockinfile', () => {
    turn('a block is put in, changed, and taken out', () => {
      writeFileSync(join(dir, 'f'), Buffer.from([0xff, 10, 97]));
      chmodSync(join(dir, 'f'), 0o640);
      converges('blockinfile', { path: 'f', block: 'one' });
      const { first, checked } = converges('blockinfile', { path: 'f', block: 'two', backup: true, mode: '0600' });
      const marked = '# BEGIN ANSIBLE MANAGED BLOCK\ntwo\n# END ANSIBLE MANAGED BLOCK\n';
      expect(readFileSync(join(dir, 'f'), 'latin1')).toBe(`\xff\na\n${marked}`);
      expect(mode('f')).toBe('600');
      expect(first.result.msg).toBe('Block inserted and ownership, perms or SE linux context changed');
      expect(text(String(first.result.backup_file))).toContain('one');
      expect(checked.result).not.toHaveProperty('backup_file');
      converges('blockinfile', { path: 'f', state: 'absent' });
      expect(readFileSync(join(dir, 'f'), 'latin1')).toBe('\xff\na\n');
    });

    turn('create makes the file and its directory', () => {
      converges('blockinfile', { dest: 'd/f', content: 'x', create: true, mode: '0600' });
      expect(text('d/f')).toContain('\nx\n');
      expect(mode('d/f')).toBe('600');
      converges('blockinfile', { dest: 'empty', create: true });
      expect(text('empty')).toBe('');
    });

    turn('what the validator refuses is never put in place', () => {
      writeFileSync(join(dir, 'f'), 'good\n');
      const refused = run('blockinfile', { path: 'f', block: 'bad', validate: 'sh -c "! grep -q bad \\"$0\\"" %s' });
      expect(refused.result.msg).toContain('failed to validate');
      expect(text('f')).toBe('good\n');
    });
  });

  describe('replace', () => {
    turn('matches are replaced, a link is followed, bytes that are no text stay', () => {
      writeFileSync(join(dir, 'real'), Buffer.from([0xff, ...Buffer.from(' zürich\nkey=1\nkey=2\n')]));
      symlinkSync('real', join(dir, 'l'));
      const args = { path: 'l', regexp: '^key=(\\d)$', replace: 'k\\1', backup: true };
      const { first } = converges('replace', args);
      expect(readFileSync(join(dir, 'real'))).toEqual(Buffer.from([0xff, ...Buffer.from(' zürich\nk1\nk2\n')]));
      expect(lstatSync(join(dir, 'l')).isSymbolicLink()).toBe(true);
      expect(first.result).toMatchObject({ rc: 0, msg: '2 replacements made' });
      expect(existsSync(join(dir, String(first.result.backup_file)))).toBe(true);
    });

    turn('a mode alone is a change of the mode alone', () => {
      writeFileSync(join(dir, 'f'), 'x');
      const { first } = converges('replace', { path: 'f', regexp: 'y', replace: 'z', mode: '0600' });
      expect(first.result.msg).toBe('ownership, perms or SE linux context changed');
    });

    turn('a section that is not there is no change', () => {
      writeFileSync(join(dir, 'f'), 'x\n');
      const none = run('replace', { path: 'f', regexp: 'x', after: 'no', before: 'where' });
      expect(none).toMatchObject({ changed: false, failed: false });
      expect(none.result.msg).toContain('no(?P<subsection>.*?)where');
    });
  });
});

/** Names, kinds, modes and contents below a directory. */
function snapshot(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).map((entry) => {
    const at = join(entry.parentPath, entry.name);
    const stat = lstatSync(at);
    return `${at} ${stat.mode} ${stat.mtimeMs} ${entry.isFile() ? readFileSync(at, 'base64') : ''}`;
  });
}
