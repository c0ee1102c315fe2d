import { FixError } from '../core/error.js';
import { quoted } from '../core/script.js';
import { printableLine } from '../core/text.js';
import type { ShellIo } from './shell-io.js';
import { within } from './within.js';

/** How the shell behind the login is asked for, and how it is known when it has come. */
export interface Login {
  /** What `sh -c` is given: it tells its mark and its pid, and becomes a shell that reads its input. */
  readonly shellText: string;
  /** Fresh hexadecimal text. */
  readonly nonce: string;
  /** The shell that is asked for; `/bin/sh` on any host but this one. */
  readonly shell: string;
}

/**
 * Words that bash, dash, csh and fish read alike: no backslash, no exclamation mark, one line. The nonce is quoted, so
 * that a program that repeats the command does not print the mark.
 * @param terminal see {@link shellWords}
 */
export function loginFor(nonce: string, { shell, terminal }: { shell: string; terminal: boolean }): Login {
  const shellText = `ff_up=1; export ff_up; echo L-"${nonce}" $$; exec ${shellWords(shell, terminal)}`;
  return { shellText, nonce, shell };
}

/** On a terminal a shell would prompt, edit lines and control jobs: one told not to, with its errors elsewhere, does not. */
export function shellWords(shell: string, terminal: boolean): string {
  return terminal ? `${quotedPath(shell)} +i 2>/dev/null` : quotedPath(shell);
}

/**
 * Waits until the shell has come through whatever the account's start-up files do, and gives its pid.
 *
 * The shell is asked for in the channel's command, and in its input too: a start-up file that reads a line, or that
 * puts another shell in the place of the one that was to run the command, gets a line that the shell passes over.
 *
 * @throws FixError `ssh/no-shell` with what the host said
 */
export async function awaitLogin(
  io: ShellIo,
  login: Login,
  options: { timeoutMs: number; at: string },
): Promise<number> {
  const mark = new RegExp(`L-${login.nonce} (\\d{1,10})\r?\n`);
  const printed = { stdout: '', stderr: '' };
  const came = new Promise<number | string>((resolve) => {
    const take = (stream: keyof typeof printed) => (chunk: Buffer) => {
      printed[stream] = (printed[stream] + chunk.toString('latin1')).slice(-PRINTED_CHARS);
      const found = mark.exec(printed[stream]);
      if (found) resolve(Number(found[1]));
    };
    io.listen({ stdout: take('stdout'), stderr: take('stderr') });
    void io.ended.then(resolve);
  });
  const line = `[ -n "$ff_up" ] || exec ${quotedPath(login.shell)} -c ${quoted(login.shellText)}\n`;
  const ask = () => void io.write(line).catch(() => {});
  ask();
  const again = setInterval(ask, ASK_AGAIN_MS);
  const outcome = await within(came, options.timeoutMs).finally(() => clearInterval(again));
  if (outcome.kind === 'done' && typeof outcome.value === 'number') return outcome.value;
  const why = outcome.kind === 'done' ? String(outcome.value) : 'it gave no answer in time';
  throw noShell(options.at, why, Buffer.from(printed.stderr + printed.stdout, 'latin1').toString());
}

const PRINTED_CHARS = 8192;
const ASK_AGAIN_MS = 1000;

/** The error for a host whose login leads to no shell. */
export function noShell(at: string, why: string, printed: string): FixError {
  const said = printableLine(printed.trim().slice(-300));
  return new FixError('ssh/no-shell', `${at} gives no POSIX shell: ${why}${said ? ` (it said: ${said})` : ''}`, {
    hint: noShellHint(why, said),
    at,
  });
}

function noShellHint(why: string, said: string): string {
  if (/restricted/i.test(said)) return 'The login shell is restricted: give the account /bin/sh or /bin/bash.';
  if (/not available|nologin/i.test(said)) return 'The account may not log in: connect as another user.';
  if (/no answer/.test(why)) {
    return 'Look for a start-up file (.bashrc, .cshrc), a menu or a forced command that waits for input or never ends.';
  }
  return 'The account needs a login shell that runs `/bin/sh`; a restricted one or a forced command will not do.';
}

function quotedPath(path: string): string {
  return /^[\w/.-]+$/.test(path) ? path : quoted(path);
}
