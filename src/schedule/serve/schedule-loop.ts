import type { ServedCluster } from './config.js';
import type { Timers } from './ports.js';
import { delayOf, nextSlot, periodAfter } from './slots.js';

/** How often the clock is looked at, at least: a timer stands still while the machine sleeps. */
const LONGEST_SLEEP_MS = 30_000;

/** When a cluster is due next. */
interface Entry {
  readonly cluster: ServedCluster;
  /** The slot that is due next, and when its check begins: up to the jitter later. */
  slot: number;
  due: number;
  period: number;
}

export interface LoopSettings {
  readonly timers: Timers;
  /** From 0 to 1. */
  readonly random: () => number;
  /** A check is due now. @param slot when it was due, without jitter */
  readonly onDue: (cluster: ServedCluster, slot: number) => void;
}

/** Tells which cluster is due, at its time, again and again. What was missed in a sleep is due once. */
export class ScheduleLoop {
  readonly #settings: LoopSettings;
  #entries = new Map<string, Entry>();
  #cancel: (() => void) | undefined;
  #lookedAt: number;
  #isStopped = false;

  constructor(settings: LoopSettings) {
    this.#settings = settings;
    this.#lookedAt = settings.timers.now();
  }

  /**
   * From here on these clusters. One that is as it was keeps its next time.
   *
   * @param lastSlot when a cluster's last check was due; `null` for one that was never checked
   */
  setClusters(clusters: readonly ServedCluster[], lastSlot: (name: string) => number | null): void {
    const known = this.#entries;
    this.#entries = new Map();
    for (const cluster of clusters) {
      const before = known.get(cluster.name);
      const isAsBefore = JSON.stringify(before?.cluster.when) === JSON.stringify(cluster.when);
      if (before !== undefined && isAsBefore) this.#entries.set(cluster.name, { ...before, cluster });
      else this.#add(cluster, lastSlot(cluster.name));
    }
    this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  /** When a cluster is due next; `undefined` for none that there is. */
  due(name: string): number | undefined {
    return this.#entries.get(name)?.due;
  }

  /** Milliseconds between two checks. */
  period(name: string): number {
    return this.#entries.get(name)?.period ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the clock was looked at as often as it should be. */
  isAlive(): boolean {
    return !this.#isStopped && this.#settings.timers.now() - this.#lookedAt < 4 * LONGEST_SLEEP_MS;
  }

  #add(cluster: ServedCluster, lastSlot: number | null): void {
    const now = this.#settings.timers.now();
    // A clock that was put back must not hold a check off until it has caught up.
    const from = lastSlot !== null && lastSlot <= now ? lastSlot : undefined;
    const first = from === undefined ? firstSlot(cluster, now) : nextSlot(cluster.when, from);
    this.#put(cluster, first ?? Number.POSITIVE_INFINITY);
  }

  #put(cluster: ServedCluster, slot: number): void {
    const { timers, random } = this.#settings;
    const period = periodAfter(cluster.when, timers.now());
    const due = slot + delayOf(cluster.name, cluster.jitterMs, period, random());
    this.#entries.set(cluster.name, { cluster, slot, due, period });
  }

  /** After the clock was put back, what is due is not that far away any more. */
  #mindClock(cluster: ServedCluster, slot: number, now: number): void {
    const soonest = nextSlot(cluster.when, now);
    if (soonest !== undefined && soonest < slot) this.#put(cluster, soonest);
  }

  #look(): void {
    this.#cancel?.();
    if (this.#isStopped) return;
    const { timers, onDue } = this.#settings;
    const now = timers.now();
    this.#lookedAt = now;
    for (const { cluster, slot, due } of [...this.#entries.values()].sort((a, b) => a.due - b.due)) {
      if (due > now) {
        this.#mindClock(cluster, slot, now);
        continue;
      }
      const newest = newestSlot(cluster, slot, now);
      this.#put(cluster, nextSlot(cluster.when, newest) ?? Number.POSITIVE_INFINITY);
      onDue(cluster, newest);
    }
    const next = Math.min(...[...this.#entries.values()].map(({ due }) => due));
    const wait = Math.min(Math.max(next - timers.now(), 0), LONGEST_SLEEP_MS);
    this.#cancel = timers.after(wait, () => this.#look());
  }
}

/** An interval begins at once; a cron expression at the time that it names. */
function firstSlot({ when }: ServedCluster, now: number): number | undefined {
  return when.kind === 'every' ? now : nextSlot(when, now);
}

/** The last of the slots that have passed: those before it are not made up for one by one. */
function newestSlot({ when }: ServedCluster, slot: number, now: number): number {
  if (when.kind === 'every') return slot + Math.floor((now - slot) / when.ms) * when.ms;
  // What is due between here and now is due at once: the next one is the first after now.
  const next = nextSlot(when, slot);
  return next !== undefined && next <= now ? now : slot;
}
