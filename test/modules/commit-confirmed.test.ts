import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
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
import { ask } from '../../src/core/fact.js';
import { valueIfPresent } from '../../src/core/reading.js';
import { armedGuards, type Guard } from '../../src/facts/armed-guards.js';
import { readLocally } from '../support/local-shell.js';
import { runModule } from '../support/run-module.js';
import { SHELLS_IN_TURN } from '../support/taking-turns.js';

/** Waits for what a background timer does. */
async function until(holds: () => boolean, seconds = 50): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`not so after ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Processes whose command line names the folder. */
function processesOf(folder: string): string[] {
  const listed = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' });
  return listed.split('\n').filter((line) => line.includes(`${folder}/`));
}

describe.each(SHELLS_IN_TURN)('under $shell, without systemd', ({ argv, env, turn: test }) => {
  let dir: string;
  let folder: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'guard-'));
    mkdirSync(join(dir, 'own'));
    folder = join(dir, 'own', 'guards');
  });
  afterEach(async () => {
    commit({ state: 'cleared' }, 'sweeper');
    await until(() => processesOf(dir).length === 0);
    rmSync(dir, { recursive: true, force: true });
  });

  const commit = (args: Record<string, unknown>, run = 'run1', check = false) =>
    runModule(
      'commit_confirmed',
      { folder, ...args },
      { argv, env, cwd: dir, check, vars: { fix_flannel_run: run }, timeoutMs: 60_000 },
    );
  const guards = (): readonly Guard[] =>
    valueIfPresent(readLocally({ guards: ask(armedGuards, { folder }) }, { argv, env }).guards) ?? [];
  const at = (name: string) => join(dir, name);
  const put = (name: string, text: string, mode = 0o644) => {
    writeFileSync(at(name), text);
    chmodSync(at(name), mode);
  };
  const hasFired = () => existsSync(join(folder, 'run1', 'outcome'));

  test('a host that nobody confirms puts everything back', async () => {
    put("it's $(odd) *\n", 'old\n', 0o640);
    put('removed', 'was here\n', 0o600);
    put('real', 'behind a link\n');
    symlinkSync('real', at('link'));
    put('same', 'same\n');
    const same = statSync(at('same'));
    const names = ["it's $(odd) *\n", 'removed', 'link', 'same', 'new.d/file', 'new'];
    const armed = commit({
      state: 'armed',
      delay: 6,
      files: names.map(at),
      command: `cat '${at('removed')}' >'${at('restarted')}'`,
    });
    put("it's $(odd) *\n", 'other\n', 0o777);
    rmSync(at('removed'));
    rmSync(at('link'));
    put('link', 'a file now\n');
    put('real', 'other\n');
    mkdirSync(at('new.d'));
    put('new.d/file', 'x');
    put('new', 'x');
    expect(armed.result).toMatchObject({ changed: false, guard: { run: 'run1', folder, until_seconds: 6 } });
    expect(guards()).toMatchObject([{ run: 'run1', state: 'armed' }]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await until(hasFired);

    expect(readFileSync(join(folder, 'run1', 'outcome'), 'utf8')).toBe('done\n');
    expect(readFileSync(at("it's $(odd) *\n"), 'utf8')).toBe('old\n');
    expect(statSync(at("it's $(odd) *\n")).mode & 0o777).toBe(0o640);
    expect(statSync(at('removed')).mode & 0o777).toBe(0o600);
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    expect(readlinkSync(at('link'))).toBe('real');
    expect(readFileSync(at('real'), 'utf8')).toBe('behind a link\n');
    expect(statSync(at('same')).ino).toBe(same.ino);
    expect(existsSync(at('new'))).toBe(false);
    expect(existsSync(at('new.d'))).toBe(false);
    expect(readFileSync(at('restarted'), 'utf8')).toBe('was here\n');

    const late = commit({ state: 'confirmed' });
    expect(late.result).toMatchObject({ failed: true, guard_fired: true, put_itself_back: true, guard: null });
    expect(String(late.result.msg)).toContain('has put itself back');
    expect(commit({ state: 'armed', files: [at('same')] }).result).toMatchObject({ failed: true, guard_fired: true });
    expect(commit({ state: 'cleared' }).result).toMatchObject({ changed: false, restored: true });
    expect(existsSync(folder)).toBe(false);
  });

  test('a confirmation ends the timer and leaves nothing', async () => {
    put('file', 'old');
    commit({ state: 'armed', delay: 100, files: [at('file')] });
    put('file', 'new');
    expect(processesOf(folder)).not.toEqual([]);
    const confirmed = commit({ state: 'confirmed' });
    expect(confirmed.result).toMatchObject({ changed: false, failed: false, guard: null });
    expect(existsSync(folder)).toBe(false);
    await until(() => processesOf(dir).length === 0, 30);
    expect(readFileSync(at('file'), 'utf8')).toBe('new');
    expect(commit({ state: 'confirmed' }).result).toMatchObject({ changed: false, msg: 'no guard is armed' });
  });

  test('arming again extends the delay and keeps what was kept first', async () => {
    put('file', 'old');
    put('more', 'old');
    commit({ state: 'armed', delay: 100, files: [at('file')] });
    put('file', 'new');
    commit({ state: 'armed', delay: 1000, files: [at('file'), at('more')] });
    put('more', 'new');
    expect(guards()[0]?.leftSeconds).toBeGreaterThan(900);
    expect(processesOf(folder)).toHaveLength(1);
    commit({ state: 'armed', delay: 2, files: [at('file')] });
    await until(hasFired);
    expect([readFileSync(at('file'), 'utf8'), readFileSync(at('more'), 'utf8')]).toEqual(['old', 'old']);
  });

  test('a guard that another run left is taken over, and a check says so', () => {
    put('file', 'old');
    commit({ state: 'armed', delay: 100, files: [at('file')] }, 'dead');
    put('file', 'new');
    const check = commit({ state: 'cleared' }, 'next', true);
    expect(check.outcome.kind).toBe('change');
    expect(check.outcome.why).toMatch(/^run dead left a guard that would put here back in \d+ s$/);
    expect(guards()).toHaveLength(1);
    expect(commit({ state: 'cleared' }, 'next').result).toMatchObject({
      changed: true,
      guards: [{ run: 'dead', state: 'taken' }],
    });
    expect(readFileSync(at('file'), 'utf8')).toBe('new');
    expect(commit({ state: 'cleared' }, 'next').outcome).toMatchObject({ kind: 'unchanged' });
  });

  test('a guard that is putting the host back is waited for; one that was broken off is run to its end', async () => {
    put('file', 'old');
    commit({ state: 'armed', delay: 2, files: [at('file')], command: 'sleep 4' }, 'slow');
    put('file', 'new');
    await until(() => guards()[0]?.state === 'restoring');
    expect(commit({ state: 'cleared' }, 'next').result).toMatchObject({ guards: [{ run: 'slow', state: 'done' }] });
    expect(readFileSync(at('file'), 'utf8')).toBe('old');

    commit({ state: 'armed', delay: 100, files: [at('file')] }, 'broken');
    put('file', 'new');
    mkdirSync(join(folder, 'broken', 'claimed'));
    expect(guards()[0]?.state).toBe('restoring');
    expect(commit({ state: 'cleared' }, 'next').result).toMatchObject({ guards: [{ run: 'broken', state: 'done' }] });
    expect(readFileSync(at('file'), 'utf8')).toBe('old');
  });

  test('what cannot be put back is said, and the rest is', async () => {
    put('a', 'old');
    put('b', 'old');
    commit({ state: 'armed', delay: 2, files: [at('a'), at('b')], command: 'echo no luck; false' });
    rmSync(at('a'));
    mkdirSync(at('a'));
    put('b', 'new');
    await until(hasFired);
    expect(readFileSync(at('b'), 'utf8')).toBe('old');
    expect(guards()[0]).toMatchObject({
      state: 'failed',
      why: `${at('a')} is a folder now; the restart command failed: no luck`,
    });
    expect(commit({ state: 'confirmed' }).result).toMatchObject({ guard_fired: true, put_itself_back: false });
    expect(commit({ state: 'cleared' }, 'next').result).toMatchObject({ changed: false });
  });

  test.each([
    { about: 'a folder that is a link', spoil: () => symlinkSync('/tmp', folder), says: 'is no folder' },
    {
      about: 'a folder that others may write in',
      spoil: () => {
        mkdirSync(folder);
        chmodSync(folder, 0o777);
      },
      says: 'others may write in',
    },
    {
      about: 'a guard that is a link',
      spoil: () => {
        mkdirSync(folder, { mode: 0o700 });
        symlinkSync('/tmp', join(folder, 'run1'));
      },
      says: 'is no folder',
    },
    { about: 'a folder in the place of a file', spoil: () => mkdirSync(at('file')), says: 'is no file' },
  ])('$about is refused, with nothing armed', ({ spoil, says }) => {
    spoil();
    const armed = commit({ state: 'armed', delay: 2, files: [at('file')] });
    expect(armed.failed).toBe(true);
    expect(String(armed.result.msg)).toContain(says);
    expect(processesOf(dir)).toEqual([]);
    if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(folder);
  });
});

describe('commit_confirmed', () => {
  test.each([
    { about: 'a relative path', args: { state: 'armed', files: ['etc/x'] } },
    { about: 'nothing to put back', args: { state: 'armed' } },
    { about: 'a delay that no host can meet', args: { state: 'armed', files: ['/x'], delay: 0 } },
    { about: 'a unit that is none', args: { state: 'armed', units: ['x; reboot'] } },
    { about: 'a NUL in a path', args: { state: 'armed', files: ['/x\0y'] } },
  ])('takes no $about', ({ args }) => {
    expect(() => runModule('commit_confirmed', args, { vars: { fix_flannel_run: 'r' } })).toThrow();
  });

  test.each(['../x', '', 'a b', '-x'])('takes no run that is called %j', (id) => {
    const vars = { fix_flannel_run: id };
    expect(runModule('commit_confirmed', { state: 'armed', files: ['/x'] }, { vars }).outcome.kind).toBe('refuse');
  });

  test.each([{ state: 'armed', files: ['/x'] }, { state: 'confirmed' }])('$state is no part of a plan', (args) => {
    const ran = runModule('commit_confirmed', args, { check: true, vars: { fix_flannel_run: 'r' } });
    expect(ran.outcome.kind).toBe('unchanged');
  });
});
