import { createHash } from 'node:crypto';

/** The digests of `crypt(3)` that are made of plain hashes. */
export type CryptKind = 'md5' | 'sha256' | 'sha512';

export const SALT_LENGTH: Readonly<Record<CryptKind, number>> = { md5: 8, sha256: 16, sha512: 16 };

const DEFAULT_ROUNDS = 5000;
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * A password as `/etc/shadow` keeps it: `$6$salt$...`.
 * @param salt letters, digits, `.` and `/`; no longer than `SALT_LENGTH`
 * @param rounds 1000 to 999999999; md5 has none
 * @see Ulrich Drepper, "Unix crypt using SHA-256 and SHA-512", 2007
 */
export function unixCrypt(kind: CryptKind, password: string, salt: string, rounds?: number): string {
  const key = Buffer.from(password, 'utf8');
  if (kind === 'md5') return `$1$${salt}$${md5Crypt(key, Buffer.from(salt, 'latin1'))}`;
  const told = rounds === undefined ? '' : `rounds=${rounds}$`;
  const digest = shaCrypt(kind, key, Buffer.from(salt, 'latin1'), rounds ?? DEFAULT_ROUNDS);
  return `$${kind === 'sha256' ? 5 : 6}$${told}${salt}$${digest}`;
}

function shaCrypt(kind: 'sha256' | 'sha512', key: Buffer, salt: Buffer, rounds: number): string {
  const hash = (...parts: readonly Buffer[]) => digestOf(kind, parts);
  const alternate = hash(key, salt, key);
  const mixing = bitsOf(key.length).map((bit) => (bit ? alternate : key));
  let digest = hash(key, salt, repeated(alternate, key.length), ...mixing);
  const p = repeated(hash(...Array.from({ length: key.length }, () => key)), key.length);
  const s = repeated(hash(...Array.from({ length: 16 + (digest[0] as number) }, () => salt)), salt.length);
  for (let round = 0; round < rounds; round++) digest = hash(...roundParts(round, digest, p, s));
  return kind === 'sha256' ? spelled(digest, SHA256_ORDER) : spelled(digest, SHA512_ORDER);
}

function md5Crypt(key: Buffer, salt: Buffer): string {
  const hash = (...parts: readonly Buffer[]) => digestOf('md5', parts);
  const alternate = hash(key, salt, key);
  const mixing = bitsOf(key.length).map((bit) => (bit ? Buffer.alloc(1) : key.subarray(0, 1)));
  let digest = hash(key, Buffer.from('$1$'), salt, repeated(alternate, key.length), ...mixing);
  for (let round = 0; round < 1000; round++) digest = hash(...roundParts(round, digest, key, salt));
  return spelled(digest, MD5_ORDER);
}

function digestOf(kind: CryptKind, parts: readonly Buffer[]): Buffer {
  const hash = createHash(kind);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** What one round hashes; all three digests take turns in the same way. */
function roundParts(round: number, digest: Buffer, key: Buffer, salt: Buffer): Buffer[] {
  const isOdd = round % 2 === 1;
  return [
    isOdd ? key : digest,
    ...(round % 3 === 0 ? [] : [salt]),
    ...(round % 7 === 0 ? [] : [key]),
    isOdd ? digest : key,
  ];
}

/** The binary digits of a length, the lowest first. */
function bitsOf(length: number): boolean[] {
  return length === 0 ? [] : [...length.toString(2)].reverse().map((digit) => digit === '1');
}

function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes);
}

/** The order in which three bytes each become four letters; the last group is shorter. */
type Order = readonly (readonly number[])[];

const SHA256_ORDER: Order = [...Array.from({ length: 10 }, (_, i) => rotated([0, 10, 20], i * 21, 30)), [31, 30]];
const SHA512_ORDER: Order = [...Array.from({ length: 21 }, (_, i) => rotated([0, 21, 42], i * 22, 63)), [63]];
const MD5_ORDER: Order = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5], [11]];

/** The first group, its places moved on and counted round. */
function rotated(first: readonly number[], by: number, size: number): number[] {
  return first.map((place) => (place + by) % size);
}

function spelled(digest: Buffer, order: Order): string {
  return order
    .map((group) => {
      const bits = group.reduce((value, place) => value * 256 + (digest[place] as number), 0);
      return letters(bits, group.length + 1);
    })
    .join('');
}

function letters(bits: number, count: number): string {
  let rest = bits;
  let text = '';
  for (let i = 0; i < count; i++) {
    text += ALPHABET[rest & 63];
    rest >>>= 6;
  }
  return text;
}
