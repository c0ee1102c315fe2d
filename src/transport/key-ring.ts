import type { ParsedKey } from 'ssh2';
import { FixError } from '../core/error.js';
import type { Secret } from '../core/script.js';
import { publicHalf, readPrivateKey } from './private-key.js';

/** A private key file, as far as it could be read. */
export interface KeyFile {
  readonly file: string;
  readonly key?: ParsedKey | undefined;
  /** Its public half, by which an agent's key is known. */
  readonly publicBlob?: Buffer | undefined;
  readonly locked?: true | undefined;
  /** Why it is no use, where it is neither a key nor locked. */
  readonly problem?: FixError | undefined;
}

/**
 * Gives the passphrase of a key file, or undefined if there is nobody to ask or they decline.
 * @param attempt 1, then 2 and 3 after wrong ones
 */
export type AskPassphrase = (file: string, attempt: number) => Promise<Secret | undefined>;

const ATTEMPTS = 3;

/** The private keys of a run: each file is read once and unlocked once, however many hosts it is for. */
export class KeyRing {
  readonly #ask: AskPassphrase;
  readonly #read = new Map<string, Promise<KeyFile>>();
  readonly #unlocked = new Map<string, Promise<ParsedKey | undefined>>();

  constructor(ask: AskPassphrase = async () => undefined) {
    this.#ask = ask;
  }

  /** @param at the host it is for, named in `problem` */
  async read(file: string, at: string, passphrase?: Secret): Promise<KeyFile> {
    if (passphrase !== undefined) return readKeyFile(file, passphrase);
    const reading = this.#read.get(file) ?? readKeyFile(file);
    this.#read.set(file, reading);
    const read = await reading;
    return read.problem === undefined ? read : { ...read, problem: forHost(read.problem, at) };
  }

  /**
   * A locked key opened, for the first host that needs it and all after it.
   * @returns undefined if no passphrase is to be had
   * @throws FixError `ssh/key-file` after three wrong passphrases
   */
  async unlock(file: string, at: string): Promise<ParsedKey | undefined> {
    const unlocking = this.#unlocked.get(file) ?? this.#unlock(file);
    this.#unlocked.set(file, unlocking);
    try {
      return await unlocking;
    } catch (error) {
      throw error instanceof FixError ? forHost(error, at) : error;
    }
  }

  async #unlock(file: string): Promise<ParsedKey | undefined> {
    let wrong: unknown;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const passphrase = await this.#ask(file, attempt);
      if (passphrase === undefined) break;
      try {
        const key = await readPrivateKey(file, { passphrase, at: file });
        if (!('locked' in key)) return key;
      } catch (error) {
        wrong = error;
      }
    }
    if (wrong !== undefined) throw wrong;
    return undefined;
  }
}

async function readKeyFile(file: string, passphrase?: Secret): Promise<KeyFile> {
  try {
    const key = await readPrivateKey(file, { passphrase, at: file });
    if (!('locked' in key)) return { file, key, publicBlob: key.getPublicSSH() };
    return { file, locked: true, publicBlob: await publicHalf(file) };
  } catch (error) {
    if (!(error instanceof FixError)) throw error;
    return { file, problem: error, publicBlob: await publicHalf(file) };
  }
}

function forHost(error: FixError, at: string): FixError {
  return new FixError(error.code, error.message, { hint: error.hint, at, cause: error });
}
