import { readFileSync, statSync } from 'node:fs';
import { FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { Secret } from '../core/script.js';
import { printableLine } from '../core/text.js';
import type { AskPassphrase } from '../transport/key-ring.js';
import { askOnTerminal } from './ask-on-terminal.js';

/** What the command line says of passwords. */
export interface PasswordOptions {
  readonly askPass?: boolean;
  readonly askBecomePass?: boolean;
  /** A file whose first line opens encrypted keys. */
  readonly keyPassphraseFile?: string;
}

/** Passwords for hosts to which the inventory gives none, and passphrases for keys. */
export interface LoginSecrets {
  readonly password?: Secret | undefined;
  readonly becomePassword?: Secret | undefined;
  readonly passphrase: AskPassphrase;
}

/** Runs while something is asked, so that nothing else is written on the terminal. */
export type WhileAsking = <T>(ask: () => Promise<T>) => Promise<T>;

/**
 * Asks for the passwords that the command line wants to be asked for, once each, before anything else happens.
 * Passphrases are asked for when a key needs one: one prompt at a time, once a file.
 *
 * @throws FixError `cli/usage` where there is nobody to ask; `cli/interrupted`; `file/missing` for the passphrase file
 */
export async function loginSecrets(options: PasswordOptions, whileAsking: WhileAsking): Promise<LoginSecrets> {
  const ask = inTurn(whileAsking);
  const { keyPassphraseFile: file } = options;
  const fromFile = file === undefined ? undefined : new Secret(firstLine(file));
  const password = options.askPass ? await ask('SSH password: ', PASSWORDS_INSTEAD) : '';
  const becomePassword = options.askBecomePass
    ? (await ask(options.askPass ? BECOME_OR_SSH : 'Become password: ', PASSWORDS_INSTEAD)) || password
    : '';
  return {
    password: password === '' ? undefined : new Secret(password),
    becomePassword: becomePassword === '' ? undefined : new Secret(becomePassword),
    passphrase: fromFile === undefined ? (key, attempt) => askPassphrase(ask, key, attempt) : onlyOnce(fromFile),
  };
}

const BECOME_OR_SSH = 'Become password (empty: the SSH password): ';
const PASSWORDS_INSTEAD = 'Give ansible_password or ansible_become_password in an encrypted file, or use a key.';

type Ask = (question: string, instead: string) => Promise<string>;

function inTurn(whileAsking: WhileAsking): Ask {
  let last: Promise<unknown> = Promise.resolve();
  return (question, instead) => {
    const mine = last.then(() => whileAsking(() => askOnTerminal(question, instead)));
    last = mine.catch(() => {});
    return mine;
  };
}

/** Without a terminal the key stays locked, and whoever needs it says so. Ctrl-C stops the run as it does anywhere. */
async function askPassphrase(ask: Ask, file: string, attempt: number): Promise<Secret | undefined> {
  const again = attempt > 1 ? 'That was wrong. ' : '';
  try {
    const typed = await ask(`${again}Passphrase for the key ${printableLine(file)}: `, '');
    return typed === '' ? undefined : new Secret(typed);
  } catch (error) {
    if (!(error instanceof FixError)) throw error;
    if (error.code === 'cli/usage') return undefined;
    await interruptRun();
    throw error;
  }
}

/** The terminal was raw, so that no signal came of the keys. Whoever listens has heard it afterwards. */
async function interruptRun(): Promise<void> {
  const heard = new Promise((resolve) => process.once('SIGINT', resolve));
  // Waiting for a signal alone does not keep the program alive.
  const alive = setInterval(() => {}, 1000);
  process.kill(process.pid, 'SIGINT');
  await heard;
  clearInterval(alive);
}

function onlyOnce(passphrase: Secret): AskPassphrase {
  return async (_file, attempt) => (attempt === 1 ? passphrase : undefined);
}

function firstLine(file: string): string {
  try {
    const { mode } = statSync(file);
    if ((mode & 0o077) !== 0) throw new Error('others may read or write it; run `chmod 600` on it');
    return readFileSync(file, 'utf8').split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    const why = codeOf(cause) === 'ENOENT' ? 'there is no such file' : messageOf(cause);
    throw new FixError('file/missing', `cannot read the passphrase file ${printableLine(file)}: ${why}`, {
      hint: 'Check --key-passphrase-file.',
      at: file,
      cause,
    });
  }
}
