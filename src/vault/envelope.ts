import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** An encrypted text, taken apart; nothing of it is proven yet. */
export interface Envelope {
  /** The id of the password that it was made with; `undefined` in format 1.1. */
  readonly label: string | undefined;
  readonly salt: Buffer;
  /** SHA-256, 32 bytes. */
  readonly hmac: Buffer;
  readonly ciphertext: Buffer;
}

/**
 * Takes `$ANSIBLE_VAULT;1.1;AES256` or `;1.2;AES256;LABEL` and the hexadecimal lines below it apart.
 * @throws FixError `vault/format`
 * @see ansible-core 2.14 `parsing/vault/__init__.py`, `parse_vaulttext_envelope`, `parse_vaulttext`
 */
export function readEnvelope(text: string, at: string): Envelope {
  const [header = '', ...body] = text.trim().split(/\r?\n/);
  const [mark, version, cipher, label] = header.split(';').map((part) => part.trim());
  if (mark !== '$ANSIBLE_VAULT' || version === undefined) {
    throw broken('it does not start with $ANSIBLE_VAULT;', at);
  }
  if (version !== '1.1' && version !== '1.2') throw unknown(`the format ${printableLine(version, 40)}`, at);
  if (cipher !== 'AES256') throw unknown(`the cipher ${printableLine(cipher ?? '', 40) || 'of no name'}`, at);
  const whole = body.map((line) => line.trim()).join('');
  const parts = bytesOf(whole.toLowerCase(), at).toString('latin1').split('\n');
  const [salt, hmac, ciphertext, ...more] = parts.map((part) => bytesOf(part, at));
  if (!salt || !hmac || !ciphertext || more.length > 0) throw broken('it has to hold a salt, a digest and a text', at);
  if (hmac.length !== 32) throw broken(`its digest has ${hmac.length} bytes, not 32`, at);
  return { label: version === '1.2' && label ? label : undefined, salt, hmac, ciphertext };
}

function bytesOf(hex: string, at: string): Buffer {
  if (hex.length % 2 === 0 && /^[0-9a-f]*$/.test(hex)) return Buffer.from(hex, 'hex');
  throw broken('below its first line stands what is not hexadecimal, or it is cut short', at);
}

function unknown(what: string, at: string): FixError {
  return new FixError('vault/format', `${what} of ansible-vault is not known; 1.1 and 1.2 with AES256 are`, {
    hint: 'Encrypt it again with a current ansible-vault: `ansible-vault rekey FILE`.',
    at,
  });
}

function broken(why: string, at: string): FixError {
  return new FixError('vault/format', `this encrypted text is damaged: ${why}`, {
    hint: 'Copy it again from its source; each line of it has to be whole, and indented alike in YAML.',
    at,
  });
}
