import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection } from '../core/connection.js';
import { FixError, messageOf } from '../core/error.js';
import type { Become } from './become.js';
import { localShellChannel, type ShellChannel } from './shell-channel.js';
import { type ShellConnectionOptions, shellConnection } from './shell-connection.js';
import { within } from './within.js';

export interface LocalOptions extends ShellConnectionOptions {
  readonly become?: Become | undefined;
  /** For the shell's first answer, becoming included; default 10 s. */
  readonly openTimeoutMs?: number | undefined;
  /** Default: the program's own environment. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Default `/bin/sh`. */
  readonly shell?: string | undefined;
}

/**
 * A connection to this machine: the same open shell as over SSH, without SSH.
 * @param name the inventory's name for the host
 * @throws FixError `ssh/no-shell`, `become/refused`, `become/password`
 */
export async function connectLocal(name: string, options: LocalOptions = {}): Promise<Connection> {
  const openTimeoutMs = options.openTimeoutMs ?? 10_000;
  const shell = options.shell ?? '/bin/sh';
  const open = new Set<ShellChannel>();
  return shellConnection(
    {
      host: name,
      become: options.become,
      shell,
      hasTerminals: false,
      openTimeoutMs,
      async openChannel({ shellText }) {
        // A process group of its own, so that Ctrl-C in the terminal is ours to handle and not the script's end.
        const child = spawn(shell, ['-c', shellText], { stdio: 'pipe', detached: true, env: options.env });
        const channel = localShellChannel(child);
        open.add(channel);
        void channel.ended.then(() => open.delete(channel));
        return channel;
      },
      lost: () => undefined,
      tunnel: (host, port) => localTunnel(name, host, port, openTimeoutMs),
      async close() {
        const ends = [...open].map((channel) => channel.ended);
        for (const channel of open) channel.close();
        await within(Promise.all(ends), 3000);
      },
    },
    options,
  );
}

async function localTunnel(at: string, host: string, port: number, timeoutMs: number): Promise<Duplex> {
  const socket = connect({ host, port, noDelay: true });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  try {
    const outcome = await within(connected, timeoutMs);
    if (outcome.kind !== 'done') throw new Error('no answer in time');
    socket.on('error', () => {}); // its reader sees the close
    return socket;
  } catch (error) {
    socket.destroy();
    throw new FixError('ssh/unreachable', `${at} cannot reach ${host}:${port}: ${messageOf(error)}`, {
      hint: 'Check the address, and that something listens there.',
      at,
      cause: error,
    });
  }
}
