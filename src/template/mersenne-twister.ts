import { createHash } from 'node:crypto';
import { failed } from './failure.js';
import { numeric, PyFloat, typeName } from './values.js';

const SIZE = 624;
const MIDDLE = 397;

/** Python's `random.Random(seed)`: the same seed gives the same numbers, so that a second run chooses alike. */
export class MersenneTwister {
  readonly #state = new Uint32Array(SIZE);
  #index = SIZE;

  /** @throws FixError `template/failed` for a seed that is neither text nor a whole number */
  constructor(seed: unknown) {
    this.#seedBy(keyOf(seed));
  }

  /** A whole number from 0 to `limit` - 1; 0 where the limit is 0. */
  below(limit: number): number {
    if (limit <= 0) return 0;
    const bits = limit.toString(2).length;
    let drawn = this.#bits(bits);
    while (drawn >= limit) drawn = this.#bits(bits);
    return drawn;
  }

  #bits(count: number): number {
    if (count <= 32) return this.#next() >>> (32 - count);
    const low = this.#next();
    return (this.#next() >>> (64 - count)) * 2 ** 32 + low;
  }

  #next(): number {
    if (this.#index >= SIZE) this.#refill();
    let y = this.#state[this.#index++] as number;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #refill(): void {
    const state = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const y = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % SIZE] as number) & 0x7fffffff);
      state[i] = (state[(i + MIDDLE) % SIZE] as number) ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
  }

  /** The reference implementation's `init_by_array`. */
  #seedBy(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < SIZE; i++) state[i] = Math.imul(1812433253, mixed(state[i - 1] as number)) + i;
    let [i, j] = [1, 0];
    const step = (factor: number, add: () => number) => {
      const before = mixed(state[i - 1] as number);
      state[i] = ((state[i] as number) ^ Math.imul(before, factor)) + add();
      if (++i < SIZE) return;
      state[0] = state[SIZE - 1] as number;
      i = 1;
    };
    for (let left = Math.max(SIZE, key.length); left > 0; left--) {
      step(1664525, () => (key[j] as number) + j);
      j = (j + 1) % key.length;
    }
    for (let left = SIZE - 1; left > 0; left--) step(1566083941, () => -i);
    state[0] = 0x80000000;
  }
}

function mixed(word: number): number {
  return word ^ (word >>> 30);
}

/** A seed as 32-bit words, the lowest first. Text is followed by its SHA-512, as in Python's second version of seeds. */
function keyOf(seed: unknown): number[] {
  if (typeof seed === 'string') {
    const bytes = Buffer.from(seed, 'utf8');
    return wordsOf(BigInt(`0x${bytes.toString('hex')}${createHash('sha512').update(bytes).digest('hex')}`));
  }
  const number = seed instanceof PyFloat ? seed.value : numeric(seed);
  if (number === undefined || !Number.isInteger(number)) {
    throw failed(`a seed has to be a text or a whole number, not ${typeName(seed)}`);
  }
  return wordsOf(BigInt(Math.abs(number)));
}

function wordsOf(number: bigint): number[] {
  const words: number[] = [];
  for (let rest = number; rest > 0n; rest >>= 32n) words.push(Number(rest & 0xffffffffn));
  return words.length === 0 ? [0] : words;
}
