import type { ScriptResult } from '../core/connection.js';
import { FixError } from '../core/error.js';
import { type Script, sh } from '../core/script.js';
import { type Become, becomeUser } from './become.js';
import {
  type FrameDecoder,
  frameDecoder,
  frameText,
  keepErrors,
  terminalFrameDecoder,
  terminalFrameText,
} from './frame.js';
import { awaitLogin, type Login, noShell } from './login.js';
import type { PasswordMemory } from './password-memory.js';
import type { ShellChannel } from './shell-channel.js';
import { type ShellIo, shellIo } from './shell-io.js';
import { within } from './within.js';

/** A POSIX `sh` that stays open and runs one script after another. */
export interface OpenShell {
  /** The shell's own pid on the host. */
  readonly pid: number;
  /** Starts a script; only once the one before is done. */
  start(scriptText: string): Exchange;
  close(): void;
}

/** A script on its way. */
export interface Exchange {
  readonly decoder: FrameDecoder;
  /** Bytes of the frame that was sent. */
  readonly sentBytes: number;
  /**
   * @throws ShellEnded if the shell is gone before its answer has come
   * @throws OutputTooLong when the script prints more than the limit
   */
  readonly done: Promise<ScriptResult>;
}

export class ShellEnded extends Error {
  override readonly name = 'ShellEnded';
}

export class OutputTooLong extends Error {
  override readonly name = 'OutputTooLong';
}

export interface OpenShellOptions {
  /** The host's name, for errors. */
  readonly host: string;
  /** What the channel was opened with. */
  readonly login: Login;
  /** Whether the channel is a raw terminal: its streams are one then. */
  readonly terminal: boolean;
  readonly become?: Become | undefined;
  readonly passwords: PasswordMemory;
  /** For the login, becoming and the shell's first answer together. */
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  /** Fresh hexadecimal text of 96 bits or more. */
  nonce(): string;
}

/** What holds for every script: fixed messages, no history, and the folders where `ip` and its like are kept. */
const PROLOGUE = [
  'LC_ALL=C; export LC_ALL; unset HISTFILE ENV ff_up; PATH=${PATH:-/usr/local/bin:/usr/bin:/bin};',
  'for ff_dir in /usr/local/sbin /usr/sbin /sbin /usr/bin /bin; do',
  'case ":$PATH:" in *":$ff_dir:"*) ;; *) PATH=$PATH:$ff_dir ;; esac; done; export PATH; unset ff_dir\n',
].join(' ');

/**
 * Makes an open shell of a channel that was opened with a login's words, as another user where that is asked for.
 * @throws FixError `ssh/no-shell`, `become/refused`, `become/password`; the channel is closed then
 */
export async function openShell(channel: ShellChannel, options: OpenShellOptions): Promise<OpenShell> {
  const { host: at, login, become, terminal, passwords, timeoutMs } = options;
  const io = shellIo(channel);
  const deadline = performance.now() + timeoutMs;
  const leftMs = () => deadline - performance.now();
  try {
    let pid = await awaitLogin(io, login, { timeoutMs, at });
    if (become !== undefined) {
      const nonce = options.nonce();
      pid = await becomeUser(io, become, { nonce, timeoutMs: leftMs(), at, terminal, passwords });
    }
    io.write(terminal ? `${PROLOGUE}${keepErrors(options.nonce())}` : PROLOGUE).catch(() => {});
    if (terminal) await proveTransparent(io, options, leftMs());
    return { pid, start: (text) => startScript(io, text, options), close: () => io.close() };
  } catch (error) {
    io.close();
    throw error;
  }
}

/** Every character that a terminal might read as an order, there and back. */
async function proveTransparent(io: ShellIo, options: OpenShellOptions, timeoutMs: number): Promise<void> {
  const orders = `${String.fromCharCode(...Array.from({ length: 31 }, (_, index) => index + 1))}\u007f\u00ff`;
  const { decoder, done } = startScript(io, echoBoth(orders).text, options);
  const outcome = await within(
    done.catch((error: Error) => error),
    timeoutMs,
  );
  const answer = outcome.kind === 'done' ? outcome.value : new Error('it gave no answer in time');
  if (answer instanceof Error) throw noShell(options.host, answer.message, decoder.noise().stdout.toString());
  if (answer.stdout.toString() === orders && answer.stderr.toString() === orders) return;
  throw new FixError('ssh/no-shell', `the terminal that ${options.host} gives changes what goes through it`, {
    hint: 'Put `stty` on the host, so that its terminal can be made raw, or take `requiretty` out of its sudoers.',
    at: options.host,
  });
}

function echoBoth(word: string): Script {
  return sh`printf %s ${word}; printf %s ${word} >&2`;
}

function startScript(io: ShellIo, scriptText: string, options: OpenShellOptions): Exchange {
  const nonce = options.nonce();
  const decoder = options.terminal ? terminalFrameDecoder(nonce) : frameDecoder(nonce);
  const text = options.terminal ? terminalFrameText(scriptText, nonce) : frameText(scriptText, nonce);
  const frame = Buffer.from(text);
  const done = new Promise<ScriptResult>((resolve, reject) => {
    const look = () => {
      const result = decoder.result();
      if (result !== undefined) resolve(result);
      else if (decoder.bytes() > options.maxOutputBytes) reject(new OutputTooLong('the script prints too much'));
    };
    const take = (push: (chunk: Buffer) => void) => (chunk: Buffer) => {
      if (decoder.bytes() > options.maxOutputBytes) return;
      push(chunk);
      look();
    };
    io.listen({ stdout: take(decoder.stdout), stderr: take(decoder.stderr) });
    void io.ended.then((how) => reject(new ShellEnded(how)));
    io.write(frame).catch((error: Error) => void io.ended.then(() => reject(new ShellEnded(error.message))));
  });
  done.catch(() => {}); // it may fail while its caller is busy killing it
  return { decoder, sentBytes: frame.length, done };
}
