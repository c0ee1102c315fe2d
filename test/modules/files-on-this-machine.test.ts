import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

  describe('copy of a folder', () => {
    const files = { 'd/sub/': '', 'd/sub/x': 'one', 'd/-y': 'two', 'd/empty/': '' };

    test('goes below its destination under its name, with all that is in it', () => {
      const args = { src: 'd', dest: 'to/there', mode: '0600', directory_mode: '0750' };
      const { first } = converges('copy', args, { files });
      expect([text('to/there/d/sub/x'), text('to/there/d/-y')]).toEqual(['one', 'two']);
      expect([mode('to/there/d/sub/x'), mode('to/there/d/empty')]).toEqual(['600', '750']);
      expect(first.result).toMatchObject({ src: 'd', dest: 'to/there/' });
      writeFileSync(join(dir, 'to/there/d/other'), 'stays');
      writeFileSync(join(dir, 'to/there/d/sub/x'), 'ONE');
      chmodSync(join(dir, 'to/there/d/-y'), 0o644);
      const second = converges('copy', { ...args, backup: true }, { files });
      expect([text('to/there/d/sub/x'), mode('to/there/d/-y'), text('to/there/d/other')]).toEqual([
        'one',
        '600',
        'stays',
      ]);
      expect(second.first.outcome.kind === 'change' && second.first.outcome.actions).toHaveLength(2);
    });

    turn('with a slash at its end only what is in it goes there; a link makes way', () => {
      mkdirSync(join(dir, 'to'));
      writeFileSync(join(dir, 'real'), 'kept');
      symlinkSync('../real', join(dir, 'to/-y'));
      converges('copy', { src: 'd/', dest: 'to/' }, { files });
      expect([text('to/-y'), text('real'), text('to/sub/x')]).toEqual(['two', 'kept', 'one']);
      writeFileSync(join(dir, 'to/-y'), 'own');
      expect(run('copy', { src: 'd/', dest: 'to', force: false }, { files }).outcome.kind).toBe('unchanged');
    });

    turn('what stands in the way is named, and nothing is done', () => {
      mkdirSync(join(dir, 'to/-y'), { recursive: true });
      expect(run('copy', { src: 'd/', dest: 'to' }, { files }).result.msg).toBe(
        'to/-y is a directory, not a regular file',
      );
      writeFileSync(join(dir, 'to/sub'), '');
      expect(run('copy', { src: 'd/', dest: 'to' }, { files }).result.msg).toBe('to/sub is not a directory');
    });
  });

  describe('fetch', () => {
    const toHere = (): ModuleRun => ({ vars: { playbook_dir: join(dir, 'here') } });

    test('a file comes into a folder for its host, once', () => {
      writeFileSync(join(dir, 'f'), 'hello\n');
      const { first } = converges('fetch', { src: join(dir, 'f'), dest: 'kept' }, toHere());
      const dest = join(dir, 'here/kept/here', dir, 'f');
      expect(readFileSync(dest, 'utf8')).toBe('hello\n');
      expect(first.result).toMatchObject({
        dest,
        checksum: 'f572d396fae9206628714fb2ce00f72e94f2258f',
        remote_checksum: 'f572d396fae9206628714fb2ce00f72e94f2258f',
        md5sum: 'b1946ac92492d2347c6235b4d2611184',
      });
    });

    turn('flat puts it under its own name, or the one that is given', () => {
      writeFileSync(join(dir, 'f'), Buffer.from([0, 255, 10]));
      converges('fetch', { src: 'f', dest: 'flat/', flat: true }, toHere());
      expect(readFileSync(join(dir, 'here/flat/f'))).toEqual(Buffer.from([0, 255, 10]));
      converges('fetch', { src: 'f', dest: join(dir, 'other'), flat: true }, toHere());
      expect(run('fetch', { src: 'f', dest: 'flat', flat: true }, toHere()).result.msg).toContain('trailing slash');
    });

    turn('what is missing, and a folder, fail where that is asked for', () => {
      const missing = run('fetch', { src: 'no', dest: 'd' }, toHere());
      expect(missing.outcome.kind).toBe('fail');
      expect(missing.outcome.why).toContain('does not exist');
      expect(run('fetch', { src: 'no', dest: 'd', fail_on_missing: false }, toHere()).outcome.kind).toBe('unchanged');
      expect(run('fetch', { src: '.', dest: 'd' }, toHere()).outcome.kind).toBe('fail');
    });

    turn('no path leads out of the folder', () => {
      writeFileSync(join(dir, 'f'), '');
      mkdirSync(join(dir, 'a/b'), { recursive: true });
      const out = run('fetch', { src: 'a/b/../../f', dest: 'd' }, toHere());
      expect(out.changed).toBe(true);
      symlinkSync('.', join(dir, 'l'));
      const refused = run('fetch', { src: `../${dir.slice(dir.lastIndexOf('/') + 1)}/f`, dest: 'd' }, toHere());
      expect(refused.result.msg).toContain('Detected directory traversal');
    });
  });

  describe('find', () => {
    const names = (args: object) => {
      const { outcome, result } = run('find', { paths: dir, ...args });
      expect(outcome.kind, JSON.stringify(outcome)).toBe('unchanged');
      return (result.files as { path: string }[]).map(({ path }) => path.slice(dir.length + 1));
    };
    beforeEach(() => {
      mkdirSync(join(dir, 'sub/deep'), { recursive: true });
      mkdirSync(join(dir, '.dot'));
      writeFileSync(join(dir, 'a.log'), 'one\ntwo\n');
      writeFileSync(join(dir, 'b.txt'), 'x'.repeat(3000));
      writeFileSync(join(dir, 'we\nird.log'), 'two\n');
      writeFileSync(join(dir, '.hidden.log'), '');
      writeFileSync(join(dir, '.dot/c.log'), '');
      writeFileSync(join(dir, 'sub/d.log'), Buffer.from([0, 255, 10, ...Buffer.from('two\n')]));
      writeFileSync(join(dir, 'sub/deep/e.log'), '');
      symlinkSync('sub', join(dir, 'link'));
      symlinkSync('a.log', join(dir, 'l.log'));
      utimesSync(join(dir, 'b.txt'), 1_000_000, 1_000_000);
    });

    test('by name, kind and depth', () => {
      expect(names({})).toEqual(['a.log', 'b.txt', 'we\nird.log']);
      expect(names({ patterns: '*.log', hidden: true })).toEqual(['.hidden.log', 'a.log', 'we\nird.log']);
      expect(names({ patterns: ['*.log'], excludes: 'a*', recurse: true })).toEqual([
        'we\nird.log',
        '.dot/c.log',
        'sub/d.log',
        'sub/deep/e.log',
      ]);
      expect(names({ pattern: '^[ab]', use_regex: true })).toEqual(['a.log', 'b.txt']);
      expect(names({ file_type: 'directory', recurse: true })).toEqual(['sub', 'sub/deep']);
      expect(names({ file_type: 'link' })).toEqual(['l.log', 'link']);
      expect(names({ file_type: 'any' })).toEqual(['a.log', 'b.txt', 'l.log', 'link', 'we\nird.log', 'sub']);
      expect(names({ recurse: true, depth: 2, patterns: '?.log' })).toEqual(['a.log', '.dot/c.log', 'sub/d.log']);
      expect(names({ recurse: true, follow: true, patterns: 'd.log' })).toEqual(['link/d.log', 'sub/d.log']);
    });

    test('by size, age and content', () => {
      expect(names({ size: '2k' })).toEqual(['b.txt']);
      expect(names({ size: '-2k' })).toEqual(['a.log', 'we\nird.log']);
      expect(names({ age: '1d' })).toEqual(['b.txt']);
      expect(names({ age: '-1d' })).toEqual(['a.log', 'we\nird.log']);
      expect(names({ contains: 't.o$', recurse: true })).toEqual(['a.log', 'we\nird.log', 'sub/d.log']);
      expect(names({ contains: 'wo' })).toEqual([]);
      expect(names({ contains: 'one\\ntwo', read_whole_file: true })).toEqual(['a.log']);
      expect(names({ contains: 't', recurse: true, depth: 1, patterns: '*.log' })).toEqual(['a.log', 'we\nird.log']);
    });

    turn('it tells what Ansible tells', () => {
      const { result } = run('find', { paths: [dir, 'no', 'a.log'], patterns: 'a.log', get_checksum: true });
      expect(result).toMatchObject({
        matched: 1,
        examined: 8,
        msg: 'Not all paths examined, check warnings for details',
      });
      expect(result.skipped_paths).toMatchObject({
        no: "'no' is not a directory",
        'a.log': expect.stringContaining('not a directory'),
      });
      expect((result.files as object[])[0]).toMatchObject({
        path: join(dir, 'a.log'),
        isreg: true,
        islnk: false,
        size: 8,
        checksum: 'c708d7ef841f7e1748436b8ef5670d0b2de1a227',
      });
    });
  });

  describe('tempfile', () => {
    test('a file and a directory for nobody else', () => {
      const file = run('tempfile', { path: '.', prefix: 'a b.', suffix: '.x' });
      expect(String(file.result.path)).toMatch(/^\/.*\/a b\.[0-9a-f]{10}\.x$/);
      expect(statSync(String(file.result.path)).mode & 0o7777).toBe(0o600);
      const folder = run('tempfile', { path: dir, state: 'directory' });
      expect(statSync(String(folder.result.path)).isDirectory()).toBe(true);
      expect(statSync(String(folder.result.path)).mode & 0o7777).toBe(0o700);
      expect(run('tempfile', { path: dir }, { check: true }).result).not.toHaveProperty('path');
      expect(readdirSync(dir)).toHaveLength(2);
    });

    turn('a place that is not there', () => {
      expect(run('tempfile', { path: 'no' })).toMatchObject({ failed: true, changed: false });
    });
  });

  describe('script', () => {
    const files = { 'my tool.sh': '#!/bin/sh\nprintf "%s|" "$(pwd)" "$@"; echo "${0##*/}" >&2\n', 'f.sh': 'exit 3\n' };

    test('it runs with its arguments, and is gone after', () => {
      mkdirSync(join(dir, 'tmp'));
      const own = { files, env: { ...env, TMPDIR: join(dir, 'tmp'), X: 'y z' } };
      const ran = run('script', { cmd: `'my tool.sh' "a b" $X '*'`, chdir: dir }, own);
      expect(ran.result).toMatchObject({ rc: 0, changed: true, stdout: `${dir}|a b|y|z|*|`, stderr: 'my tool.sh\n' });
      expect(ran.result).not.toHaveProperty('cmd');
      expect(readdirSync(join(dir, 'tmp'))).toEqual([]);
    });

    turn('another status than 0 fails; another program may run it', () => {
      expect(run('script', { cmd: 'f.sh' }, { files }).result).toMatchObject({
        failed: true,
        rc: 3,
        msg: 'non-zero return code',
      });
      expect(run('script', { cmd: 'f.sh', executable: 'sh -n' }, { files }).result.rc).toBe(0);
    });

    turn('creates and removes decide, also in check mode', () => {
      expect(run('script', { cmd: 'f.sh', creates: '.' }, { files }).outcome.kind).toBe('skip');
      expect(run('script', { cmd: 'f.sh', removes: 'no' }, { files }).outcome.kind).toBe('skip');
      expect(run('script', { cmd: 'f.sh' }, { files, check: true }).outcome.kind).toBe('skip');
      expect(run('script', { cmd: 'f.sh', creates: 'no' }, { files, check: true }).outcome.kind).toBe('change');
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
