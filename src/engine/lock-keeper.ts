import { FixError } from '../core/error.js';
import type { ClusterLock, HeldLock, LockAttempt, LockHolder } from '../flannel/cluster-lock.js';
import { holderInWords } from '../flannel/lock-holder.js';
import { KeptLock } from './kept-lock.js';

/** A lock by the name under which people know what it locks; two runs take several in the order of their names. */
export interface NamedLock {
  /** `the cluster under /coreos.com/network at https://10.0.0.111:2379` */
  readonly name: string;
  readonly lock: ClusterLock;
}

/** What happens while locks are waited for. */
export type LockEvent =
  | {
      readonly kind: 'waiting';
      readonly name: string;
      readonly by: LockHolder | undefined;
      /** Until it goes by itself, unless its holder lives. */
      readonly secondsLeft: number | undefined;
      /** How much longer we wait. */
      readonly waitMs: number;
    }
  | { readonly kind: 'evicted'; readonly name: string; readonly by: LockHolder };

export interface LockKeeping {
  readonly holder: LockHolder;
  readonly ttlSeconds: number;
  /** How long to wait for all of them together; 0 not at all. */
  readonly waitMs: number;
  /** Whether a holder's process is known to have ended. */
  isGone(holder: LockHolder): boolean | undefined;
  /** Milliseconds that only grow, and run on while this process or its machine is stopped. */
  clock(): number;
  sleep(ms: number): Promise<void>;
  /** From 0 up to 1; for the jitter of polls. */
  random(): number;
  tell(event: LockEvent): void;
  /** True once somebody has asked to stop: a wait ends then. */
  stopped?(): boolean;
}

/** Locks that are renewed until they are given back. */
export interface KeptLocks {
  /** Cheap and synchronous: to be called right before each change. @throws FixError `lock/lost` */
  assertHeld(): void;
  /** Stops renewing and gives all back, each within a third of its time to live. Never throws. */
  release(): Promise<void>;
}

/**
 * Takes all locks, waiting for those that are taken, and keeps them. Those it had are given back where one fails.
 *
 * @throws FixError `lock/held` once the wait is over, `lock/lost` where one went while another was waited for, `etcd/*`
 */
export async function keepLocks(locks: readonly NamedLock[], how: LockKeeping): Promise<KeptLocks> {
  const kept: KeptLock[] = [];
  const all: KeptLocks = {
    assertHeld() {
      for (const lock of kept) lock.assertHeld();
    },
    async release() {
      await Promise.all(kept.splice(0).map((lock) => lock.release()));
    },
  };
  try {
    const wait = newWait(how);
    for (const named of inOrder(locks)) {
      const taken = await takeInTurn(named, kept, wait, how);
      if (taken !== undefined) kept.push(taken);
    }
    return all;
  } catch (thrown) {
    await all.release();
    throw thrown;
  }
}

/** Every run takes them in the same order, so that two cannot wait for each other. */
function inOrder(locks: readonly NamedLock[]): NamedLock[] {
  const byName = new Map(locks.map((named) => [named.name, named]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `undefined` for a lock that is held already, under another name. */
async function takeInTurn(
  { name, lock }: NamedLock,
  kept: readonly KeptLock[],
  wait: Wait,
  how: LockKeeping,
): Promise<KeptLock | undefined> {
  const evicted = new Set<string>();
  for (let answered = false; ; answered = true) {
    for (const other of kept) other.assertHeld();
    const sentAt = how.clock();
    const attempt = await attemptOf(lock, answered, wait, how);
    if (attempt?.kind === 'held') return keeping(name, attempt.lock, sentAt, how);
    if (attempt !== undefined) {
      if (kept.some(({ holding }) => holding === attempt.holding)) return undefined;
      const { by, secondsLeft, revision } = attempt;
      if (by !== undefined && how.isGone(by) === true && !evicted.has(revision)) {
        evicted.add(revision);
        if (await lock.evict(revision)) how.tell({ kind: 'evicted', name, by });
        continue;
      }
      if (wait.isOver()) throw isHeld(name, attempt, how);
      wait.tell({ name, by, secondsLeft });
    }
    await wait.pause();
  }
}

type Taken = Extract<LockAttempt, { kind: 'taken' }>;

/** `undefined` where the store failed although it has answered before, and there is still time to ask again. */
async function attemptOf(
  lock: ClusterLock,
  answered: boolean,
  wait: Wait,
  { holder, ttlSeconds }: LockKeeping,
): Promise<LockAttempt | undefined> {
  try {
    return await lock.acquire(holder, ttlSeconds);
  } catch (thrown) {
    if (!answered || wait.isOver()) throw thrown;
    return undefined;
  }
}

function keeping(name: string, lock: HeldLock, sentAt: number, { ttlSeconds, clock }: LockKeeping): KeptLock {
  return new KeptLock({ name, lock, sentAt, ttlMs: ttlSeconds * 1000, clock });
}

interface Wait {
  isOver(): boolean;
  tell(seen: { name: string; by: LockHolder | undefined; secondsLeft: number | undefined }): void;
  /** Until the next poll. */
  pause(): Promise<void>;
}

const TELL_EVERY_MS = 15_000;
const LONGEST_PAUSE_MS = 2000;

function newWait({ waitMs, ttlSeconds, clock, random, sleep, tell, stopped }: LockKeeping): Wait {
  const end = clock() + waitMs;
  const pauseMs = Math.min(LONGEST_PAUSE_MS, (ttlSeconds * 1000) / 5);
  let toldAt = new Map<string, number>();
  return {
    isOver: () => clock() >= end || stopped?.() === true,
    tell({ name, by, secondsLeft }) {
      // Another holder is news; the same one is told of again now and then.
      const key = `${name} ${by?.run}`;
      const last = toldAt.get(key);
      if (last !== undefined && clock() - last < TELL_EVERY_MS) return;
      toldAt = new Map([[key, clock()]]);
      tell({ kind: 'waiting', name, by, secondsLeft, waitMs: Math.max(0, end - clock()) });
    },
    pause: () => sleep(Math.max(1, Math.min(pauseMs * (0.75 + random() / 2), end - clock()))),
  };
}

function isHeld(name: string, { by, secondsLeft }: Taken, { waitMs }: LockKeeping): FixError {
  const waited = waitMs > 0 ? ` (waited ${Math.round(waitMs / 1000)} s)` : '';
  return new FixError('lock/held', `${name} is locked by ${holderInWords(by)}${waited}`, {
    hint: `Nothing was changed. ${whenItEnds(secondsLeft)}; wait for that run with --wait 5m, or stop it where it runs.`,
  });
}

function whenItEnds(secondsLeft: number | undefined): string {
  if (secondsLeft === undefined) return 'The lock does not end by itself';
  return `The lock ends in ${Math.max(1, secondsLeft)} s unless its run is alive and renews it`;
}

/** A wait's event in words. */
export function lockEventInWords(event: LockEvent): string {
  if (event.kind === 'evicted') {
    return `the lock on ${event.name} was taken from ${holderInWords(event.by)}: that process has ended`;
  }
  const wait = Math.ceil(event.waitMs / 1000);
  return `waiting up to ${wait} s for ${event.name}, locked by ${holderInWords(event.by)}. ${whenItEnds(event.secondsLeft)}`;
}
