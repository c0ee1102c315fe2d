import type { Timers } from '../../../src/schedule/serve/ports.js';

/** Time that passes only when a test says so. */
export class FakeTime implements Timers {
  #now: number;
  #next = 0;
  readonly #tasks = new Map<number, { readonly at: number; readonly task: () => void }>();

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const key = this.#next++;
    this.#tasks.set(key, { at: this.#now + ms, task });
    return () => void this.#tasks.delete(key);
  }

  /** Does all that is due in so many milliseconds, each thing at its time. */
  async pass(ms: number): Promise<void> {
    await settled();
    const end = this.#now + ms;
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      const [key, { at, task }] = next;
      this.#now = Math.max(this.#now, at);
      this.#tasks.delete(key);
      task();
      await settled();
    }
    this.#now = end;
    await settled();
  }

  /** The machine sleeps, or its clock is set: the time is another one, and no timer has run. */
  jump(ms: number): void {
    const sleeping = [...this.#tasks].map(([key, { at, task }]) => [key, { at: at + ms, task }] as const);
    for (const [key, entry] of sleeping) this.#tasks.set(key, entry);
    this.#now += ms;
  }

  #earliest(end: number) {
    return [...this.#tasks]
      .filter(([, { at }]) => at <= end)
      .sort(([, a], [, b]) => a.at - b.at)
      .at(0);
  }
}

/** All that follows without waiting for anything has been done. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 4; round++) await new Promise((resolve) => setImmediate(resolve));
}
