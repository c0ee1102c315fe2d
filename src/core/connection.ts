import type { Duplex } from 'node:stream';
import type { Script } from './script.js';

/** What a script did. Both streams are bytes as they came. */
export interface ScriptResult {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** 0 to 255; a script that a signal ended has 128 + the signal, as `sh` reports it. */
  readonly status: number;
}

export interface RunOptions {
  /** After this the script and its children are killed and `script/timeout` is thrown. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A way to one host: a shell that stays open, in which each script is one exchange. */
export interface Connection {
  /** The inventory's name for the host. */
  readonly host: string;
  /**
   * Runs a script in a subshell of the host's open `sh`, under `LC_ALL=C`, with `/dev/null` as its input.
   * @throws FixError `script/timeout`, `ssh/lost`
   */
  run(script: Script, options: RunOptions): Promise<ScriptResult>;
  /** A byte stream from the host to an address that it can reach. */
  tunnel(host: string, port: number): Promise<Duplex>;
  close(): Promise<void>;
}
