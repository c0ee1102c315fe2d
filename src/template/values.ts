/**
 * The values that templates compute with, as Python has them.
 *
 * Strings, booleans and `null` are JavaScript's own. A list is an array. A dict that a template made
 * is a `Map` (keys of any type, in their order), one that came from outside a `LazyDict` or a plain object. An integer is a number with an integer
 * value; a float is any other number, or a `PyFloat` where its value is whole (`1.0`), so that it prints as Python
 * prints it. Integers beyond 2^53 are refused rather than rounded.
 */

/** A float whose value happens to be whole: `1.0`. Make them with `pyFloat`. */
export class PyFloat {
  constructor(readonly value: number) {}
}

/** A float as a value: a bare number unless it is whole. */
export function pyFloat(value: number): number | PyFloat {
  return Number.isInteger(value) ? new PyFloat(value) : value;
}

/** A tuple: a list that prints with parentheses. */
export class Tuple<T = unknown> extends Array<T> {
  static override get [Symbol.species]() {
    return Array;
  }
}

export function tuple(...items: readonly unknown[]): Tuple {
  const made = new Tuple();
  for (const item of items) made.push(item);
  return made;
}

/** What `groupby` makes of each group: a pair that may also be asked for its `grouper` and its `list`. */
export class Group extends Tuple {
  constructor(grouper: unknown, list: readonly unknown[]) {
    super();
    this.push(grouper, list);
  }
}

/** Something that is not there. Only `default`, `is defined`, `mandatory` and their like may touch it. */
export class Undefined {
  /**
   * @param message what to say when it is used after all
   * @param name the variable or attribute that is missing
   * @param quiet it may be used, and is then an empty text: an inline `if` without `else`, as in Jinja2
   */
  constructor(
    readonly message: string,
    readonly name?: string,
    readonly quiet = false,
  ) {}
}

/** What `omit` stands for: the argument that holds it is left out. */
export class Omit {
  private readonly omit = true;
  toString(): string {
    return this.omit ? '__omit__' : '';
  }
}
export const OMIT = Object.freeze(new Omit());

/** What a call passes: by place and by name. */
export interface CallArgs {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** The only thing that a template can call: a method, a global or a macro of ours. */
export class Callable {
  readonly #run: (call: CallArgs) => unknown;

  constructor(
    readonly name: string,
    run: (call: CallArgs) => unknown,
  ) {
    this.#run = run;
  }

  call(call: CallArgs): unknown {
    return this.#run(call);
  }
}

/** What `loop` is in a recursive loop: its attributes, and a call that goes one level deeper. */
export class RecursiveLoop extends Callable {
  constructor(
    readonly attributes: ReadonlyMap<unknown, unknown>,
    run: (call: CallArgs) => unknown,
  ) {
    super('loop', run);
  }
}

/** What `namespace()` makes: attributes that `set ns.x = ...` may change from inside a loop. */
export class Namespace {
  readonly attributes = new Map<string, unknown>();
}

/** Where a `LazyDict` finds its values. `get` is only asked for keys that there are. */
export interface DictSource {
  keys(): readonly string[];
  has(key: string): boolean;
  get(key: string): unknown;
}

/** A dict whose values are made when they are read, and which remembers what a template changes in its own view. */
export class LazyDict {
  readonly #source: DictSource;
  readonly #own = new Map<string, unknown>();
  readonly #deleted = new Set<string>();

  constructor(source: DictSource) {
    this.#source = source;
  }

  keys(): string[] {
    const given = this.#source.keys().filter((key) => !this.#deleted.has(key));
    return [...given, ...[...this.#own.keys()].filter((key) => !this.#source.has(key) || this.#deleted.has(key))];
  }

  has(key: string): boolean {
    return this.#own.has(key) || (!this.#deleted.has(key) && this.#source.has(key));
  }

  /** The value, or `undefined` where there is no such key. */
  get(key: string): unknown {
    if (this.#own.has(key)) return this.#own.get(key);
    return this.has(key) ? this.#source.get(key) : undefined;
  }

  set(key: string, value: unknown): void {
    this.#own.set(key, value);
  }

  delete(key: string): void {
    this.#own.delete(key);
    this.#deleted.add(key);
  }
}

/** A value that is what it is: text in it that looks like a template never becomes one. */
export class Rendered {
  constructor(readonly value: unknown) {}
}

/** A moment as `now()` and `to_datetime` give it. */
export class DateTime {
  /**
   * @param utc its parts are those of UTC, not of this machine's zone
   * @param microseconds what is left beyond the milliseconds
   * @param offsetMinutes its own zone, where its text named one
   */
  constructor(
    readonly date: Date,
    readonly utc: boolean,
    readonly microseconds = 0,
    readonly offsetMinutes?: number,
  ) {}

  /** Since 1970. */
  get totalMicroseconds(): number {
    return this.date.getTime() * 1000 + this.microseconds;
  }
}

/** The time between two moments. */
export class TimeDelta {
  constructor(readonly microseconds: number) {}
}

export type Dict = Readonly<Record<string, unknown>> | ReadonlyMap<unknown, unknown> | LazyDict;

export function isDict(value: unknown): value is Dict {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Map || value instanceof LazyDict) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

export function isInteger(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}

export function isFloat(value: unknown): value is number | PyFloat {
  return value instanceof PyFloat || (typeof value === 'number' && !Number.isInteger(value));
}

/** A number in Python's sense without the booleans. */
export function isNumber(value: unknown): value is number | PyFloat {
  return typeof value === 'number' || value instanceof PyFloat;
}

/** The numeric value of a number or a boolean (True is 1), else `undefined`. */
export function numeric(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof PyFloat) return value.value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return undefined;
}

/** Python's name of a value's type, as `type_debug` prints it. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (isFloat(value)) return 'float';
  if (typeof value === 'number') return 'int';
  if (value instanceof Tuple) return 'tuple';
  if (isList(value)) return 'list';
  if (isDict(value)) return 'dict';
  if (value instanceof Undefined) return 'AnsibleUndefined';
  if (value instanceof Callable) return 'function';
  if (value instanceof Namespace) return 'Namespace';
  if (value instanceof DateTime) return 'datetime';
  if (value instanceof TimeDelta) return 'timedelta';
  return 'object';
}
