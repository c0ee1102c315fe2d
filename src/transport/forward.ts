import type { Duplex } from 'node:stream';
import type { SshClient } from './ssh-client.js';
import { within } from './within.js';

/**
 * A byte stream from the host to an address that it can reach.
 * @throws ForwardRefused with the server's words; Error for no answer in time
 */
export async function forward(ssh: SshClient, host: string, port: number, timeoutMs: number): Promise<Duplex> {
  const opened = new Promise<Duplex>((resolve, reject) => {
    ssh.client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error) reject(new ForwardRefused(error));
      else resolve(channel);
    });
  });
  const outcome = await within(opened, timeoutMs);
  if (outcome.kind === 'done') {
    outcome.value.on('error', () => {}); // its reader sees the close
    return outcome.value;
  }
  opened.then((late) => late.destroy()).catch(() => {});
  throw new Error('no answer in time');
}

/** What a server said when it opened no channel. */
export class ForwardRefused extends Error {
  /** As in RFC 4254, 5.1: 1 prohibited, 2 nothing there, 4 no room. */
  readonly reason: unknown;

  constructor(error: Error & { reason?: unknown }) {
    const words = error.message.replace(/^\(SSH\) Channel open failure: /, '');
    super(error.reason === 1 ? `forwarding is prohibited (${words})` : words);
    this.reason = error.reason;
  }
}
