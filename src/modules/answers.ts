import type { Ask } from '../core/fact.js';
import type { Reading } from '../core/reading.js';

/** The answers to a set of questions, some of which may not have been asked. */
export type Answers<A> = {
  readonly [K in keyof A]: NonNullable<A[K]> extends Ask<infer V> ? Reading<V> : never;
};
