import type { Secret } from '../core/script.js';
import type { Become } from './become.js';
import type { KnownHosts } from './known-hosts.js';
import type { ShellConnectionOptions } from './shell-connection.js';

/** How one host is reached, and as whom. */
export interface SshTarget {
  /** The inventory's name for the host. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Tried in this order; when empty, the options' default keys are. */
  readonly privateKeyFiles: readonly string[];
  /** For keys that are encrypted. */
  readonly passphrase?: Secret | undefined;
  /** An agent's socket; default the options' one. */
  readonly agentSocket?: string | undefined;
  readonly password?: Secret | undefined;
  readonly becomes?: Become | undefined;
  /** The first one is where a new key is recorded. */
  readonly knownHostsFiles: readonly string[];
  /** Another name to look host keys up by, as OpenSSH's HostKeyAlias. */
  readonly hostKeyAlias?: string | undefined;
  /**
   * What happens with a key that is not known: `yes` (the default) refuses it, `accept-new` records it, `no` lets it
   * pass unrecorded. A changed or revoked key is refused always.
   */
  readonly strictHostKeyChecking?: 'yes' | 'accept-new' | 'no' | undefined;
  /** For all of connecting: name lookup, keys, log-in, becoming, the shell's first answer. */
  readonly connectTimeoutMs: number;
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
  /** Shared by all connections so that its files are parsed once; default: the target's own files. */
  readonly knownHosts?: KnownHosts | undefined;
}
