import { once } from 'node:events';
import type { ShellChannel } from './shell-channel.js';

export interface Listener {
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
}

/** A shell channel whose output goes to one listener at a time, and whose input is written as fast as it is taken. */
export interface ShellIo {
  readonly ended: Promise<string>;
  /** What is printed from here on goes to this listener. */
  listen(listener: Listener): void;
  /**
   * Writes text or bytes, waiting whenever the other side is slow.
   * @throws Error when the channel has ended
   */
  write(content: string | Buffer): Promise<void>;
  close(): void;
}

const PIECE_BYTES = 64 * 1024;

export function shellIo(channel: ShellChannel): ShellIo {
  let listener: Listener = { stdout() {}, stderr() {} };
  let over = false;
  void channel.ended.then(() => {
    over = true;
  });
  channel.stdout.on('data', (chunk: Buffer) => listener.stdout(chunk));
  channel.stderr.on('data', (chunk: Buffer) => listener.stderr(chunk));

  async function write(content: string | Buffer): Promise<void> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      if (over || !channel.stdin.writable) throw new Error('the channel has ended');
      // A channel that dies with text waiting never says that it has drained.
      if (!channel.stdin.write(bytes.subarray(at, at + PIECE_BYTES))) await drained(channel);
    }
  }
  return {
    ended: channel.ended,
    listen(next) {
      listener = next;
    },
    write,
    close: () => channel.close(),
  };
}

async function drained(channel: ShellChannel): Promise<void> {
  const stop = new AbortController();
  const drain = once(channel.stdin, 'drain', { signal: stop.signal }).catch(() => {});
  await Promise.race([drain, channel.ended]);
  stop.abort();
}
