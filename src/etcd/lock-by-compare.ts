import { randomBytes } from 'node:crypto';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import type { ClusterLock, HeldLock, LockAttempt } from '../flannel/cluster-lock.js';
import { lockHolderText, parseLockHolder } from '../flannel/lock-holder.js';

/** The last part of the key, beside flannel's `config` and `subnets`. */
export const LOCK_NAME = 'fix-flannel-lock';

/** The lock's key as a store has it. */
export interface LockEntry {
  readonly value: string;
  readonly revision: string;
  /** v3: the etcd lease that it lives by. */
  readonly leaseId?: string;
  /** v2: what it had left when it was read. */
  readonly ttlSeconds?: number | undefined;
}

/** One key of a store, and what a lock does with it. Each ends within the deadline. @throws FixError `etcd/*` */
export interface LockKey {
  /** For people: `/coreos.com/network/fix-flannel-lock`. */
  readonly name: string;
  /** A consistent (quorum) read. */
  read(): Promise<LockEntry | undefined>;
  /** Seconds until it goes by itself; `undefined` for one that stays. */
  secondsLeft(entry: LockEntry): Promise<number | undefined>;
  /** `undefined` where there is one already. */
  create(value: string, ttlSeconds: number): Promise<LockEntry | undefined>;
  /** Whether it still was this one. Done twice it is the same as done once. */
  prolong(entry: LockEntry, ttlSeconds: number): Promise<boolean>;
  /** Deletes it while it is this one. */
  remove(entry: LockEntry): Promise<void>;
  removeAt(revision: string): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * A lock over one key that is made only where there is none, lives for a time, and is prolonged while it is still ours.
 *
 * Each attempt writes a name of its own into the value: whether a write that gave no answer was done is seen by
 * reading it, so that a try at the next member neither loses a lock nor takes it for another's.
 *
 * @param nonce up to 64 word characters, another each time, whatever the key
 */
export function lockByCompare(key: LockKey, nonce: () => string = newNonce): ClusterLock {
  const tried = new Set<string>();
  const told = async <T>(work: () => Promise<T>) => {
    try {
      return await work();
    } catch (thrown) {
      throw namingTheKey(thrown, key.name);
    }
  };
  const held = (entry: LockEntry, holding: string, ttlSeconds: number): HeldLock => ({
    holding,
    renew: () => told(() => key.prolong(entry, ttlSeconds)),
    release: () => told(() => key.remove(entry)),
  });
  return {
    acquire: (holder, ttlSeconds) =>
      told(async (): Promise<LockAttempt> => {
        const holding = nonce();
        tried.add(holding);
        for (let round = 1; round <= MOST_ROUNDS; round++) {
          const found = await key.read();
          if (found === undefined) {
            const made = await key.create(lockHolderText(holder, holding), ttlSeconds);
            if (made !== undefined) return { kind: 'held', lock: held(made, holding, ttlSeconds) };
            continue;
          }
          const { by, holding: theirs } = parseLockHolder(found.value);
          if (theirs === undefined || !tried.has(theirs)) {
            const secondsLeft = await key.secondsLeft(found);
            return { kind: 'taken', by, secondsLeft, revision: found.revision, holding: theirs };
          }
          const lock = held(found, theirs, ttlSeconds);
          if (await lock.renew()) return { kind: 'held', lock };
        }
        return { kind: 'taken', by: undefined, secondsLeft: 0, revision: '' };
      }),
    evict: (revision) => told(() => key.removeAt(revision)),
    close: () => key.close(),
  };
}

function newNonce(): string {
  return randomBytes(12).toString('hex');
}

/** Holders that come and go between our reading and our writing. */
const MOST_ROUNDS = 4;

function namingTheKey(thrown: unknown, key: string): unknown {
  if (!(thrown instanceof FixError) || thrown.code !== 'etcd/auth') return thrown;
  const shown = printableLine(key);
  return new FixError('etcd/auth', `the cluster cannot be locked: ${thrown.message}`, {
    hint: `check etcd's user name and password, and give its role the right to read and write ${shown}: nothing is changed without that lock`,
    cause: thrown,
  });
}
