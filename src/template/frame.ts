/** The names that a template sets itself: one frame for each loop, macro and `with`. */
export class Frame {
  readonly #own = new Map<string, unknown>();

  constructor(readonly parent?: Frame) {}

  /** The value of the innermost such name, or `undefined`. */
  find(name: string): unknown {
    return this.#own.has(name) ? this.#own.get(name) : this.parent?.find(name);
  }

  /** The names that were set here, without those around. */
  own(): ReadonlyMap<string, unknown> {
    return this.#own;
  }

  set(name: string, value: unknown): void {
    this.#own.set(name, value);
  }
}
