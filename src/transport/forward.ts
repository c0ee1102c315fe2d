import type { Duplex } from 'node:stream';
import type { SshClient } from './ssh-client.js';
import { within } from './within.js';

/**
 * A byte stream from the host to an address that it can reach.
 * @throws Error with the server's words
 */
export async function forward(ssh: SshClient, host: string, port: number, timeoutMs: number): Promise<Duplex> {
  const opened = new Promise<Duplex>((resolve, reject) => {
    ssh.client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error) reject(new Error(forwardWords(error)));
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

/** @see RFC 4254, 5.1, for the reasons */
function forwardWords(error: Error & { reason?: unknown }): string {
  const words = error.message.replace(/^\(SSH\) Channel open failure: /, '');
  if (error.reason === 4) return `resource shortage (${words})`;
  return error.reason === 1 ? `forwarding is prohibited (${words})` : words;
}
