import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FixError } from '../../src/core/error.js';
import {
  type KeptLocks,
  keepLocks,
  type LockEvent,
  type LockKeeping,
  lockEventInWords,
} from '../../src/engine/lock-keeper.js';
import { type MemoryLockStore, memoryLockStore } from '../../src/etcd/memory-lock.js';
import type { ClusterLock } from '../../src/flannel/cluster-lock.js';
import { heldOf, holder, takenOf } from '../contract/cluster-lock.js';

const TTL_SECONDS = 60;
const DOWN = new FixError('etcd/no-quorum', 'no quorum', { hint: 'wait' });

let store: MemoryLockStore;
let events: LockEvent[];
const clock = () => performance.now();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  store = memoryLockStore(clock);
  events = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function keeping(run: string, more: Partial<LockKeeping> = {}): LockKeeping {
  return {
    holder: holder(run),
    ttlSeconds: TTL_SECONDS,
    waitMs: 0,
    isGone: () => undefined,
    clock,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: () => 0.5,
    tell: (event) => events.push(event),
    ...more,
  };
}

const take = (run: string, more: Partial<LockKeeping> = {}, from = store): Promise<KeptLocks> =>
  keepLocks([{ name: 'the cluster', lock: from.open() }], keeping(run, more));

/** Lets a promise settle while the clock runs on. */
async function letting<T>(ms: number, promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await vi.advanceTimersByTimeAsync(ms);
  return promise;
}

const lostCode = expect.objectContaining({ code: 'lock/lost' });

describe('keepLocks', () => {
  test('keeps a lock for as long as it is renewed, and gives it back', async () => {
    const kept = await take('one');
    for (let minute = 0; minute < 10; minute++) {
      await vi.advanceTimersByTimeAsync(60_000);
      kept.assertHeld();
    }
    await kept.release();
    expect(store.value()).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('refuses at once where another holds it, and names that one and the next step', async () => {
    await take('one');
    const error = await take('two').catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'lock/held',
      message:
        'the cluster is locked by ops@here since 2026-11-24T22:00:00.000Z (run one, pid 4711: fix-flannel run inventory.yaml)',
    });
    expect(error.hint).toMatch(/Nothing was changed\. The lock ends in 60 s unless .*--wait 5m/);
    expect(events).toEqual([]);
  });

  test('says of a lock that does not end that it does not', async () => {
    store.overwrite('x');
    const error = await take('two').catch((thrown) => thrown);
    expect(error.message).toContain('somebody who is no fix-flannel');
    expect(error.hint).toContain('does not end by itself');
  });

  test('waits for it, tells who has it now and then, and gets it when it is given back', async () => {
    const one = await take('one');
    const waiting = take('two', { waitMs: 300_000 });
    await vi.advanceTimersByTimeAsync(40_000);
    expect(events.map((event) => event.kind)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(lockEventInWords(events[0] as LockEvent)).toMatch(
      /^waiting up to 300 s for the cluster, locked by ops@here .*run one/,
    );
    await one.release();
    (await letting(2500, waiting)).assertHeld();
  });

  test('gives up when the wait is over', async () => {
    await take('one');
    const error = await letting(11_000, take('two', { waitMs: 10_000 })).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'lock/held', message: expect.stringContaining('(waited 10 s)') });
  });

  test('gives up when it is asked to stop', async () => {
    await take('one');
    let asked = false;
    const waiting = take('two', { waitMs: 300_000, stopped: () => asked });
    await vi.advanceTimersByTimeAsync(5000);
    asked = true;
    await expect(letting(2500, waiting)).rejects.toMatchObject({ code: 'lock/held' });
  });

  test('gets the lock of a dead holder when that ends', async () => {
    heldOf(await store.open().acquire(holder('dead'), TTL_SECONDS));
    (await letting(TTL_SECONDS * 1000 + 2500, take('two', { waitMs: 300_000 }))).assertHeld();
  });

  test('puts a holder out whose process is known to be gone, and says so', async () => {
    heldOf(await store.open().acquire(holder('dead'), TTL_SECONDS));
    const kept = await take('two', { isGone: ({ run }) => run === 'dead' });
    kept.assertHeld();
    expect(events.map(lockEventInWords)).toEqual([
      expect.stringMatching(/^the lock on the cluster was taken from .*run dead.*that process has ended$/),
    ]);
  });

  test.each([false, undefined])('respects a holder of whose process it is known: gone %s', async (gone) => {
    heldOf(await store.open().acquire(holder('alive'), TTL_SECONDS));
    await expect(take('two', { isGone: () => gone })).rejects.toMatchObject({ code: 'lock/held' });
  });

  test('fails with what etcd says where it never answered', async () => {
    store.failWith(DOWN);
    await expect(take('one', { waitMs: 300_000 })).rejects.toBe(DOWN);
  });

  test('rides out an etcd that fails while it waits, but not for longer than that', async () => {
    const one = await take('one');
    const waiting = take('two', { waitMs: 30_000 });
    const short = take('three', { waitMs: 8000 });
    short.catch(() => {});
    await vi.advanceTimersByTimeAsync(3000);
    store.failWith(DOWN);
    await vi.advanceTimersByTimeAsync(8000);
    await expect(short).rejects.toBe(DOWN);
    store.failWith(undefined);
    await one.release();
    (await letting(2500, waiting)).assertHeld();
  });
});

describe('a lock that is kept', () => {
  test('counts as lost when a renewal says so, and stays lost', async () => {
    const kept = await take('one');
    store.overwrite(undefined);
    kept.assertHeld();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(() => kept.assertHeld()).toThrow(lostCode);
    expect(() => kept.assertHeld()).toThrow(/went to another run/);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('outlives an etcd that fails for less than its time, and is lost after that with the reason', async () => {
    const kept = await take('one');
    await vi.advanceTimersByTimeAsync(19_000);
    store.failWith(DOWN);
    await vi.advanceTimersByTimeAsync(25_000);
    kept.assertHeld();
    store.failWith(undefined);
    await vi.advanceTimersByTimeAsync(5000);
    store.failWith(DOWN);
    // Renewed by then, it is good for another 50 s.
    await vi.advanceTimersByTimeAsync(42_000);
    kept.assertHeld();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(() => kept.assertHeld()).toThrow(/could not be renewed in time \(no quorum\)/);
    store.failWith(undefined);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(() => kept.assertHeld()).toThrow(lostCode);
  });

  test('is lost when renewals give no answer at all, and a second is tried meanwhile', async () => {
    let renewals = 0;
    const silent = wrapped(store.open(), () => {
      renewals++;
      return new Promise(() => {});
    });
    const kept = await keepLocks([{ name: 'it', lock: silent }], keeping('one'));
    await vi.advanceTimersByTimeAsync(49_000);
    kept.assertHeld();
    expect(renewals).toBe(2);
    await vi.advanceTimersByTimeAsync(1500);
    expect(() => kept.assertHeld()).toThrow(/no answer within 10000 ms/);
    await letting(21_000, kept.release());
  });

  test('ends before its key does, counted from when the renewal was sent', async () => {
    const slow = wrapped(store.open(), async (renew) => {
      const answer = await renew();
      await new Promise((resolve) => setTimeout(resolve, 9000));
      return answer;
    });
    const kept = await keepLocks([{ name: 'it', lock: slow }], keeping('one'));
    // Sent at 20 s, answered at 29 s: good until 70 s.
    await vi.advanceTimersByTimeAsync(30_000);
    store.failWith(DOWN);
    await vi.advanceTimersByTimeAsync(39_500);
    kept.assertHeld();
    await vi.advanceTimersByTimeAsync(1000);
    expect(() => kept.assertHeld()).toThrow(lostCode);
    expect(store.value()).toBeDefined();
  });

  test('is lost at once after the process was stopped for longer than it lives', async () => {
    let stopped = 0;
    const kept = await take('frozen', { clock: () => clock() + stopped });
    stopped = TTL_SECONDS * 1000;
    expect(() => kept.assertHeld()).toThrow(/did not run for a while/);
  });
});

describe('several locks', () => {
  const both = (order: readonly string[], from: Record<string, MemoryLockStore>, how: LockKeeping) =>
    keepLocks(
      order.map((name) => ({ name, lock: (from[name] as MemoryLockStore).open() })),
      how,
    );

  test('are taken in one order, so that two runs never wait for each other', async () => {
    const from = { a: memoryLockStore(clock), b: memoryLockStore(clock) };
    const ends: string[] = [];
    const all = [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'b'],
      ['b', 'a'],
    ].map(async (order, n) => {
      const kept = await both(order, from, keeping(`run-${n}`, { waitMs: 60_000 }));
      ends.push(`run-${n}`);
      await kept.release();
    });
    await letting(30_000, Promise.all(all));
    expect(ends.sort()).toEqual(['run-0', 'run-1', 'run-2', 'run-3']);
  });

  test('are all given back where one is taken', async () => {
    const from = { a: memoryLockStore(clock), b: memoryLockStore(clock) };
    heldOf(await from.b.open().acquire(holder('other'), TTL_SECONDS));
    await expect(both(['b', 'a'], from, keeping('one'))).rejects.toMatchObject({
      code: 'lock/held',
      message: expect.stringMatching(/^b is locked by .*run other/),
    });
    expect(from.a.value()).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('are renewed while another is waited for; one that goes meanwhile ends the wait', async () => {
    const from = { a: memoryLockStore(clock), b: memoryLockStore(clock) };
    const other = heldOf(await from.b.open().acquire(holder('other'), 3600));
    const waiting = both(['a', 'b'], from, keeping('one', { waitMs: 3_600_000 }));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(takenOf(await from.a.open().acquire(holder('x'), 1)).by?.run).toBe('one');
    from.a.overwrite(undefined);
    await expect(letting(25_000, waiting)).rejects.toMatchObject({ code: 'lock/lost' });
    await other.release();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that are one under two names are one lock', async () => {
    const kept = await both(['a', 'b'], { a: store, b: store }, keeping('one'));
    kept.assertHeld();
    await expect(take('two')).rejects.toMatchObject({ code: 'lock/held' });
    await kept.release();
    expect(store.value()).toBeUndefined();
  });

  test('each have to be held', async () => {
    const from = { a: memoryLockStore(clock), b: memoryLockStore(clock) };
    const kept = await both(['a', 'b'], from, keeping('one'));
    from.b.overwrite(undefined);
    await vi.advanceTimersByTimeAsync(21_000);
    expect(() => kept.assertHeld()).toThrow(/the lock on b is lost/);
    from.a.failWith(DOWN);
    await kept.release();
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('of many runs at once exactly one is inside at a time', async () => {
  let inside = 0;
  let most = 0;
  const runs = Array.from({ length: 20 }, async (_, n) => {
    const kept = await take(`run-${n}`, { waitMs: 600_000, random: () => (n * 0.37) % 1 });
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 500));
    inside--;
    await kept.release();
  });
  await letting(400_000, Promise.all(runs));
  expect(most).toBe(1);
});

/** A lock whose renewals go as a test wants them to. */
function wrapped(lock: ClusterLock, renew: (real: () => Promise<boolean>) => Promise<boolean>): ClusterLock {
  return {
    ...lock,
    async acquire(by, ttlSeconds) {
      const attempt = await lock.acquire(by, ttlSeconds);
      if (attempt.kind === 'taken') return attempt;
      const real = attempt.lock;
      return { kind: 'held', lock: { ...real, renew: () => renew(() => real.renew()) } };
    },
  };
}
