import type { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { Connection } from '../core/connection.js';
import { FixError, messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { type ShellChannel, sshShellChannel } from './shell-channel.js';
import { shellConnection } from './shell-connection.js';
import { forward, openSshClient, type SshClient } from './ssh-client.js';
import type { SshOptions, SshTarget } from './ssh-target.js';
import { within } from './within.js';

/**
 * Connects to a host over SSH and opens the shell that runs its scripts, as the user that the target becomes.
 *
 * Nothing is printed and no environment is read here: keys, agent and known_hosts files come in as arguments.
 *
 * @throws FixError `ssh/unreachable`, `ssh/auth`, `ssh/key-file`, `ssh/host-key-unknown`, `ssh/host-key-changed`,
 *   `ssh/no-shell`, `ssh/lost`, `become/refused`, `become/password`
 */
export async function connectSsh(target: SshTarget, options: SshOptions = {}): Promise<Connection> {
  const deadline = performance.now() + target.connectTimeoutMs;
  const ssh = await openSshClient(target, options, deadline);
  return shellConnection(
    {
      host: target.name,
      become: target.becomes,
      openTimeoutMs: target.connectTimeoutMs,
      openChannel: (timeoutMs) => openChannel(ssh, target, timeoutMs),
      lost: ssh.lost,
      tunnel: (host, port) => tunnel(ssh, target, host, port),
      close: ssh.close,
    },
    options,
    deadline - performance.now(),
  );
}

async function openChannel(ssh: SshClient, target: SshTarget, timeoutMs: number): Promise<ShellChannel> {
  const opened = new Promise<ClientChannel>((resolve, reject) => {
    ssh.client.exec('exec /bin/sh', (error, channel) => (error ? reject(error) : resolve(channel)));
  });
  try {
    const outcome = await within(opened, timeoutMs);
    if (outcome.kind !== 'done') throw new Error('no answer in time');
    return sshShellChannel(outcome.value);
  } catch (error) {
    const lost = ssh.lost();
    if (lost !== undefined) throw lost;
    throw new FixError('ssh/lost', `${target.name} opens no session: ${printableLine(messageOf(error))}`, {
      hint: "Look into the host's sshd_config for MaxSessions and into its log.",
      at: target.name,
      cause: error,
    });
  }
}

async function tunnel(ssh: SshClient, target: SshTarget, host: string, port: number): Promise<Duplex> {
  const lost = ssh.lost();
  if (lost !== undefined) throw lost;
  try {
    return await forward(ssh, host, port, target.connectTimeoutMs);
  } catch (error) {
    const place = printableLine(`${host}:${port}`);
    throw new FixError('ssh/unreachable', `${target.name} cannot reach ${place}: ${printableLine(messageOf(error))}`, {
      hint: "Check the address, that something listens there, and AllowTcpForwarding in the host's sshd_config.",
      at: target.name,
      cause: error,
    });
  }
}
