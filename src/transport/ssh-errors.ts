import { FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { printableLine } from '../core/text.js';
import type { SshTarget } from './ssh-target.js';

/**
 * What a failed attempt to connect means, in our codes.
 * @param tried what the log-in was tried with
 * @returns `ssh/auth` or `ssh/unreachable`
 */
export function connectError(thrown: unknown, target: SshTarget, tried: readonly string[]): FixError {
  if (thrown instanceof FixError) return thrown;
  const { level } = thrown as { level?: unknown };
  const message = messageOf(thrown);
  if (level === 'client-authentication' || level === 'agent' || /too many authentication/i.test(message)) {
    return authError(target, tried, level === 'client-authentication' ? undefined : message);
  }
  const { why, hint } = explained(thrown, target);
  return new FixError('ssh/unreachable', `${target.name} (${placeText(target)}) cannot be reached: ${why}`, {
    hint,
    at: target.name,
    cause: thrown,
  });
}

export function authError(target: SshTarget, tried: readonly string[], why?: string): FixError {
  const more = why === undefined ? '' : ` (${printableLine(why)})`;
  const user = printableLine(target.user);
  const told = `${target.name} (${placeText(target)}) does not let ${user} in${more}`;
  return new FixError('ssh/auth', `${told}; tried: ${tried.join(', ') || 'nothing'}`, {
    hint: tried.includes('a password')
      ? 'Check ansible_user and the password; it was sent once and is not sent again in this run.'
      : "Check ansible_user and ansible_ssh_private_key_file, and that the key is in the host's authorized_keys.",
    at: target.name,
  });
}

export function lostError(target: SshTarget, why: string): FixError {
  return new FixError('ssh/lost', `the connection to ${target.name} was lost: ${printableLine(why)}`, {
    hint: 'Look whether the host is up and reachable; what was being run there may have been cut short.',
    at: target.name,
  });
}

/** @param why what happened to the jump host */
export function jumpLostError(target: SshTarget, why: FixError): FixError {
  const through = target.jump?.name ?? 'the jump host';
  return new FixError('ssh/lost', `${target.name} went with its jump host ${through}: ${why.message}`, {
    hint: `Look whether ${through} is up and reachable; what was being run on ${target.name} may have been cut short.`,
    at: target.name,
    cause: why,
  });
}

/** Whether a failure before the handshake may be a server's that has too many logging in. */
export function isThrottled(thrown: unknown): boolean {
  const message = messageOf(thrown);
  // Hanging up on a client that has sent its greeting already, unread, is a reset.
  if (['ECONNRESET', 'EPIPE'].includes(codeOf(thrown) ?? '')) return true;
  // sshd over its MaxStartups hangs up before it says anything; from 9.8 it may say why.
  return /^Connection lost before handshake$|MaxStartups|Not allowed at this time/.test(message);
}

export function placeText({ address, port, user }: SshTarget): string {
  return printableLine(`${user}@${address.includes(':') ? `[${address}]` : address}:${port}`);
}

function explained(thrown: unknown, target: SshTarget): { why: string; hint: string } {
  const message = printableLine(messageOf(thrown));
  const { level } = thrown as { level?: unknown };
  const where = `${target.address}:${target.port}`;
  switch (codeOf(thrown)) {
    case 'ECONNREFUSED':
      return { why: 'connection refused', hint: `Check that sshd listens on ${where} (ansible_host, ansible_port).` };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        why: `the name ${printableLine(target.address)} is not known`,
        hint: 'Set ansible_host to an address or a name that resolves.',
      };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { why: 'there is no route to it', hint: 'Check the address (ansible_host) and the network in between.' };
    case 'ETIMEDOUT':
      return { why: 'no answer in time', hint: `Check that the host is up and that no firewall drops ${where}.` };
    case 'ECONNRESET':
      return { why: 'it reset the connection', hint: `Check that sshd listens on ${where} and lets this machine in.` };
  }
  if (level === 'client-timeout') {
    return { why: 'no answer in time', hint: `Check that the host is up and that no firewall drops ${where}.` };
  }
  if (level === 'handshake' || level === 'protocol') {
    return { why: message, hint: protocolHint(message, where) };
  }
  return { why: message, hint: `Try \`ssh\` to ${where} by hand.` };
}

function protocolHint(message: string, where: string): string {
  if (!/no matching/i.test(message)) return `Check that ${where} is an SSH server, and one of OpenSSH 7 or later.`;
  const keyword = /cipher/i.test(message) ? 'Ciphers' : /mac/i.test(message) ? 'MACs' : 'KexAlgorithms';
  return `An old server: allow what it offers for this host alone, with ${keyword} and HostKeyAlgorithms in ~/.ssh/config.`;
}
