import { keepLocks, lockEventInWords, type NamedLock } from './lock-keeper.js';
import type { Hold, LockSite, RunSettings, World } from './run.js';
import type { StopRequest } from './stop-request.js';

/** A hold that can be given back. */
export interface TakenHold extends Hold {
  /** Never throws. */
  release(): Promise<void>;
}

/**
 * Takes the lock of every cluster that the plan is about, waiting as long as the settings say.
 * @throws FixError `lock/held`, `etcd/*`
 */
export async function takeHold(
  sites: readonly LockSite[],
  settings: RunSettings,
  world: World,
  stop: StopRequest,
  tell: (message: string) => void,
): Promise<TakenHold> {
  const locks: NamedLock[] = [];
  const closeAll = () => Promise.allSettled(locks.map(({ lock }) => lock.close()));
  try {
    for (const { name, open } of sites) locks.push({ name, lock: await open() });
    const kept = await keepLocks(locks, {
      holder: world.holder(settings.header.id),
      ttlSeconds: settings.lockTtlSeconds,
      waitMs: settings.lockWaitMs,
      isGone: world.isGone,
      clock: world.elapsedMs,
      sleep: world.sleep,
      random: Math.random,
      tell: (event) => tell(lockEventInWords(event)),
      stopped: () => stop.asked,
    });
    return {
      assertHeld: () => kept.assertHeld(),
      async release() {
        await kept.release();
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
