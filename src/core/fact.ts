import type { Reading } from './reading.js';
import type { Script } from './script.js';

/** The status a fact's script exits with to say "there is no such thing here". */
export const ABSENT = 44;

/** Something that can be read on a host: a script that changes nothing, and a pure parser of what it prints. */
export interface Fact<Query, Value> {
  readonly name: string;
  /** One line for the reference. */
  readonly about: string;
  script(query: Query): Script;
  /** A longer answer is no answer to it: it makes the reading `unreadable`. Bytes; default 1 MiB. */
  readonly mostBytes?: number;
  /**
   * Of a fact whose answers hold secrets: the answer without them, in the same form, so that `parse` reads a
   * placeholder. No other part of such an answer is ever kept in a recording.
   * @throws anything, and then nothing of the answer is kept
   */
  withheld?(answer: Buffer): Buffer;
  /**
   * @param stdout what the script printed, as UTF-8 text
   * @param bytes the same as bytes
   * @throws anything, which makes the reading `unreadable`
   */
  parse(stdout: string, query: Query, bytes: Buffer): Value;
}

export function defineFact<Query, Value>(fact: Fact<Query, Value>): Fact<Query, Value> {
  return fact;
}

/** A question put to a host. */
export interface Ask<Value = unknown> {
  readonly fact: Fact<never, Value>;
  readonly query: unknown;
}

export function ask<Query, Value>(fact: Fact<Query, Value>, query: Query): Ask<Value> {
  return { fact: fact as Fact<never, Value>, query };
}

export type Asks = Readonly<Record<string, Ask>>;

/** The answers to a set of questions, under the same names. */
export type Readings<A extends Asks> = { readonly [K in keyof A]: A[K] extends Ask<infer V> ? Reading<V> : never };
