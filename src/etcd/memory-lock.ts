import type { FixError } from '../core/error.js';
import type { ClusterLock } from '../flannel/cluster-lock.js';
import { LOCK_NAME, type LockEntry, lockByCompare } from './lock-by-compare.js';

/** The key of a lock without etcd: what several runs contend for, and what a test does to it. */
export interface MemoryLockStore {
  /** The lock as one run opens it. */
  open(): ClusterLock;
  /** The value that stands there now. */
  value(): string | undefined;
  /** Writes over it as an administrator would; without a value, deletes it. */
  overwrite(value: string | undefined, ttlSeconds?: number): void;
  /** Makes every call fail with this, until it is called with nothing. */
  failWith(error: FixError | undefined): void;
}

/** @param now milliseconds; the time to live is counted by it */
export function memoryLockStore(now: () => number = Date.now): MemoryLockStore {
  let stored: (LockEntry & { readonly until: number | undefined }) | undefined;
  let failure: FixError | undefined;
  let count = 0;
  const current = () => {
    if (stored?.until !== undefined && stored.until <= now()) stored = undefined;
    return stored;
  };
  const put = (value: string, ttlSeconds: number | undefined, revision = String(++count)) => {
    stored = { value, revision, until: ttlSeconds === undefined ? undefined : now() + ttlSeconds * 1000 };
    return stored;
  };
  const work = async <T>(job: () => T): Promise<T> => {
    await undefined;
    if (failure !== undefined) throw failure;
    return job();
  };
  const removeAt = (revision: string) => {
    if (current()?.revision !== revision) return false;
    stored = undefined;
    return true;
  };
  const key = {
    name: `/memory/${LOCK_NAME}`,
    read: () => work(current),
    secondsLeft: () => work(() => (stored?.until === undefined ? undefined : Math.ceil((stored.until - now()) / 1000))),
    create: (value: string, ttlSeconds: number) =>
      work(() => (current() === undefined ? put(value, ttlSeconds) : undefined)),
    prolong: ({ value, revision }: LockEntry, ttlSeconds: number) =>
      work(() => current()?.revision === revision && put(value, ttlSeconds, revision) !== undefined),
    remove: ({ revision }: LockEntry) => work(() => void removeAt(revision)),
    removeAt: (revision: string) => work(() => removeAt(revision)),
    close: async () => {},
  };
  return {
    open: () => lockByCompare(key),
    value: () => current()?.value,
    overwrite(value, ttlSeconds) {
      if (value === undefined) stored = undefined;
      else put(value, ttlSeconds);
    },
    failWith(error) {
      failure = error;
    },
  };
}
