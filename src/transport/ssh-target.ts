import type { Secret } from '../core/script.js';
import type { Become } from './become.js';
import type { JumpHosts } from './jump-hosts.js';
import type { KeyRing } from './key-ring.js';
import type { KnownHosts } from './known-hosts.js';
import type { PasswordMemory } from './password-memory.js';
import type { ShellConnectionOptions } from './shell-connection.js';
import type { SshAlgorithms } from './ssh-algorithms.js';
import type { LoginMethod } from './ssh-settings.js';

/** How one host is reached, and as whom. */
export interface SshTarget {
  /** The inventory's name for the host. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Named on purpose: each has to be usable, or be held by the agent. */
  readonly privateKeyFiles: readonly string[];
  /** Tried after those and the agent's, where they are usable; without any the options' default keys are. */
  readonly identityFiles?: readonly string[] | undefined;
  /** Of the agent's keys only those that stand in the files above. */
  readonly identitiesOnly?: boolean | undefined;
  /** How to log in, in this order; default keys, password, keyboard-interactive. */
  readonly methods?: readonly LoginMethod[] | undefined;
  /** For keys that are encrypted. */
  readonly passphrase?: Secret | undefined;
  /** An agent's socket, empty for none; default the options' one. */
  readonly agentSocket?: string | undefined;
  readonly password?: Secret | undefined;
  readonly becomes?: Become | undefined;
  /** The first one is where a new key is recorded. */
  readonly knownHostsFiles: readonly string[];
  /** Record a new key under a hashed name. */
  readonly hashKnownHosts?: boolean | undefined;
  /** Another name to look host keys up by, as OpenSSH's HostKeyAlias. */
  readonly hostKeyAlias?: string | undefined;
  /**
   * What happens with a key that is not known: `yes` (the default) refuses it, `accept-new` records it, `no` lets it
   * pass unrecorded. A changed or revoked key is refused always.
   */
  readonly strictHostKeyChecking?: 'yes' | 'accept-new' | 'no' | undefined;
  /** For all of connecting: name lookup, keys, log-in, becoming, the shell's first answer. */
  readonly connectTimeoutMs: number;
  /** What the host's configuration names; the usual ones where it names none. */
  readonly algorithms?: SshAlgorithms | undefined;
  /** Default either. */
  readonly addressFamily?: 4 | 6 | undefined;
  /** Default the options' ones. */
  readonly keepaliveIntervalMs?: number | undefined;
  readonly keepaliveCountMax?: number | undefined;
  /** A host to go through, checked in the same way; it may have a jump of its own. */
  readonly jump?: SshTarget | undefined;
}

export interface SshOptions extends ShellConnectionOptions {
  /** Used where a target names no key; a locked one among them is passed over. See `defaultKeyFiles`. */
  readonly defaultKeyFiles?: readonly string[] | undefined;
  readonly agentSocket?: string | undefined;
  /** Default 5 s; 0 turns it off. */
  readonly keepaliveIntervalMs?: number | undefined;
  /** Unanswered keepalives after which the host counts as gone; default 2. */
  readonly keepaliveCountMax?: number | undefined;
  /** Private keys that were read and unlocked before; default: no passphrase is asked for. */
  readonly keys?: KeyRing | undefined;
  /** Passwords that were refused before are not sent again; default: each connection by itself. */
  readonly passwords?: PasswordMemory | undefined;
  /** Connections to jump hosts, shared by all who go through the same one; default: one for each. */
  readonly jumpHosts?: JumpHosts | undefined;
  /** Shared by all connections so that files are parsed once; default: each reads its target's own files. */
  readonly knownHosts?: KnownHosts | ((target: SshTarget) => KnownHosts) | undefined;
}
