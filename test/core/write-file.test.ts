import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
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
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { copyFileScript, type FileToWrite, pathWord, writeFileScript } from '../../src/core/write-file.js';
import { runsInGate } from '../support/in-gate.js';
import { runLocally, SHELLS } from '../support/local-shell.js';
import { takingTurns } from '../support/taking-turns.js';

const NONCE = 'n0nce';

describe.each(takingTurns(SHELLS))('writeFileScript under $shell', ({ argv, env, turn }) => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'write-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const write = (file: Omit<FileToWrite, 'content'> & { content?: Uint8Array | string }, cwd = dir) =>
    runLocally(writeFileScript({ ...file, content: Buffer.from(file.content ?? 'new\n') }, NONCE), { argv, env, cwd });
  const left = () => readdirSync(dir).filter((name) => name.startsWith('.fix-flannel'));
  const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

  test('a new file has the content, mode 0644, and says nothing', () => {
    const at = join(dir, 'new');
    expect(write({ path: at })).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(at, 'utf8')).toBe('new\n');
    expect(modeOf(at)).toBe('644');
    expect(left()).toEqual([]);
  });

  turn.each([
    { about: 'spaces', name: 'a b  c' },
    { about: 'quotes', name: `it's "so" \`id\` $(id) $HOME` },
    { about: 'line feeds', name: 'a\nb\n' },
    { about: 'a leading minus', name: '-rf' },
    { about: 'a backslash', name: 'a\\nb' },
    { about: 'bytes over 127', name: 'zürich…' },
    { about: 'shell patterns', name: '*[a]?' },
  ])('a name with $about is only a name', ({ name }) => {
    expect(write({ path: name })).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(dir)).toEqual([name]);
    expect(readFileSync(join(dir, name), 'utf8')).toBe('new\n');
  });

  turn('binary content with NULs arrives byte for byte', () => {
    const content = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));
    expect(write({ path: 'bin', content }).status).toBe(0);
    expect(readFileSync(join(dir, 'bin')).equals(content)).toBe(true);
  });

  turn('empty content makes an empty file', () => {
    expect(write({ path: 'empty', content: '' }).status).toBe(0);
    expect(statSync(join(dir, 'empty')).size).toBe(0);
  });

  turn('half a megabyte arrives whole', () => {
    const content = Buffer.from('0123456789abcdef\n'.repeat(30_000));
    expect(write({ path: 'large', content }).status).toBe(0);
    expect(readFileSync(join(dir, 'large')).equals(content)).toBe(true);
  });

  turn('an existing file keeps its mode, also one that nobody may write', () => {
    for (const mode of [0o444, 0o600, 0o755, 0o4755]) {
      const at = join(dir, `mode-${mode}`);
      writeFileSync(at, 'old content that is longer\n');
      chmodSync(at, mode);
      expect(write({ path: at })).toMatchObject({ status: 0, stderr: '' });
      expect(readFileSync(at, 'utf8')).toBe('new\n');
      expect(modeOf(at)).toBe(mode.toString(8));
    }
  });

  turn('an existing file keeps its owner and group', () => {
    const at = join(dir, 'owned');
    writeFileSync(at, 'old');
    chownSync(at, 12, 34);
    expect(write({ path: at }).status).toBe(0);
    expect([statSync(at).uid, statSync(at).gid]).toEqual([12, 34]);
  });

  test('a mode, an owner and a group that are asked for are given', () => {
    const at = join(dir, 'given');
    expect(write({ path: at, mode: '2750', owner: '12', group: 'daemon' })).toMatchObject({ status: 0, stderr: '' });
    expect(modeOf(at)).toBe('2750');
    expect(statSync(at).uid).toBe(12);
  });

  turn('the old content is kept where a backup is wanted, with its mode', () => {
    const at = join(dir, 'kept');
    writeFileSync(at, 'old\n');
    chmodSync(at, 0o640);
    expect(write({ path: at, backup: join(dir, 'kept.bak~') }).status).toBe(0);
    expect(readFileSync(join(dir, 'kept.bak~'), 'utf8')).toBe('old\n');
    expect(modeOf(join(dir, 'kept.bak~'))).toBe('640');
    expect(readFileSync(at, 'utf8')).toBe('new\n');
  });

  turn('a backup of what is not there is no file', () => {
    expect(write({ path: 'fresh', backup: 'fresh~' }).status).toBe(0);
    expect(readdirSync(dir)).toEqual(['fresh']);
  });

  test('a link is followed, step by step, and stays a link', () => {
    mkdirSync(join(dir, 'real'));
    writeFileSync(join(dir, 'real', 'file'), 'old');
    symlinkSync('real/file', join(dir, 'two'));
    symlinkSync(join(dir, 'two'), join(dir, 'one'));
    expect(write({ path: join(dir, 'one') })).toMatchObject({ status: 0, stderr: '' });
    expect(lstatSync(join(dir, 'one')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(dir, 'real', 'file'), 'utf8')).toBe('new\n');
  });

  turn('a link that leads nowhere yet makes the file that it names', () => {
    symlinkSync('later', join(dir, 'link'));
    expect(write({ path: 'link' }).status).toBe(0);
    expect(readFileSync(join(dir, 'later'), 'utf8')).toBe('new\n');
  });

  turn.each([
    { about: 'a link that leads in circles', make: (at: string) => symlinkSync(at, at), why: 'circles' },
    { about: 'a directory', make: (at: string) => mkdirSync(at), why: 'is a directory' },
    { about: 'a fifo', make: (at: string) => void spawnSync('mkfifo', [at]), why: 'not a regular file' },
  ])('$about is refused and left alone', ({ make, why }) => {
    const at = join(dir, 'there');
    make(at);
    const before = lstatSync(at).ino;
    const ran = write({ path: at });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(why);
    expect(lstatSync(at).ino).toBe(before);
    expect(left()).toEqual([]);
  });

  turn('a directory that is missing is named', () => {
    const ran = write({ path: join(dir, 'no', 'file') });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('does not exist');
  });

  turn('an owner that nobody knows leaves the old file as it was', () => {
    writeFileSync(join(dir, 'f'), 'old');
    const ran = write({ path: 'f', owner: 'nobody-of-that-name' });
    expect(ran.status).toBe(1);
    expect(readFileSync(join(dir, 'f'), 'utf8')).toBe('old');
    expect(left()).toEqual([]);
  });

  test('a file planted under the temporary name is never written through', () => {
    writeFileSync(join(dir, 'victim'), 'safe');
    symlinkSync('victim', join(dir, `.fix-flannel.${NONCE}`));
    expect(write({ path: 'f' }).status).toBe(1);
    expect(readFileSync(join(dir, 'victim'), 'utf8')).toBe('safe');
    expect(existsSync(join(dir, 'f'))).toBe(false);
  });

  test('a full disk leaves the old file whole and nothing beside it', () => {
    const mount = join(dir, 'small');
    mkdirSync(mount);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', mount]);
    expect(mounted.status).toBe(0);
    try {
      writeFileSync(join(mount, 'f'), 'old\n');
      const ran = write({ path: join(mount, 'f'), content: 'x'.repeat(200_000) });
      expect(ran.status).toBe(1);
      expect(readFileSync(join(mount, 'f'), 'utf8')).toBe('old\n');
      expect(readdirSync(mount)).toEqual(['f']);
    } finally {
      spawnSync('umount', [mount]);
    }
  });

  turn('a read-only file system is named, and nothing is left', () => {
    const mount = join(dir, 'fixed');
    mkdirSync(mount);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', mount]).status).toBe(0);
    try {
      const ran = write({ path: join(mount, 'f') });
      expect(ran.status).toBe(1);
      expect(ran.stderr).toContain('cannot create a file in');
    } finally {
      spawnSync('umount', [mount]);
    }
  });

  turn('a copy of another file of the host arrives whole', () => {
    const content = Buffer.from([0, 1, 2, 255, 10, 0]);
    writeFileSync(join(dir, 'from'), content);
    writeFileSync(join(dir, 'to'), 'old');
    chmodSync(join(dir, 'to'), 0o600);
    const script = copyFileScript({ path: join(dir, 'to'), source: join(dir, 'from'), backup: join(dir, 'to~') });
    expect(runLocally(script, { argv, env, cwd: dir })).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(dir, 'to')).equals(content)).toBe(true);
    expect(modeOf(join(dir, 'to'))).toBe('600');
    expect(readFileSync(join(dir, 'to~'), 'utf8')).toBe('old');
  });

  turn('~ is the home directory, and only where it stands first', () => {
    expect(write({ path: '~/in home' }).status).toBe(0);
    expect(write({ path: 'not~home' }).status).toBe(0);
    expect(readdirSync(dir).sort()).toEqual(['in home', 'not~home']);
  });
});

describe('writeFileScript', () => {
  test('any bytes come back from any shell', () => {
    const dir = mkdtempSync(join(tmpdir(), 'write-any-'));
    try {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...SHELLS), (content, { argv, env }) => {
          runLocally(writeFileScript({ path: join(dir, 'f'), content }, NONCE), { argv, env });
          expect(readFileSync(join(dir, 'f')).equals(Buffer.from(content))).toBe(true);
        }),
        { numRuns: runsInGate(60) },
      );
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test('what people see of it holds no content', () => {
    const { shown } = writeFileScript({ path: '/etc/key', content: Buffer.from('hush') }, NONCE);
    expect(shown).not.toContain('hush');
    expect(shown).toContain('/etc/key');
  });

  test('an owner can never be read as an option', () => {
    expect(() => writeFileScript({ path: '/f', content: Buffer.alloc(0), owner: '--reference=/x' }, NONCE)).toThrow(
      RangeError,
    );
  });

  test('a path with a NUL is refused', () => {
    expect(() => pathWord('/a\0b')).toThrow(RangeError);
  });
});
