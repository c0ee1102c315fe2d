import type { Duplex } from 'node:stream';
import type { ClientChannel, PseudoTtyOptions } from 'ssh2';
import type { Connection } from '../core/connection.js';
import { FixError, messageOf } from '../core/error.js';
import { quoted } from '../core/script.js';
import { printableLine } from '../core/text.js';
import { forward } from './forward.js';
import { type ShellChannel, sshShellChannel } from './shell-channel.js';
import { type ChannelRequest, shellConnection } from './shell-connection.js';
import { openSshClient, type SshClient } from './ssh-client.js';
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
  const ssh = await openSshClient(target, options);
  return shellConnection(
    {
      host: target.name,
      become: target.becomes,
      hasTerminals: true,
      openTimeoutMs: target.connectTimeoutMs,
      openChannel: channelOpener(ssh, target),
      lost: ssh.lost,
      tunnel: (host, port) => tunnel(ssh, target, host, port),
      close: ssh.close,
    },
    options,
    ssh.deadline - performance.now(),
  );
}

/** Opens channels; one that is refused while another is closing waits for its place (`MaxSessions 1`). */
function channelOpener(ssh: SshClient, target: SshTarget) {
  const closing = new Set<ClientChannel>();

  async function withPlace(request: ChannelRequest, deadline: number): Promise<ClientChannel> {
    const mayHavePlace = closing.size > 0;
    try {
      return await execWithin(ssh, request, deadline);
    } catch (error) {
      if (!mayHavePlace || performance.now() + PLACE_MS > deadline || ssh.lost() !== undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, PLACE_MS));
      return withPlace(request, deadline);
    }
  }
  return async (request: ChannelRequest): Promise<ShellChannel> => {
    const deadline = performance.now() + request.timeoutMs;
    try {
      const made = await withPlace(request, deadline);
      // sshd counts a session for a moment longer than its channel lasts.
      made.once('close', () => {
        closing.add(made);
        setTimeout(() => closing.delete(made), AFTER_CLOSE_MS).unref();
      });
      const channel = sshShellChannel(made);
      const close = () => {
        closing.add(made);
        channel.close();
      };
      return { ...channel, close };
    } catch (error) {
      throw ssh.lost() ?? noSession(target, request, error);
    }
  };
}

const PLACE_MS = 50;
const AFTER_CLOSE_MS = 1000;

async function execWithin(ssh: SshClient, request: ChannelRequest, deadline: number): Promise<ClientChannel> {
  const command = `exec /bin/sh -c ${quoted(request.shellText)}`;
  const pty = request.terminal ? { term: 'dumb', modes: RAW } : undefined;
  const opened = new Promise<ClientChannel>((resolve, reject) => {
    const take = (error: Error | undefined, channel: ClientChannel) => (error ? reject(error) : resolve(channel));
    if (pty === undefined) ssh.client.exec(command, take);
    // The types know the size of a terminal only.
    else ssh.client.exec(command, { pty: pty as PseudoTtyOptions }, take);
  });
  const outcome = await within(opened, deadline - performance.now());
  if (outcome.kind === 'done') return outcome.value;
  opened.then((late) => late.close()).catch(() => {});
  throw new Error('no answer in time');
}

/** A terminal that passes every byte on as it is. @see RFC 4254, 8 */
const RAW = Object.fromEntries(
  [
    ...['IGNPAR', 'PARMRK', 'INPCK', 'ISTRIP', 'INLCR', 'IGNCR', 'ICRNL', 'IUCLC', 'IXON', 'IXANY', 'IXOFF', 'IMAXBEL'],
    ...['ISIG', 'ICANON', 'XCASE', 'ECHO', 'ECHOE', 'ECHOK', 'ECHONL', 'ECHOCTL', 'ECHOKE', 'IEXTEN', 'TOSTOP'],
    ...['OPOST', 'OLCUC', 'ONLCR', 'OCRNL', 'ONOCR', 'ONLRET'],
  ].map((mode) => [mode, 0]),
);

function noSession(target: SshTarget, { terminal }: ChannelRequest, cause: unknown): FixError {
  const why = printableLine(messageOf(cause));
  const noTerminal = terminal && /pseudo-terminal/.test(why);
  const words = noTerminal ? `gives no terminal, and ${target.becomes?.method} asks for one` : 'opens no session';
  return new FixError('ssh/no-shell', `${target.name} ${words}: ${why}`, {
    hint: noTerminal
      ? "Take `requiretty` out of the host's sudoers, or allow PermitTTY in its sshd_config."
      : "Look into the host's sshd_config for MaxSessions and into its log.",
    at: target.name,
    cause,
  });
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
