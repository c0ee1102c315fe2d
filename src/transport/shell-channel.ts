import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';

/** A process on the host that reads its input as shell commands. Its streams never raise an error. */
export interface ShellChannel {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves with how the process ended, once its output has come too; never rejects. */
  readonly ended: Promise<string>;
  /** Ends the process's input and gives the channel up; returns at once. */
  close(): void;
}

/** What an ended process may still have on the way: a child that holds its output open does not delay us longer. */
const OUTPUT_GRACE_MS = 300;

/** An SSH session channel as a shell channel. */
export function sshShellChannel(channel: ClientChannel): ShellChannel {
  hush(channel, channel.stderr);
  const ended = new Promise<string>((resolve) => {
    let how = 'its channel was closed';
    channel.on('exit', (code: number | null, signal?: string) => {
      how = exitWords(code, signal);
      setTimeout(() => resolve(how), OUTPUT_GRACE_MS).unref();
    });
    channel.on('close', () => resolve(how));
  });
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    ended,
    close() {
      channel.end();
      channel.close();
    },
  };
}

/** A child process with pipes as a shell channel; closing kills the process if it outlives its input by a second. */
export function localShellChannel(child: ChildProcess): ShellChannel {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new TypeError('the child needs three pipes');
  hush(child, stdin, stdout, stderr);
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => {
      setTimeout(() => resolve(exitWords(code, signal)), OUTPUT_GRACE_MS).unref();
    });
    child.on('close', (code, signal) => resolve(exitWords(code, signal)));
  });
  return {
    stdin,
    stdout,
    stderr,
    ended,
    close() {
      stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), 1000);
      void ended.then(() => {
        clearTimeout(timer);
        // A child of a script may hold these open for ever.
        stdout.destroy();
        stderr.destroy();
      });
    },
  };
}

/** An 'error' event that nobody listens to would end the program; the loss shows in `ended`. */
function hush(...emitters: readonly { on(event: 'error', listener: () => void): unknown }[]): void {
  for (const emitter of emitters) emitter.on('error', () => {});
}

function exitWords(code: number | null, signal: string | null | undefined): string {
  return code === null || code === undefined ? `it was ended by ${signal ?? 'a signal'}` : `it exited with ${code}`;
}
