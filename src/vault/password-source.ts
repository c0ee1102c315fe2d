import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { printableLine } from '../core/text.js';
import { DEFAULT_ID, VaultPassword } from './vault.js';

/** Where a vault password comes from. */
export interface PasswordSource {
  readonly id: string;
  /** A file, a program that prints it, or `prompt`. */
  readonly from: string;
}

/** What reading passwords needs of its surroundings. */
export interface PasswordSurroundings {
  /** What `~` stands for. */
  readonly home: string;
  /** For a program to print a password. */
  readonly timeoutMs: number;
  /** Asks a person, without echo. */
  ask(question: string): Promise<string>;
}

/** Bytes; no password is longer. */
const MOST_BYTES = 64 * 1024;

/** `LABEL@FILE`, `LABEL@prompt` or `FILE`; a file with an `@` in its name needs a label. */
export function passwordSource(text: string): PasswordSource {
  const at = text.indexOf('@');
  const [id, from] = at < 0 ? ['', text] : [text.slice(0, at), text.slice(at + 1)];
  return { id: id === '' ? DEFAULT_ID : id, from: from === 'prompt_ask_vault_pass' ? 'prompt' : from };
}

/**
 * Reads a password: a file's content without the blanks around it, what an executable file prints, or what a person
 * types. The program is run without a shell and with nothing in its arguments; one whose name ends in `-client` is
 * told the id by `--vault-id ID`.
 *
 * @throws FixError `file/missing`, `vault/password`
 * @see ansible-core 2.14 `parsing/vault/__init__.py`, `get_file_vault_secret`
 */
export async function readPassword(source: PasswordSource, around: PasswordSurroundings): Promise<VaultPassword> {
  const bytes = source.from === 'prompt' ? await typed(source, around) : await fromFile(source, around);
  if (bytes.length > 0) return new VaultPassword(source.id, bytes);
  throw failed(`the vault password of ${shownSource(source)} is empty`, 'Put the password there.');
}

async function typed({ id }: PasswordSource, { ask }: PasswordSurroundings): Promise<Buffer> {
  const question = id === DEFAULT_ID ? 'Vault password: ' : `Vault password (${printableLine(id, 60)}): `;
  return Buffer.from((await ask(question)).trim(), 'utf8');
}

async function fromFile(source: PasswordSource, { home, timeoutMs }: PasswordSurroundings): Promise<Buffer> {
  const path = resolve(source.from.replace(/^~(?=\/|$)/, home));
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new Error('it is a folder');
    if ((stat.mode & 0o111) === 0) return trimmed(limited(readFileSync(path)));
    refuseNoProgram(path);
  } catch (cause) {
    if (cause instanceof FixError) throw cause;
    const why = codeOf(cause) === 'ENOENT' ? 'there is no such file' : undefined;
    throw new FixError(
      'file/missing',
      `cannot read the vault password file ${printableLine(path)}: ${why ?? messageOf(cause)}`,
      { hint: 'Name a file that holds the password, or a program that prints it.', at: path, cause },
    );
  }
  const isClient = basename(path, extname(path)).endsWith('-client');
  return printedBy(path, isClient ? ['--vault-id', source.id] : [], timeoutMs);
}

/** What is neither a script nor a binary would be run by a shell, which tells all who look what stands in it. */
function refuseNoProgram(path: string): void {
  const file = openSync(path, 'r');
  try {
    const start = Buffer.alloc(4);
    const length = readSync(file, start);
    if (PROGRAM_STARTS.some((mark) => start.subarray(0, length).subarray(0, mark.length).equals(mark))) return;
  } finally {
    closeSync(file);
  }
  throw failed(`${printableLine(path)} is executable, and is no program`, NO_PROGRAM);
}

/** A script, an ELF file, and Mach-O files of one and of several architectures. */
const PROGRAM_STARTS = ['#!', '\x7fELF', '\xcf\xfa\xed\xfe', '\xca\xfe\xba\xbe'].map((mark) =>
  Buffer.from(mark, 'latin1'),
);

function limited(bytes: Buffer): Buffer {
  if (bytes.length > MOST_BYTES) throw new Error(`it is over ${MOST_BYTES / 1024} KB`);
  return bytes;
}

/** Runs a program in this terminal, so that it may ask for something itself. */
function printedBy(path: string, args: readonly string[], timeoutMs: number): Promise<Buffer> {
  const shown = printableLine(path);
  return new Promise((fulfil, reject) => {
    const child = spawn(path, args, { stdio: ['inherit', 'pipe', 'inherit'] });
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (outcome: () => void) => {
      clearTimeout(timer);
      child.stdout.destroy();
      outcome();
    };
    const kill = (why: string, hint: string) =>
      end(() => {
        child.kill('SIGKILL');
        reject(failed(`${shown} ${why}`, hint));
      });
    const timer = setTimeout(
      () => kill(`has printed no vault password within ${timeoutMs / 1000} s`, 'Raise --vault-password-timeout.'),
      timeoutMs,
    );
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MOST_BYTES) kill('prints more than a password', 'It has to print the password and nothing else.');
      else chunks.push(chunk);
    });
    child.once('error', (error) =>
      end(() => reject(failed(`${shown} cannot be run: ${messageOf(error)}`, NO_PROGRAM))),
    );
    child.once('close', (status, signal) => {
      if (status === 0) return end(() => fulfil(withoutLineEnd(Buffer.concat(chunks))));
      const how = signal === null ? `with status ${status}` : `by ${signal}`;
      return end(() =>
        reject(failed(`${shown}, which has to print the vault password, ended ${how}`, 'Run it by hand.')),
      );
    });
  });
}

const NO_PROGRAM = 'If it holds the password itself, take its executable bit away: chmod -x. A script needs a #! line.';

function failed(what: string, hint: string): FixError {
  return new FixError('vault/password', what, { hint });
}

function trimmed(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/^[ \t\n\r\v\f]+|[ \t\n\r\v\f]+$/g, ''), 'latin1');
}

function withoutLineEnd(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/^[\r\n]+|[\r\n]+$/g, ''), 'latin1');
}

function shownSource({ id, from }: PasswordSource): string {
  return from === 'prompt' ? `the id ${printableLine(id, 60)}` : printableLine(from);
}
