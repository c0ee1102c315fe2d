import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ClusterLock, HeldLock, LockAttempt, LockHolder } from '../../src/flannel/cluster-lock.js';
import { runsInGate } from '../support/in-gate.js';

/** An implementation under test, and the other side of it. */
export interface LockBench {
  open(prefix: string): ClusterLock;
  /** What stands under the lock's key, read by none of the code under test. */
  value(prefix: string): Promise<string | undefined>;
  /** Writes the key as an administrator would, or deletes it. */
  overwrite(prefix: string, value: string | undefined, ttlSeconds?: number): Promise<void>;
  close(): Promise<void>;
}

export const holder = (run: string): LockHolder => ({
  run,
  by: 'ops@here',
  pid: 4711,
  process: 'boot/namespace/1',
  since: '2026-11-24T22:00:00.000Z',
  why: 'fix-flannel run inventory.yaml',
});

export type Taken = Extract<LockAttempt, { kind: 'taken' }>;

/** The lock of an attempt that got it. */
export function heldOf(attempt: LockAttempt): HeldLock {
  if (attempt.kind === 'taken') throw new Error(`taken by ${attempt.by?.run}`);
  return attempt.lock;
}

/** The other, of one that did not. */
export function takenOf(attempt: LockAttempt): Taken {
  if (attempt.kind === 'held') throw new Error('it was free');
  return attempt;
}

export interface LockKind {
  readonly about: string;
  makeBench(): Promise<LockBench>;
}

/** What every lock does, whatever keeps it. What takes its time takes it for all kinds at once. */
export function clusterLockContract(kinds: readonly LockKind[]): void {
  for (const kind of kinds) describe(kind.about, () => contractOf(kind, ROWS));
  for (const kind of kinds) describe.concurrent(kind.about, () => contractOf(kind, ROWS_THAT_WAIT));
}

let prefixes = 0;

function contractOf({ makeBench }: LockKind, rows: readonly Row[]): void {
  let bench: LockBench;
  beforeAll(async () => {
    bench = await makeBench();
  });
  afterAll(() => bench.close());

  for (const row of rows) {
    test(row.about, { timeout: 30_000 }, async () => {
      const prefix = `/locks/p${++prefixes}`;
      const opened: ClusterLock[] = [];
      const open = () => {
        const lock = bench.open(prefix);
        opened.push(lock);
        return lock;
      };
      try {
        await row.check({ bench, prefix, open });
      } finally {
        await Promise.all(opened.map((lock) => lock.close()));
      }
    });
  }
}

interface Scene {
  readonly bench: LockBench;
  readonly prefix: string;
  /** The lock as another run opens it. */
  open(): ClusterLock;
}

const CONTENDERS = 20;
const ROUNDS = runsInGate(5);

/** The shortest time to live that every etcd keeps to. */
const SHORT_SECONDS = 2;
const LONG_SECONDS = 60;

interface Row {
  readonly about: string;
  check(scene: Scene): Promise<void>;
}

const ROWS: readonly Row[] = [
  {
    about: `of ${CONTENDERS} at once exactly one gets it, ${ROUNDS} times over`,
    async check({ open }) {
      const locks = Array.from({ length: CONTENDERS }, open);
      for (let round = 0; round < ROUNDS; round++) {
        const attempts = await Promise.all(locks.map((lock, n) => lock.acquire(holder(`run-${n}`), LONG_SECONDS)));
        const winners = attempts.flatMap((attempt, n) => (attempt.kind === 'held' ? [n] : []));
        expect(winners).toHaveLength(1);
        const seen = new Set(attempts.flatMap((attempt) => (attempt.kind === 'taken' ? [attempt.by?.run] : [])));
        expect([...seen]).toEqual([`run-${winners[0]}`]);
        await heldOf(attempts[winners[0] as number] as LockAttempt).release();
      }
    },
  },
  {
    about: 'whoever is too late sees who has it, and for how long',
    async check({ open }) {
      const lock = heldOf(await open().acquire(holder('first'), LONG_SECONDS));
      const { by, secondsLeft, holding } = takenOf(await open().acquire(holder('second'), LONG_SECONDS));
      expect(by).toEqual(holder('first'));
      expect(secondsLeft).toBeGreaterThan(LONG_SECONDS - 10);
      expect(secondsLeft).toBeLessThanOrEqual(LONG_SECONDS);
      expect(holding).toBe(lock.holding);
    },
  },
  {
    about: 'given back it is free at once, and giving it back twice does no harm',
    async check({ open, bench, prefix }) {
      const lock = heldOf(await open().acquire(holder('first'), LONG_SECONDS));
      await lock.release();
      expect(await bench.value(prefix)).toBeUndefined();
      const next = heldOf(await open().acquire(holder('second'), LONG_SECONDS));
      await lock.release();
      expect(await next.renew()).toBe(true);
    },
  },
  {
    about: 'a dead holder is put out, and only that one',
    async check({ open }) {
      heldOf(await open().acquire(holder('dead'), LONG_SECONDS));
      const [one, two] = [open(), open()];
      const seen = takenOf(await one.acquire(holder('one'), LONG_SECONDS));
      expect(await Promise.all([one.evict(seen.revision), two.evict(seen.revision)])).toEqual(
        expect.arrayContaining([true, false]),
      );
      const next = heldOf(await one.acquire(holder('one'), LONG_SECONDS));
      expect(await two.evict(seen.revision)).toBe(false);
      expect(await next.renew()).toBe(true);
    },
  },
  {
    about: 'a holder that was put out and followed finds its lock lost, and leaves the other alone',
    async check({ open }) {
      const lock = heldOf(await open().acquire(holder('frozen'), LONG_SECONDS));
      const other = open();
      await other.evict(takenOf(await other.acquire(holder('other'), LONG_SECONDS)).revision);
      const next = heldOf(await other.acquire(holder('other'), LONG_SECONDS));
      expect(await lock.renew()).toBe(false);
      await lock.release();
      expect(await next.renew()).toBe(true);
    },
  },
  {
    about: 'a lock that somebody wrote over or deleted is lost',
    async check({ open, bench, prefix }) {
      const lock = heldOf(await open().acquire(holder('first'), LONG_SECONDS));
      await bench.overwrite(prefix, '{"mine":1}');
      expect(await lock.renew()).toBe(false);
      await bench.overwrite(prefix, undefined);
      expect(await lock.renew()).toBe(false);
    },
  },
  {
    about: 'what is no lock of ours is respected, and told as nobody with no end',
    async check({ open, bench, prefix }) {
      for (const value of ['', 'x', '[]', `{"run":"${'r'.repeat(100)}"}`, `"${'x'.repeat(100_000)}"`]) {
        await bench.overwrite(prefix, value);
        const { by, secondsLeft, holding } = takenOf(await open().acquire(holder('late'), LONG_SECONDS));
        expect({ by, secondsLeft, holding }).toEqual({ by: undefined, secondsLeft: undefined, holding: undefined });
      }
    },
  },
  {
    about: 'what a stranger wrote into a lock of ours does not drive the terminal',
    async check({ open, bench, prefix }) {
      const text = JSON.stringify({ ...holder('odd'), by: 'a\u001b[2Jb\n', why: '\u202ex'.repeat(100) });
      await bench.overwrite(prefix, text, LONG_SECONDS);
      const { by } = takenOf(await open().acquire(holder('late'), LONG_SECONDS));
      expect(by?.by).toBe('a\\x1b[2Jb\\n');
      expect(by?.why).toMatch(/^(\\u202ex)+…?/);
      expect(by?.why.length).toBeLessThanOrEqual(300);
    },
  },
];

const ROWS_THAT_WAIT: readonly Row[] = [
  {
    about: 'it ends by itself when its holder is silent, who is told so then',
    async check({ open }) {
      const lock = heldOf(await open().acquire(holder('silent'), SHORT_SECONDS));
      const other = open();
      const next = await vi.waitFor(async () => heldOf(await other.acquire(holder('next'), LONG_SECONDS)), {
        timeout: 12_000,
        interval: 200,
      });
      expect(await lock.renew()).toBe(false);
      expect(await next.renew()).toBe(true);
    },
  },
  {
    about: 'renewed it outlives its time',
    async check({ open }) {
      const lock = heldOf(await open().acquire(holder('lively'), SHORT_SECONDS));
      const other = open();
      const end = Date.now() + SHORT_SECONDS * 2000;
      while (Date.now() < end) {
        expect(await lock.renew()).toBe(true);
        expect(takenOf(await other.acquire(holder('other'), SHORT_SECONDS)).by?.run).toBe('lively');
        await new Promise((resolve) => setTimeout(resolve, SHORT_SECONDS * 300));
      }
    },
  },
];
