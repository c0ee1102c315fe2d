import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
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
    expect(checked.outcome.kind).toBe('change');
    expect(snapshot(dir)).toEqual(before);
    const first = run(name, args, more);
    expect(first).toMatchObject({ changed: true, failed: false });
    const second = run(name, args, more);
    expect(second.outcome.kind, JSON.stringify(second.outcome)).toBe('unchanged');
    return { checked, first, second };
  }

  describe('copy and template', () => {
    test('content goes to a new file', () => {
      const { first } = converges('copy', { dest: 'f', content: 'hello\n', mode: '0600' });
      expect(text('f')).toBe('hello\n');
      expect(mode('f')).toBe('600');
      expect(first.result).toMatchObject({
        dest: 'f',
        checksum: 'f572d396fae9206628714fb2ce00f72e94f2258f',
        mode: '0600',
      });
    });

    turn('a file that differs is replaced, keeps its mode, and is backed up', () => {
      writeFileSync(join(dir, 'f'), 'old\n');
      chmodSync(join(dir, 'f'), 0o640);
      const { first, checked } = converges('copy', { dest: 'f', content: 'new\n', backup: true });
      expect(mode('f')).toBe('640');
      expect(readFileSync(join(dir, String(first.result.backup_file)), 'utf8')).toBe('old\n');
      expect(checked.outcome).toMatchObject({ diff: [{ path: 'f', before: 'old\n', after: 'new\n' }] });
    });

    turn('a mode alone is a change of the mode alone', () => {
      writeFileSync(join(dir, 'f'), 'x');
      const inode = statSync(join(dir, 'f')).ino;
      converges('copy', { dest: 'f', content: 'x', mode: 'u=rwx,go=' });
      expect(mode('f')).toBe('700');
      expect(statSync(join(dir, 'f')).ino).toBe(inode);
    });

    turn('binary files of the controller go into a directory under their own name', () => {
      mkdirSync(join(dir, 'd'));
      converges('copy', { src: 'files/bin', dest: 'd' }, { files: { 'files/bin': '\0\x01\xff\n' } });
      expect(readFileSync(join(dir, 'd', 'bin'))).toEqual(Buffer.from([0, 1, 255, 10]));
    });

    turn('a trailing slash makes the directories', () => {
      converges('copy', { src: 'x', dest: 'a/b/', directory_mode: '0700' }, { files: { x: 'y' } });
      expect(text('a/b/x')).toBe('y');
      expect(mode('a/b')).toBe('700');
    });

    turn('a link is replaced by a file, or followed where asked for', () => {
      writeFileSync(join(dir, 'real'), 'old');
      symlinkSync('real', join(dir, 'l'));
      converges('copy', { dest: 'l', content: 'followed', follow: true });
      expect(text('real')).toBe('followed');
      expect(lstatSync(join(dir, 'l')).isSymbolicLink()).toBe(true);
      converges('copy', { dest: 'l', content: 'replaced' });
      expect(text('real')).toBe('followed');
      expect(lstatSync(join(dir, 'l')).isSymbolicLink()).toBe(false);
    });

    turn('force: false leaves a file that exists', () => {
      writeFileSync(join(dir, 'f'), 'old');
      expect(run('copy', { dest: 'f', content: 'new', force: 'no' }).outcome.kind).toBe('unchanged');
      expect(text('f')).toBe('old');
    });

    turn('a missing directory is named', () => {
      expect(run('copy', { dest: 'no/f', content: 'x' }).result.msg).toBe('Destination directory no does not exist');
    });

    turn('what the validator refuses is never put in place', () => {
      writeFileSync(join(dir, 'f'), 'good\n');
      const refused = run('copy', { dest: 'f', content: 'bad\n', validate: 'grep -q good %s' });
      expect(refused).toMatchObject({ failed: true });
      expect(refused.result.msg).toContain('failed to validate');
      expect(text('f')).toBe('good\n');
      converges('copy', { dest: 'f', content: 'good too\n', validate: 'grep -q good %s' });
    });

    turn('remote_src copies on the host', () => {
      writeFileSync(join(dir, 'from'), '#!/bin/sh\n');
      chmodSync(join(dir, 'from'), 0o750);
      converges('copy', { src: 'from', dest: 'to', remote_src: true, mode: 'preserve' });
      expect(text('to')).toBe('#!/bin/sh\n');
      expect(mode('to')).toBe('750');
      writeFileSync(join(dir, 'from'), 'changed\n');
      converges('copy', { src: 'from', dest: 'to', remote_src: true });
      expect(text('to')).toBe('changed\n');
    });

    turn('mode: preserve is the one of the file on the controller', () => {
      const src = join(dir, 'own.sh');
      writeFileSync(src, '#!/bin/sh\n');
      chmodSync(src, 0o751);
      for (const module of ['copy', 'template']) {
        converges(module, { src, dest: `own-${module}`, mode: 'preserve' }, { files: { [src]: '#!/bin/sh\n' } });
        expect(mode(`own-${module}`)).toBe('751');
      }
    });

    turn('the rendered text of a template goes in place', () => {
      const more = { files: { 't.j2': 'name={{ x }}\n' }, render: (t: string) => t.replace('{{ x }}', 'y') };
      converges('template', { src: 't.j2', dest: 'out', mode: '0640' }, more);
      expect(text('out')).toBe('name=y\n');
      expect(mode('out')).toBe('640');
    });
  });

  describe('file', () => {
    turn('a directory is made with all that are missing on the way', () => {
      converges('file', { path: 'a/b c/d', state: 'directory', mode: '0750' });
      expect([mode('a'), mode('a/b c'), mode('a/b c/d')]).toEqual(['750', '750', '750']);
    });

    turn('recurse sets what is below, directories and files as X says, links left alone', () => {
      mkdirSync(join(dir, 'd/e'), { recursive: true });
      writeFileSync(join(dir, 'd/e/f'), '');
      writeFileSync(join(dir, 'd/we\nird'), '');
      writeFileSync(join(dir, 'outside'), '');
      chmodSync(join(dir, 'outside'), 0o604);
      symlinkSync('../outside', join(dir, 'd/l'));
      converges('file', { path: 'd', state: 'directory', recurse: true, mode: 'u=rwX,g=rX,o=' });
      expect([mode('d'), mode('d/e'), mode('d/e/f'), mode('d/we\nird'), mode('outside')]).toEqual([
        '750',
        '750',
        '640',
        '640',
        '604',
      ]);
    });

    turn('absent removes files, links and whole directories', () => {
      mkdirSync(join(dir, 'd/e'), { recursive: true });
      writeFileSync(join(dir, '-rf'), '');
      symlinkSync('d', join(dir, 'l'));
      converges('file', { path: 'l', state: 'absent' });
      expect(existsSync(join(dir, 'd'))).toBe(true);
      converges('file', { path: 'd', state: 'absent' });
      converges('file', { path: '-rf', state: 'absent' });
      expect(readdirSync(dir)).toEqual([]);
    });

    turn('a link is made, and led elsewhere', () => {
      writeFileSync(join(dir, 'one'), '');
      mkdirSync(join(dir, 'two'));
      converges('file', { src: 'one', dest: 'l', state: 'link' });
      converges('file', { src: 'two', dest: 'l', state: 'link' });
      expect(readlinkSync(join(dir, 'l'))).toBe('two');
      converges('file', { src: 'one', dest: 'l', state: 'link' });
      expect(readlinkSync(join(dir, 'l'))).toBe('one');
      expect(readdirSync(join(dir, 'two'))).toEqual([]);
    });

    turn('a link over a file needs force', () => {
      writeFileSync(join(dir, 'f'), '');
      expect(run('file', { src: '/', dest: 'f', state: 'link' }).result.msg).toBe(
        'refusing to convert from file to symlink for f',
      );
      converges('file', { src: 'nowhere', dest: 'f', state: 'link', force: true });
      expect(readlinkSync(join(dir, 'f'))).toBe('nowhere');
    });

    turn('a hard link is made', () => {
      writeFileSync(join(dir, 'one'), 'x');
      converges('file', { src: 'one', dest: 'two', state: 'hard' });
      expect(statSync(join(dir, 'two')).ino).toBe(statSync(join(dir, 'one')).ino);
    });

    turn('touch makes an empty file; with times preserved the second run is none', () => {
      const times = { access_time: 'preserve', modification_time: 'preserve' };
      converges('file', { path: 'f', state: 'touch', mode: '0600', ...times });
      expect(mode('f')).toBe('600');
      expect(run('file', { path: 'f', state: 'touch' }).changed).toBe(true);
    });

    turn('state file refuses what is missing and what is no file', () => {
      expect(run('file', { path: 'f', mode: '0644' }).result.msg).toBe('file (f) is absent, cannot continue');
      expect(run('file', { path: '.', state: 'file' }).result.msg).toBe('file (.) is directory, cannot continue');
    });
  });

  describe('lineinfile', () => {
    turn('a line is replaced, the bytes around it kept', () => {
      writeFileSync(join(dir, 'f'), Buffer.from([0xff, 10, ...Buffer.from('Port 22\nzürich')]));
      converges('lineinfile', { path: 'f', regexp: '^#?Port', line: 'Port 2222', backup: true });
      expect(readFileSync(join(dir, 'f'))).toEqual(Buffer.from([0xff, 10, ...Buffer.from('Port 2222\nzürich')]));
    });

    turn('create makes the file and its directory', () => {
      converges('lineinfile', { dest: 'd/f', line: 'x', create: true, mode: '0600' });
      expect(text('d/f')).toBe('x\n');
      expect(mode('d/f')).toBe('600');
    });

    turn('a link is followed', () => {
      writeFileSync(join(dir, 'real'), 'a\n');
      symlinkSync('real', join(dir, 'l'));
      converges('lineinfile', { path: 'l', line: 'b' });
      expect(text('real')).toBe('a\nb\n');
      expect(lstatSync(join(dir, 'l')).isSymbolicLink()).toBe(true);
    });

    turn('absent takes all lines that match', () => {
      writeFileSync(join(dir, 'f'), 'a1\nb\na2');
      const { first } = converges('lineinfile', { path: 'f', regexp: '^a', state: 'absent' });
      expect(text('f')).toBe('b\n');
      expect(first.result).toMatchObject({ found: 2, msg: '2 line(s) removed' });
    });

    turn('a missing file is an error', () => {
      expect(run('lineinfile', { path: 'no', line: 'x' }).result).toMatchObject({ rc: 257 });
    });
  });

  describe('command and shell', () => {
    test('command runs words, not a shell', () => {
      const ran = run('command', { cmd: `printf '%s|' "a  b" '$(id)' \\; '*' > x` });
      expect(ran.result).toMatchObject({ rc: 0, stdout: 'a  b|$(id)|;|*|>|x|', changed: true });
    });

    turn('command knows variables of the environment, a home, and leaves the rest', () => {
      const ran = run('command', { argv: ['printf', '%s|', '$HOME/x', '~', 'a~', '${NOT_SET}', '$NOT_SET', '$1'] });
      expect(ran.result.stdout).toBe(`${dir}/x|${dir}|a~|\${NOT_SET}|$NOT_SET|$1|`);
    });

    turn('output is given without its last line ends, and as lines', () => {
      const ran = run('shell', { cmd: `printf ' a\\n\\nb\\r\\n\\n'; printf 'e\\n' >&2` });
      expect(ran.result).toMatchObject({
        stdout: ' a\n\nb',
        stdout_lines: [' a', '', 'b'],
        stderr: 'e',
        stderr_lines: ['e'],
      });
    });

    turn('another status than 0 fails', () => {
      expect(run('shell', { cmd: 'echo no; exit 3' }).result).toMatchObject({
        failed: true,
        rc: 3,
        stdout: 'no',
        msg: 'non-zero return code',
      });
    });

    turn('a program that is not there is error 2', () => {
      expect(run('command', { cmd: 'no-such-program-here' }).result).toMatchObject({ failed: true, rc: 2 });
    });

    turn('creates and removes decide, also in check mode', () => {
      writeFileSync(join(dir, 'there'), '');
      expect(run('command', { cmd: 'false', creates: 'th*' }).result).toMatchObject({
        changed: false,
        rc: 0,
        stdout: 'skipped, since th* exists',
      });
      expect(run('shell', { cmd: 'false', removes: 'none*' }).changed).toBe(false);
      expect(run('command', { cmd: 'true', creates: 'other' }, { check: true }).outcome.kind).toBe('change');
      expect(run('command', { cmd: 'true', removes: 'there' }).changed).toBe(true);
      expect(run('command', { cmd: 'touch x' }, { check: true }).outcome.kind).toBe('skip');
    });

    turn('chdir and stdin', () => {
      mkdirSync(join(dir, 'sub dir'));
      expect(run('shell', { cmd: 'pwd; cat', chdir: 'sub dir', stdin: 'in' }).result.stdout).toBe(`${dir}/sub dir\nin`);
      expect(run('command', { cmd: 'cat', stdin: 'x', stdin_add_newline: false }).result.stdout).toBe('x');
      expect(run('command', { cmd: 'pwd', chdir: 'no' }).failed).toBe(true);
    });

    turn('a shell of its own', () => {
      expect(run('shell', { cmd: 'echo "${BASH_VERSION:+bash}"', executable: '/bin/bash' }).result.stdout).toBe('bash');
    });

    turn('raw runs what it is given', () => {
      expect(run('raw', { cmd: 'echo a; echo b' }).result).toMatchObject({ rc: 0, stdout_lines: ['a', 'b'] });
    });
  });

  describe('stat and slurp', () => {
    test('stat tells what Ansible tells', () => {
      writeFileSync(join(dir, 'f'), 'hello\n');
      chmodSync(join(dir, 'f'), 0o4754);
      const { stat } = run('stat', { path: 'f' }).result;
      expect(stat).toMatchObject({
        exists: true,
        isreg: true,
        islnk: false,
        mode: '4754',
        size: 6,
        nlink: 1,
        isuid: true,
        xusr: true,
        wgrp: false,
        xoth: false,
        pw_name: 'root',
        checksum: 'f572d396fae9206628714fb2ce00f72e94f2258f',
      });
    });

    turn('stat of a link, of nothing, and through a link', () => {
      writeFileSync(join(dir, 'f\nx'), '');
      symlinkSync('f\nx', join(dir, 'l'));
      expect(run('stat', { path: 'l' }).result.stat).toMatchObject({
        islnk: true,
        lnk_target: 'f\nx',
        lnk_source: join(dir, 'f\nx'),
      });
      expect(run('stat', { path: 'l', follow: true }).result.stat).toMatchObject({ islnk: false, isreg: true });
      expect(run('stat', { path: 'no' }).result.stat).toEqual({ exists: false });
    });

    turn('slurp gives the bytes in base64', () => {
      writeFileSync(join(dir, 'f'), Buffer.from([0, 255, 10]));
      expect(run('slurp', { src: 'f' }).result).toEqual({
        changed: false,
        content: 'AP8K',
        source: 'f',
        encoding: 'base64',
      });
      expect(run('slurp', { path: 'no' }).result.msg).toBe('file not found: no');
      expect(run('slurp', { path: '.' }).result.msg).toContain('is a directory');
    });
  });

  describe('wait_for', () => {
    turn('a file that is there, a text in it, and one that never comes', () => {
      writeFileSync(join(dir, 'f'), 'FLANNEL_MTU=1450\n');
      const { elapsed, ...result } = run('wait_for', { path: 'f' }).result;
      expect(result).toMatchObject({ changed: false, failed: false });
      expect(elapsed).toBeLessThan(5);
      expect(run('wait_for', { path: 'f', search_regex: '^FLANNEL_MTU=\\d+$' }).failed).toBe(false);
      expect(run('wait_for', { path: 'no', timeout: 1, msg: 'gave up' }).result).toMatchObject({
        failed: true,
        msg: 'gave up',
      });
      expect(run('wait_for', { path: 'no', state: 'absent' }).failed).toBe(false);
    });

    turn('a port that nobody listens on', () => {
      expect(run('wait_for', { port: 1, state: 'stopped', timeout: 2 }).failed).toBe(false);
      expect(run('wait_for', { port: 1, timeout: 1 }).result.msg).toBe('Timeout when waiting for 127.0.0.1:1');
    });

    turn('a port that somebody listens on, by connecting and by the sockets of the kernel', () => {
      const serve = `require('node:net').createServer().listen(${PORT}, '127.0.0.1')`;
      const listener = spawn(process.execPath, ['-e', serve], { stdio: 'ignore' });
      try {
        // First without the means to connect: only what the kernel lists, which takes no connection.
        const bare = {
          env: { PATH: onlyTools(dir, ['sleep', 'cat', 'date']) },
          argv: [`/usr/bin/${argv[0]}`, ...argv.slice(1)],
        };
        expect(run('wait_for', { port: PORT, timeout: 10, sleep: 0.1 }, bare).result).toMatchObject({ failed: false });
        expect(run('wait_for', { port: PORT + 1, timeout: 0 }, bare).failed).toBe(true);
        expect(run('wait_for', { port: PORT, host: '192.0.2.1', timeout: 5 }, bare).result.msg).toContain(
          'neither bash nor nc',
        );
        expect(run('wait_for', { port: PORT, timeout: 10 }).failed).toBe(false);
      } finally {
        listener.kill();
      }
    });
  });
});

const PORT = 20_017;

/** A folder with these tools and no others. */
function onlyTools(dir: string, names: readonly string[]): string {
  const folder = join(dir, 'tools');
  mkdirSync(folder);
  for (const name of names) symlinkSync(spawnSync('which', [name]).stdout.toString().trim(), join(folder, name));
  return folder;
}

/** Names, kinds, modes and contents below a directory. */
function snapshot(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).map((entry) => {
    const at = join(entry.parentPath, entry.name);
    const stat = lstatSync(at);
    return `${at} ${stat.mode} ${stat.mtimeMs} ${entry.isFile() ? readFileSync(at, 'base64') : ''}`;
  });
}
