import type { ServerHostKeyAlgorithm } from 'ssh2';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';
import { fingerprint, type HostKeyVerdict, type HostPlace, type KnownHosts, keyType, nameOf } from './known-hosts.js';
import { HOST_KEY_ALGORITHMS } from './ssh-algorithms.js';
import type { SshTarget } from './ssh-target.js';

/** Judges the keys that a host presents over the life of one connection. */
export interface HostKeyCheck {
  /** For `hostVerifier`; it answers through the callback, as an async verifier's `false` would let any key pass. */
  verify(key: Buffer, answer: (accepted: boolean) => void): void;
  /** Records a new key if that is wished for; only once the host has proven that the key is its own. */
  proven(): void;
  /** Why the host was refused. */
  refusal(): FixError | undefined;
}

/**
 * Host key algorithms in the order to offer them: those of known keys first, so that a known key is what comes.
 * @param allowed in the order of preference
 */
export function hostKeyAlgorithms(
  knownTypes: readonly string[],
  allowed: readonly string[] = HOST_KEY_ALGORITHMS,
): ServerHostKeyAlgorithm[] {
  const all = allowed as readonly ServerHostKeyAlgorithm[];
  const known = all.filter((name) => knownTypes.includes(name.startsWith('rsa-') ? 'ssh-rsa' : name));
  return [...known, ...all.filter((name) => !known.includes(name))];
}

export function placeOf(target: SshTarget): HostPlace {
  // An alias stands in known_hosts without a port.
  if (target.hostKeyAlias !== undefined) return { host: target.hostKeyAlias, port: 22 };
  return { host: target.address, port: target.port };
}

export function hostKeyCheck(target: SshTarget, known: KnownHosts): HostKeyCheck {
  const place = placeOf(target);
  let accepted: Buffer | undefined;
  let toRecord: Buffer | undefined;
  let refused: FixError | undefined;

  function judge(key: Buffer): boolean {
    // Every rekeying asks again: the same key is as good as before, another never is.
    if (accepted?.equals(key)) return true;
    if (accepted !== undefined) {
      refused = changedError(target, key, 'in the middle of the connection');
      return false;
    }
    const verdict = known.judge(place, key);
    refused = refusalOf(verdict, target, key);
    if (refused !== undefined) return false;
    accepted = Buffer.from(key);
    if (verdict.kind === 'unknown' && target.strictHostKeyChecking === 'accept-new') toRecord = accepted;
    return true;
  }
  return {
    verify(key, answer) {
      try {
        answer(judge(key));
      } catch (error) {
        refused = error as FixError;
        answer(false);
      }
    },
    proven() {
      const key = toRecord;
      toRecord = undefined;
      if (key === undefined) return;
      refused = refusalOf(known.remember(place, key), target, key);
      if (refused !== undefined) throw refused;
    },
    refusal: () => refused,
  };
}

function refusalOf(verdict: HostKeyVerdict, target: SshTarget, key: Buffer): FixError | undefined {
  switch (verdict.kind) {
    case 'known':
      return undefined;
    case 'unknown':
      return (target.strictHostKeyChecking ?? 'yes') === 'yes' ? unknownError(target, key) : undefined;
    case 'authority': {
      const where = `${verdict.entry.file}:${verdict.entry.line}`;
      return unknownError(target, key, `; ${where} vouches by a certificate authority, which is not supported`);
    }
    case 'changed':
      return changedError(target, key, `${verdict.entry.file}:${verdict.entry.line} holds another`, verdict.entry);
    case 'revoked':
      return changedError(target, key, `it is revoked at ${verdict.entry.file}:${verdict.entry.line}`, verdict.entry);
    default:
      return verdict satisfies never;
  }
}

function unknownError(target: SshTarget, key: Buffer, more = ''): FixError {
  const shown = `${keyType(key)} ${fingerprint(key)}`;
  const hint =
    more === ''
      ? "Compare the fingerprint with the host's own, then run again with `--accept-new-host-keys` to record it."
      : `Compare the fingerprint with the host's own, then add the key itself for ${nameOf(placeOf(target))}.`;
  return new FixError('ssh/host-key-unknown', `the host key of ${told(target)} is not known: ${shown}${more}`, {
    hint,
    at: target.name,
  });
}

function changedError(target: SshTarget, key: Buffer, why: string, entry?: { file: string; line: number }): FixError {
  const shown = `${keyType(key)} ${fingerprint(key)}`;
  return new FixError('ssh/host-key-changed', `${told(target)} presents the host key ${shown}, but ${why}`, {
    hint: entry
      ? `Somebody may be in between. If the host was made anew, remove line ${entry.line} of ${entry.file} first.`
      : 'Somebody may be in between: find out before connecting again.',
    at: target.name,
  });
}

function told(target: SshTarget): string {
  const name = printableLine(nameOf(placeOf(target)));
  return name === target.name ? name : `${target.name} (${name})`;
}
