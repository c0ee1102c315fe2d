import { FixError } from '../core/error.js';
import { quoted, type Secret } from '../core/script.js';
import { printableLine } from '../core/text.js';
import { type BecomeFailure, becomeError, saysExpired } from './become-refusal.js';
import { shellWords } from './login.js';
import type { PasswordMemory } from './password-memory.js';
import { endsInPasswordPrompt } from './password-prompt.js';
import type { ShellIo } from './shell-io.js';
import { within } from './within.js';

/** Another user that the scripts of a connection run as. */
export interface Become {
  readonly method: 'sudo' | 'su';
  readonly user: string;
  readonly password?: Secret | undefined;
}

export interface BecomeOptions {
  /** Fresh hexadecimal text, by which the prompt and the new shell are known. */
  readonly nonce: string;
  readonly timeoutMs: number;
  /** The host, for errors and for the memory. */
  readonly at: string;
  /** Whether the shell is on a raw terminal, on which both streams are one. */
  readonly terminal: boolean;
  readonly passwords: PasswordMemory;
}

/**
 * Turns an open `sh` into one of another user, and gives the new one's pid.
 *
 * The password is written only on seeing the prompt: sent unasked to a user who needs none, the shell would run it as
 * a command. A second prompt means that it was wrong, and it is never sent again: not here, and not by any connection
 * that shares the memory.
 *
 * @throws FixError `become/refused` with the program's own words (`TerminalWanted` where a terminal would help),
 *   `become/password`
 */
export async function becomeUser(io: ShellIo, become: Become, options: BecomeOptions): Promise<number> {
  if (become.password === undefined) return (await attempt(io, become, options)).pid;
  const turn = await options.passwords.turn(`${become.method} to ${become.user} on ${options.at}`);
  // Not even asked: a prompt that is left unanswered may count as a failure too.
  if (!turn.mayTry) throw becomeError({ kind: 'known' }, become, options.at);
  try {
    const { pid, sent } = await attempt(io, become, options);
    turn.end(sent ? 'taken' : 'not sent');
    return pid;
  } catch (error) {
    turn.end(error instanceof FixError && error.code === 'become/password' ? 'refused' : 'not sent');
    throw error;
  }
}

async function attempt(io: ShellIo, become: Become, options: BecomeOptions): Promise<{ pid: number; sent: boolean }> {
  const { nonce, timeoutMs, at } = options;
  const watched = watch(io, become, options);
  const line = become.method === 'sudo' ? sudoLine(become, options) : suLine(become.user, options);
  io.write(`${line}\n`).catch(() => {});
  const outcome = await within(watched.settled, timeoutMs);
  const end: End = outcome.kind === 'done' ? outcome.value : { kind: 'silent', ...watched.seen() };
  if (end.kind === 'became') return { pid: end.pid, sent: watched.seen().sent };
  throw becomeError({ ...end, words: words(end.words, nonce) }, become, at);
}

type End = Exclude<BecomeFailure, { kind: 'known' }> | { readonly kind: 'became'; readonly pid: number };

/** Answers the first prompt if it can, and settles with what nothing more is to be done after. */
function watch(io: ShellIo, become: Become, { nonce, terminal }: BecomeOptions) {
  const printed = { stdout: '', stderr: '' };
  let sent = false;
  const seen = () => ({ words: utf8(printed.stderr + printed.stdout), sent });
  const settled = new Promise<End>((resolve) => {
    const take = (stream: keyof typeof printed) => (chunk: Buffer) => {
      printed[stream] = (printed[stream] + chunk.toString('latin1')).slice(-PRINTED_CHARS);
      const pid = new RegExp(`R-${nonce} (\\d{1,10})\r?\n`).exec(printed.stdout)?.[1];
      if (pid !== undefined) return resolve({ kind: 'became', pid: Number(pid) });
      // Whoever must change an old password is asked for a new one, which nobody here has.
      if (saysExpired(seen().words)) return resolve({ kind: 'prompted', ...seen() });
      if (!prompted({ ...printed, nonce, sent, terminal, method: become.method })) return;
      if (sent || become.password === undefined) return resolve({ kind: 'prompted', ...seen() });
      sent = true;
      Object.assign(printed, { stdout: '', stderr: '' });
      io.write(`${become.password.reveal()}\n`).catch(() => {});
    };
    io.listen({ stdout: take('stdout'), stderr: take('stderr') });
    void io.ended.then((how) => {
      const said = seen();
      resolve({ kind: 'ended', sent, words: words(said.words, nonce) || how });
    });
  });
  return { settled, seen };
}

/** What is kept of noise before the prompt. */
const PRINTED_CHARS = 65_536;

interface Seen {
  readonly stdout: string;
  readonly stderr: string;
  readonly nonce: string;
  readonly sent: boolean;
  readonly terminal: boolean;
  readonly method: Become['method'];
}

function prompted({ stdout, stderr, nonce, sent, terminal, method }: Seen): boolean {
  if (method === 'sudo') return (terminal ? stdout : stderr).endsWith(`[p-${nonce}]`);
  // Anything before the mark is login noise, which might hold the word too.
  const after = (text: string) => (sent ? text : text.split(`S-${nonce}\n`)[1]) ?? '';
  return endsInPasswordPrompt(utf8(after(stderr))) || endsInPasswordPrompt(utf8(after(stdout)));
}

/** The nonce is quoted, so that a message that repeats the command is not taken for the new shell's word. */
function landing({ nonce, terminal }: BecomeOptions): string {
  // A sudo that gives its command a terminal of its own may give it one that is not raw.
  const raw = terminal ? 'stty raw -echo 2>/dev/null; ' : '';
  return quoted(`${raw}echo R-"${nonce}" $$; exec ${shellWords('/bin/sh', terminal)}`);
}

/** The errors of a shell on a terminal go nowhere; those of sudo and su are wanted. */
function errors(terminal: boolean): string {
  return terminal ? ' 2>&1' : '';
}

/** Without a password sudo is told not to ask for one (`-n`): it says so, and nobody's failures are counted. */
function sudoLine({ user, password }: Become, options: BecomeOptions): string {
  const sudo = `sudo -H ${password ? '-S' : '-n'} -p '[p-${options.nonce}]' -u ${quoted(user)} -- /bin/sh -c ${landing(options)}`;
  return `${PATH} LC_ALL=C exec ${sudo}${errors(options.terminal)}`;
}

function suLine(user: string, options: BecomeOptions): string {
  const mark = `echo S-"${options.nonce}"`;
  const su = `su -s /bin/sh -c ${landing(options)} ${quoted(user)}`;
  return `${mark}; ${mark} >&2; ${PATH} LC_ALL=C exec ${su}${errors(options.terminal)}`;
}

/** A login may leave `PATH` empty or odd. */
const PATH = `PATH=\${PATH:+$PATH:}/usr/bin:/bin;`;

function words(text: string, nonce: string): string {
  return printableLine(text.replaceAll(`[p-${nonce}]`, '').replaceAll(`S-${nonce}\n`, '').trim());
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString();
}
