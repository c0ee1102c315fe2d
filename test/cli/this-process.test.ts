import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { elapsedClock } from '../../src/cli/elapsed-clock.js';
import { isGone, thisProcess } from '../../src/cli/this-process.js';
import { lockHolderText, parseLockHolder } from '../../src/flannel/lock-holder.js';

const own = () => thisProcess('20261124T220000Z-3f9a', 'fix-flannel run inventory.yaml', new Date(0));

describe('this process in a lock', () => {
  test('comes back as it was written', () => {
    expect(parseLockHolder(lockHolderText(own(), 'nonce'))).toEqual({ by: own(), holding: 'nonce' });
  });

  test('is known by boot, pid namespace and start', () => {
    expect(own().process).toMatch(/^[0-9a-f-]{36}\/\d+\/\d+$/);
    expect(own().since).toBe('1970-01-01T00:00:00.000Z');
  });
});

describe('isGone', () => {
  let child: ChildProcess | undefined;
  afterEach(() => void child?.kill('SIGKILL'));

  /** Another process of this machine, as it would stand in a lock. */
  function another() {
    child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const { process: mark } = own();
    return { ...own(), pid: child.pid as number, process: mark.replace(/[^/]*$/, String(started)) };
  }

  test('is false for one that runs, also while it is stopped', async () => {
    const other = another();
    expect([isGone(own()), isGone(other)]).toEqual([false, false]);
    child?.kill('SIGSTOP');
    expect(isGone(other)).toBe(false);
  });

  test('is true for one that has ended', async () => {
    const other = another();
    child?.kill('SIGKILL');
    await vi.waitFor(() => expect(isGone(other)).toBe(true));
  });

  test('is true for one whose number another process has now', () => {
    const other = another();
    expect(isGone({ ...other, process: other.process.replace(/[^/]*$/, '1') })).toBe(true);
  });

  test.each<[string, (mark: string) => string]>([
    ['of another boot', (mark) => mark.replace(/^[^/]*/, '00000000-0000-0000-0000-000000000000')],
    ['of another pid namespace', (mark) => mark.replace(/\/\d+\//, '/1/')],
    ['that left no mark', () => ''],
    ['with a mark of more parts', (mark) => `${mark}/1`],
  ])('cannot be told of one %s', (_, change) => {
    expect(isGone({ ...own(), pid: 4_000_000, process: change(own().process) })).toBeUndefined();
  });

  test('cannot be told of one on a machine of another name', () => {
    expect(isGone({ ...own(), pid: 4_000_000, by: 'root@elsewhere' })).toBeUndefined();
  });
});

describe('elapsedClock', () => {
  test.each([
    { about: 'runs with the monotonic clock', monotonic: 5000, wall: 5000, elapsed: 5000 },
    { about: 'counts a sleep that only the wall clock shows', monotonic: 5, wall: 3_600_000, elapsed: 3_600_000 },
    { about: 'does not go back with the wall clock', monotonic: 5000, wall: -86_400_000, elapsed: 5000 },
    { about: 'takes no notice of a drift', monotonic: 60_000, wall: 60_500, elapsed: 60_000 },
  ])('$about', ({ monotonic, wall, elapsed }) => {
    const at = { monotonic: 100, wall: 1_800_000_000_000 };
    const clock = elapsedClock(
      () => at.monotonic,
      () => at.wall,
    );
    const start = clock();
    at.monotonic += monotonic;
    at.wall += wall;
    expect(clock() - start).toBe(elapsed);
    expect(clock() - start).toBe(elapsed);
  });

  test('counts a sleep after the wall clock was set back', () => {
    const at = { monotonic: 0, wall: 1_000_000 };
    const clock = elapsedClock(
      () => at.monotonic,
      () => at.wall,
    );
    at.wall -= 500_000;
    clock();
    at.wall += 10_000;
    expect(clock()).toBe(10_000);
  });
});
