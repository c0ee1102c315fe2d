/**
 * A wish to stop, from Ctrl-C or from a host that failed.
 *
 * `after-batch` lets the hosts in hand be finished; `now` fails the task in hand, so that its block's rescue
 * undoes what it did. Neither leaves a host half done.
 */
export class StopRequest {
  #level: 'none' | 'after-batch' | 'now' = 'none';
  readonly #controller = new AbortController();

  /** The first call asks for a stop after the batch, the next for one at once. */
  ask(): 'after-batch' | 'now' {
    this.#level = this.#level === 'none' ? 'after-batch' : 'now';
    if (this.#level === 'now') this.#controller.abort();
    return this.#level;
  }

  get asked(): boolean {
    return this.#level !== 'none';
  }

  get now(): boolean {
    return this.#level === 'now';
  }

  /** Aborted when the stop is to be at once; for waits. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }
}
