import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { elapsedClock } from '../../src/cli/elapsed-clock.js';
import { keepLocks, type LockKeeping } from '../../src/engine/lock-keeper.js';
import { openLock } from '../../src/etcd/open-lock.js';
import type { Store } from '../../src/flannel/registry.js';
import { heldOf, holder } from '../contract/cluster-lock.js';
import { type RunningEtcd, startEtcd } from '../support/etcd.js';

const TTL_SECONDS = 6; // long enough for a machine that has much else to do
const STORES = [{ store: 'v2' }, { store: 'v3' }] as const;

let etcd: RunningEtcd;
beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd?.stop());

/** Stops this process from doing anything, timers and all, as SIGSTOP would; etcd goes on. */
function freeze(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const spec = (store: Store) => ({
  ...{ store, endpoints: etcd.endpoints, prefix: '/frozen' },
  ...{ tls: undefined, deadlineMs: 3000 },
});

const how: LockKeeping = {
  holder: holder('frozen'),
  ttlSeconds: TTL_SECONDS,
  waitMs: 0,
  isGone: () => undefined,
  clock: elapsedClock(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
  tell() {},
};

test('a run that was frozen finds its lock lost before anything else, in each store', { timeout: 60_000 }, async () => {
  const mine = STORES.map(({ store }) => openLock(spec(store)));
  const theirs = STORES.map(({ store }) => openLock(spec(store)));
  try {
    const kept = await Promise.all(mine.map((lock) => keepLocks([{ name: 'the cluster', lock }], how)));
    const alive = Date.now() + TTL_SECONDS * 1250;
    while (Date.now() < alive) {
      await how.sleep(200);
      for (const one of kept) one.assertHeld();
    }
    freeze(TTL_SECONDS * 1250);
    for (const one of kept) {
      expect(() => one.assertHeld()).toThrow(expect.objectContaining({ code: 'lock/lost' }));
    }
    for (const [index, lock] of theirs.entries()) {
      const next = await vi.waitFor(async () => heldOf(await lock.acquire(holder('next'), 60)), 20_000);
      await kept[index]?.release();
      expect(await next.renew()).toBe(true);
    }
  } finally {
    await Promise.all([...mine, ...theirs].map((lock) => lock.close()));
  }
});
