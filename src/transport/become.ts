import { FixError } from '../core/error.js';
import { quoted, type Secret } from '../core/script.js';
import { printableLine } from '../core/text.js';
import type { ShellIo } from './shell-io.js';
import { within } from './within.js';

/** Another user that the scripts of a connection run as. */
export interface Become {
  readonly method: 'sudo' | 'su';
  readonly user: string;
  readonly password?: Secret | undefined;
}

/**
 * Turns an open `sh` into one of another user.
 *
 * The password is written only on seeing the prompt: sent unasked to a user who needs none, the shell would run it as
 * a command. A second prompt means that it was wrong, and it is never sent again.
 *
 * @param nonce fresh hexadecimal text, by which the prompt and the new shell are known
 * @param at the host, for the error
 * @throws FixError `become/refused` with the program's own words, `become/password`
 */
export async function becomeUser(
  io: ShellIo,
  become: Become,
  { nonce, timeoutMs, at }: { nonce: string; timeoutMs: number; at: string },
): Promise<void> {
  const settled = lastStep(io, become, nonce);
  const line = become.method === 'sudo' ? sudoLine(become.user, nonce) : suLine(become.user, nonce);
  io.write(`${line}\n`).catch(() => {});
  const outcome = await within(settled, timeoutMs);
  const step: Step = outcome.kind === 'done' ? outcome.value : { kind: 'silent' };
  if (step.kind !== 'became') throw refusal(step, become, at);
}

/** Answers the first prompt if it can, and resolves with the step after which nothing more is to be done. */
function lastStep(io: ShellIo, become: Become, nonce: string): Promise<Step> {
  return new Promise((resolve) => {
    const printed = { stdout: '', stderr: '' };
    let sent = false;
    const take = (stream: keyof typeof printed) => (chunk: Buffer) => {
      printed[stream] = (printed[stream] + chunk.toString('latin1')).slice(-PRINTED_CHARS);
      const step = nextStep({ ...printed, nonce, sent, become });
      if (step.kind === 'wait') return;
      if (step.kind !== 'prompted' || sent || become.password === undefined) return resolve(step);
      sent = true;
      Object.assign(printed, { stdout: '', stderr: '' });
      io.write(`${become.password.reveal()}\n`).catch(() => {});
    };
    io.listen({ stdout: take('stdout'), stderr: take('stderr') });
    void io.ended.then((how) => {
      resolve({ kind: 'ended', words: words(printed.stderr + printed.stdout, nonce, how), sent });
    });
  });
}

/** What is kept of noise before the prompt. */
const PRINTED_CHARS = 65_536;

type Step =
  | { readonly kind: 'wait' | 'became' | 'silent' }
  | { readonly kind: 'prompted'; readonly sent: boolean }
  | { readonly kind: 'ended'; readonly words: string; readonly sent: boolean };

interface Seen {
  readonly stdout: string;
  readonly stderr: string;
  readonly nonce: string;
  readonly sent: boolean;
  readonly become: Become;
}

function nextStep({ stdout, stderr, nonce, sent, become }: Seen): Step {
  if (stdout.includes(`R-${nonce}\n`)) return { kind: 'became' };
  if (become.method === 'sudo') return stderr.endsWith(`[p-${nonce}]`) ? { kind: 'prompted', sent } : { kind: 'wait' };
  // Anything before the mark is login noise, which might hold the word too.
  const after = (text: string) => (sent ? text : text.split(`S-${nonce}\n`)[1]) ?? '';
  const prompted = /password.*: *$/i.test(after(stderr)) || /password.*: *$/i.test(after(stdout));
  return prompted ? { kind: 'prompted', sent } : { kind: 'wait' };
}

/** The nonce is split, so that a message that quotes the command is not taken for the new shell's word. */
function landing(nonce: string): string {
  return quoted(`printf '%s-%s\\n' R ${nonce}; exec /bin/sh`);
}

function sudoLine(user: string, nonce: string): string {
  return `LC_ALL=C exec sudo -H -S -p '[p-${nonce}]' -u ${quoted(user)} -- /bin/sh -c ${landing(nonce)}`;
}

function suLine(user: string, nonce: string): string {
  const mark = `printf '%s-%s\\n' S ${nonce}`;
  return `${mark}; ${mark} >&2; LC_ALL=C exec su -s /bin/sh -c ${landing(nonce)} ${quoted(user)}`;
}

function words(text: string, nonce: string, how: string): string {
  const said = text.replaceAll(`[p-${nonce}]`, '').replaceAll(`S-${nonce}\n`, '').trim();
  return said === '' ? how : printableLine(said);
}

function refusal(step: Step, { method, user, password }: Become, at: string): FixError {
  if (step.kind === 'prompted' && password === undefined) {
    return new FixError('become/password', `${method} on ${at} asks for a password, and none is given`, {
      hint: `Give ansible_become_password, or allow ${method} to ${user} without one.`,
      at,
    });
  }
  const failed = step.kind === 'ended' && step.sent && /incorrect|sorry|authentication failure/i.test(step.words);
  if (step.kind === 'prompted' || failed) {
    return new FixError('become/password', `${method} on ${at} does not accept the password`, {
      hint: 'Check ansible_become_password; it was sent once and not again.',
      at,
    });
  }
  const why = step.kind === 'ended' ? step.words : 'it gave no answer in time';
  return new FixError('become/refused', `${method} to ${printableLine(user)} on ${at} failed: ${why}`, {
    hint: refusalHint(why, method),
    at,
  });
}

function refusalHint(why: string, method: 'sudo' | 'su'): string {
  if (/not found|no such file/i.test(why)) {
    return `Install ${method} on the host, connect as root, or set ansible_become_method.`;
  }
  if (/tty|terminal/i.test(why)) return "Take `requiretty` out of the host's sudoers for this user.";
  if (/not allowed|not in the sudoers/i.test(why)) return `Allow this user ${method} to /bin/sh, or connect as root.`;
  return `Try \`${method}\` by hand on the host as the same user.`;
}
