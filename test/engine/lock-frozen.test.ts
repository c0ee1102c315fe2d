import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { elapsedClock } from '../../src/cli/elapsed-clock.js';
import { keepLocks, type LockKeeping } from '../../src/engine/lock-keeper.js';
import { openLock } from '../../src/etcd/open-lock.js';
import type { ClusterLock } from '../../src/flannel/cluster-lock.js';
import { heldOf, holder } from '../contract/cluster-lock.js';
import { type RunningEtcd, startEtcd } from '../support/etcd.js';

const TTL_SECONDS = 4;
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

test.each(STORES)(
  'a run that was frozen finds its lock in $store lost before anything else',
  { timeout: 60_000 },
  async ({ store }) => {
    const spec = { store, endpoints: etcd.endpoints, prefix: '/frozen', tls: undefined, deadlineMs: 3000 };
    const opened: ClusterLock[] = [openLock(spec), openLock(spec)];
    const [mine, theirs] = opened as [ClusterLock, ClusterLock];
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
    try {
      const kept = await keepLocks([{ name: 'the cluster', lock: mine }], how);
      const alive = Date.now() + TTL_SECONDS * 1500;
      while (Date.now() < alive) {
        await how.sleep(200);
        kept.assertHeld();
      }
      freeze(TTL_SECONDS * 1500);
      expect(() => kept.assertHeld()).toThrow(expect.objectContaining({ code: 'lock/lost' }));
      const next = await vi.waitFor(async () => heldOf(await theirs.acquire(holder('next'), 60)), 10_000);
      await kept.release();
      expect(await next.renew()).toBe(true);
    } finally {
      await Promise.all(opened.map((lock) => lock.close()));
    }
  },
);
