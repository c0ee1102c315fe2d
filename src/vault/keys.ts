import { createDecipheriv, createHmac, pbkdf2, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Envelope } from './envelope.js';

/** 80 bytes: the cipher's key, the digest's key, and where the cipher's counter starts. */
export type VaultKeys = Buffer;

const ROUNDS = 10_000;
const LENGTH = 80;

/** @see ansible-core 2.14 `parsing/vault/__init__.py`, `VaultAES256._gen_key_initctr` */
export function deriveKeys(password: Buffer, salt: Buffer): VaultKeys {
  return pbkdf2Sync(password, salt, ROUNDS, LENGTH, 'sha256');
}

/** The same on a thread of its own. */
export function deriveKeysAside(password: Buffer, salt: Buffer): Promise<VaultKeys> {
  return pbkdf2Aside(password, salt, ROUNDS, LENGTH, 'sha256');
}

const pbkdf2Aside = promisify(pbkdf2);

/** Whether the text was made with these keys and is whole; says nothing by how long it takes. */
export function isMadeWith(keys: VaultKeys, { hmac, ciphertext }: Envelope): boolean {
  const expected = createHmac('sha256', keys.subarray(32, 64)).update(ciphertext).digest();
  return timingSafeEqual(expected, hmac);
}

/**
 * The text itself. Call it only for what `isMadeWith` these keys.
 * @returns `undefined` where the padding is not PKCS#7's
 */
export function decrypted(keys: VaultKeys, { ciphertext }: Envelope): Buffer | undefined {
  const cipher = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64, 80));
  const padded = Buffer.concat([cipher.update(ciphertext), cipher.final()]);
  const padding = padded.at(-1) ?? 0;
  const isPadded = padded.length % 16 === 0 && padding >= 1 && padding <= 16;
  if (!isPadded || padded.subarray(-padding).some((byte) => byte !== padding)) return undefined;
  return padded.subarray(0, -padding);
}
