import { FixError, messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';
import type { HeldLock } from '../flannel/cluster-lock.js';

export interface KeptLockOptions {
  readonly name: string;
  readonly lock: HeldLock;
  /** By the clock, from just before it was asked for. */
  readonly sentAt: number;
  readonly ttlMs: number;
  clock(): number;
}

/**
 * A held lock that is renewed three times in its time to live.
 *
 * It counts as held up to its time to live after the last renewal that succeeded was sent, less a sixth of that: what
 * is begun in time then has that long to reach its host. No answer is needed for it to end.
 */
export class KeptLock {
  readonly holding: string;
  #validUntil: number;
  #lost: string | undefined;
  /** Why the last renewal failed. */
  #trouble: string | undefined;
  #over = false;
  #wake: () => void = () => {};
  #renewal: Promise<void> = Promise.resolve();

  constructor(private readonly options: KeptLockOptions) {
    this.holding = options.lock.holding;
    this.#validUntil = this.#endOf(options.sentAt);
    void this.#keep();
  }

  /** @throws FixError `lock/lost`; from then on each time */
  assertHeld(): void {
    if (this.#lost === undefined && this.options.clock() >= this.#validUntil) {
      const why = this.#trouble === undefined ? 'this program did not run for a while' : this.#trouble;
      this.#lost = `it could not be renewed in time (${why})`;
    }
    if (this.#lost === undefined) return;
    throw new FixError('lock/lost', `the lock on ${this.options.name} is lost: ${this.#lost}`, {
      hint: 'No change was begun after that. Another run may be at work by now; run again once it has ended.',
    });
  }

  /** Never throws; what cannot be given back ends by itself. */
  async release(): Promise<void> {
    this.#over = true;
    this.#wake();
    const done = this.#renewal.then(() => this.options.lock.release()).catch(() => {});
    await Promise.race([done, this.#pause(this.options.ttlMs / 3)]);
    this.#wake();
  }

  #endOf(sentAt: number): number {
    return sentAt + (this.options.ttlMs * 5) / 6;
  }

  async #keep(): Promise<void> {
    const everyMs = this.options.ttlMs / 3;
    while (!this.#over && this.#lost === undefined) {
      await this.#pause(this.#trouble === undefined ? everyMs : everyMs / 4);
      if (this.#over) return;
      this.#renewal = this.#renew();
      await Promise.race([this.#renewal, this.#lateness(everyMs / 2)]);
      if (!this.#over) this.#wake();
    }
  }

  /** A renewal that has not ended by now is left to itself; its answer counts when it comes. */
  async #lateness(ms: number): Promise<void> {
    const { clock } = this.options;
    const end = clock() + ms;
    await this.#pause(ms);
    if (clock() >= end) this.#trouble ??= `no answer within ${Math.round(ms)} ms`;
  }

  async #renew(): Promise<void> {
    const sentAt = this.options.clock();
    try {
      if (await this.options.lock.renew()) {
        this.#validUntil = Math.max(this.#validUntil, this.#endOf(sentAt));
        this.#trouble = undefined;
      } else {
        this.#lost ??= 'it went to another run, or was taken away';
      }
    } catch (thrown) {
      this.#trouble = printableLine(messageOf(thrown));
    }
  }

  /** Keeps no process alive, and ends early at a release. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
