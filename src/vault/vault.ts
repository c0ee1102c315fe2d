import { mapLimit } from '../core/concurrency.js';
import { FixError } from '../core/error.js';
import { neverShow } from '../core/mask.js';
import { printableLine } from '../core/text.js';
import type { VaultReader } from '../core/vault.js';
import { type Envelope, readEnvelope } from './envelope.js';
import { decrypted, deriveKeys, deriveKeysAside, isMadeWith, type VaultKeys } from './keys.js';

/** A password with the label that it was given under. */
export class VaultPassword {
  readonly id: string;
  readonly #bytes: Buffer;

  constructor(id: string, bytes: Buffer) {
    this.id = id;
    this.#bytes = bytes;
    neverShow(bytes.toString('utf8'));
  }

  /** The password itself; call it only to derive keys of it. */
  reveal(): Buffer {
    return this.#bytes;
  }
}

/** The id of a password that was given without a label. */
export const DEFAULT_ID = 'default';

/**
 * Opens texts with the passwords of a run. A text that names an id is tried with that id's passwords first and then
 * with all others, as Ansible does.
 *
 * @see ansible-core 2.14 `parsing/vault/__init__.py`, `VaultLib.decrypt_and_get_vault_id`
 */
export class Vault implements VaultReader {
  readonly #passwords: readonly VaultPassword[];
  readonly #keys = new Map<VaultPassword, Map<string, VaultKeys>>();
  readonly #expected = new Set<string>();

  constructor(passwords: readonly VaultPassword[]) {
    this.#passwords = passwords;
    for (const password of passwords) this.#keys.set(password, new Map());
  }

  open(text: string, at: string): Buffer {
    const envelope = readEnvelope(text, at);
    for (const password of this.#inOrder(envelope)) {
      const keys = this.#keysOf(password, envelope.salt);
      if (isMadeWith(keys, envelope)) return decrypted(keys, envelope) ?? badPadding(at);
    }
    throw this.#refusal(envelope, at);
  }

  expect(text: string): void {
    this.#expected.add(text);
  }

  /**
   * Derives the keys of all texts that are expected, on other threads, so that opening them takes no time later.
   * Whatever is wrong with one of them is said when it is opened.
   * @param signal stops it
   */
  async prepare(signal?: AbortSignal): Promise<void> {
    const texts = [...this.#expected];
    this.#expected.clear();
    await mapLimit(texts, THREADS, async (text) => {
      if (signal?.aborted) return;
      const envelope = envelopeIfWhole(text);
      const password = envelope && this.#inOrder(envelope)[0];
      const known = password && this.#keys.get(password);
      const name = envelope?.salt.toString('hex') ?? '';
      if (!known || known.has(name)) return;
      known.set(name, await deriveKeysAside(password.reveal(), envelope.salt));
    });
  }

  #inOrder({ label }: Envelope): readonly VaultPassword[] {
    const own = this.#passwords.filter(({ id }) => id === (label ?? DEFAULT_ID));
    return [...own, ...this.#passwords.filter((password) => !own.includes(password))];
  }

  #keysOf(password: VaultPassword, salt: Buffer): VaultKeys {
    const known = this.#keys.get(password) as Map<string, VaultKeys>;
    const name = salt.toString('hex');
    const keys = known.get(name) ?? deriveKeys(password.reveal(), salt);
    known.set(name, keys);
    return keys;
  }

  #refusal({ label }: Envelope, at: string): FixError {
    const made = label === undefined ? '' : ` (made with the id ${printableLine(label, 60)})`;
    if (this.#passwords.length === 0) {
      return new FixError('vault/password', `this is encrypted with ansible-vault${made}, and no password was given`, {
        hint: 'Give one with --vault-password-file FILE, --vault-id LABEL@FILE or --ask-vault-pass.',
        at,
      });
    }
    const tried = [...new Set(this.#passwords.map(({ id }) => printableLine(id, 60)))].join(', ');
    return new FixError('vault/password', `no password opens this encrypted text${made}; ids tried: ${tried}`, {
      hint: 'Give the password that it was encrypted with: --vault-id LABEL@FILE. If that is it, the text was changed.',
      at,
    });
  }
}

/** As many as Node has for such work. */
const THREADS = 4;

function envelopeIfWhole(text: string): Envelope | undefined {
  try {
    return readEnvelope(text, '');
  } catch {
    return undefined;
  }
}

function badPadding(at: string): never {
  throw new FixError('vault/format', 'this text was encrypted by a program that pads it in another way', {
    hint: 'Encrypt it again with ansible-vault.',
    at,
  });
}
