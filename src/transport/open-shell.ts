import type { ScriptResult } from '../core/connection.js';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { type Become, becomeUser } from './become.js';
import { type FrameDecoder, frameDecoder, frameText } from './frame.js';
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
  readonly become?: Become | undefined;
  /** For becoming and for the shell's first answer together. */
  readonly timeoutMs: number;
  readonly maxOutputBytes: number;
  /** Fresh hexadecimal text of 96 bits or more. */
  nonce(): string;
}

/** What holds for every script: fixed messages, no history, and the folders where `ip` and its like are kept. */
const PROLOGUE = [
  'LC_ALL=C; export LC_ALL; unset HISTFILE ENV;',
  'for ff_dir in /usr/local/sbin /usr/sbin /sbin; do',
  'case ":$PATH:" in *":$ff_dir:"*) ;; *) PATH=$PATH:$ff_dir ;; esac; done; export PATH; unset ff_dir\n',
].join(' ');

/**
 * Makes an open shell of a channel that runs `/bin/sh`, as another user where that is asked for.
 * @throws FixError `ssh/no-shell`, `become/refused`, `become/password`; the channel is closed then
 */
export async function openShell(channel: ShellChannel, options: OpenShellOptions): Promise<OpenShell> {
  const io = shellIo(channel);
  const deadline = performance.now() + options.timeoutMs;
  try {
    if (options.become !== undefined) {
      const nonce = options.nonce();
      await becomeUser(io, options.become, { nonce, timeoutMs: options.timeoutMs, at: options.host });
    }
    io.write(PROLOGUE).catch(() => {});
    const pid = await ownPid(io, options, deadline - performance.now());
    return { pid, start: (text) => startScript(io, text, options), close: () => io.close() };
  } catch (error) {
    io.close();
    throw error;
  }
}

async function ownPid(io: ShellIo, options: OpenShellOptions, timeoutMs: number): Promise<number> {
  const { decoder, done } = startScript(io, 'echo "$$"', options);
  const outcome = await within(
    done.catch((error: Error) => error),
    timeoutMs,
  );
  const answer = outcome.kind === 'done' ? outcome.value : new Error('it gave no answer in time');
  if (!(answer instanceof Error) && /^\d+\n$/.test(answer.stdout.toString('latin1'))) return Number(answer.stdout);
  const { stdout, stderr } = decoder.noise();
  const said = printableLine(Buffer.concat([stderr, stdout]).toString().trim());
  const why = answer instanceof Error ? answer.message : 'its answer to `echo $$` is not a number';
  throw new FixError(
    'ssh/no-shell',
    `${options.host} gives no POSIX shell: ${why}${said ? ` (it said: ${said})` : ''}`,
    {
      hint: 'The account needs a login shell that runs `/bin/sh`; a restricted one or a forced command will not do.',
      at: options.host,
    },
  );
}

function startScript(io: ShellIo, scriptText: string, options: OpenShellOptions): Exchange {
  const nonce = options.nonce();
  const decoder = frameDecoder(nonce);
  const frame = Buffer.from(frameText(scriptText, nonce));
  const done = new Promise<ScriptResult>((resolve, reject) => {
    const look = () => {
      const result = decoder.result();
      if (result !== undefined) resolve(result);
      else if (decoder.bytes() > options.maxOutputBytes) reject(new OutputTooLong('the script prints too much'));
    };
    io.listen({
      stdout: (chunk) => {
        if (decoder.bytes() > options.maxOutputBytes) return;
        decoder.stdout(chunk);
        look();
      },
      stderr: (chunk) => {
        if (decoder.bytes() > options.maxOutputBytes) return;
        decoder.stderr(chunk);
        look();
      },
    });
    void io.ended.then((how) => reject(new ShellEnded(how)));
    io.write(frame).catch((error: Error) => void io.ended.then(() => reject(new ShellEnded(error.message))));
  });
  done.catch(() => {}); // it may fail while its caller is busy killing it
  return { decoder, sentBytes: frame.length, done };
}
