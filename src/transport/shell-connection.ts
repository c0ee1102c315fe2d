import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Connection, RunOptions, ScriptResult } from '../core/connection.js';
import { FixError } from '../core/error.js';
import type { Script } from '../core/script.js';
import type { Become } from './become.js';
import { type OpenShell, openShell } from './open-shell.js';
import { runExchange } from './run-exchange.js';
import type { ShellChannel } from './shell-channel.js';
import { within } from './within.js';

/** What was sent and received for one script. */
export interface ExchangeRecord {
  readonly host: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

export interface ShellConnectionOptions {
  /** Called after each script, whatever came of it. */
  readonly onExchange?: ((exchange: ExchangeRecord) => void) | undefined;
  /** A script that prints more than this is killed; default 256 MiB. */
  readonly maxOutputBytes?: number | undefined;
  /** Fresh, unguessable hexadecimal text of at least 96 bits; default from the system's randomness. */
  readonly nonce?: (() => string) | undefined;
}

/** A host on which channels that run `/bin/sh` can be opened. */
export interface ShellHost {
  readonly host: string;
  readonly become?: Become | undefined;
  /** For one more shell on a host that is connected. */
  readonly openTimeoutMs: number;
  /** @throws FixError `ssh/lost` */
  openChannel(timeoutMs: number): Promise<ShellChannel>;
  /** Why no more channels can be opened, once that is so. */
  lost(): FixError | undefined;
  tunnel(host: string, port: number): Promise<Duplex>;
  /** Ends the connection to the host; never rejects, and has a deadline of its own. */
  close(): Promise<void>;
}

/**
 * A connection whose scripts run one after another in one open shell. A shell that died is replaced by the next run.
 * @param firstShellTimeoutMs for the first shell, which is opened here
 * @throws FixError `ssh/no-shell`, `ssh/lost`, `become/refused`, `become/password`; the host is closed then
 */
export async function shellConnection(
  host: ShellHost,
  options: ShellConnectionOptions,
  firstShellTimeoutMs = host.openTimeoutMs,
): Promise<Connection> {
  const keeper = shellKeeper(host, options);
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  try {
    await keeper.shell(firstShellTimeoutMs);
  } catch (error) {
    await host.close();
    throw error;
  }

  async function runNow(script: Script, limits: RunOptions): Promise<ScriptResult> {
    limits.signal?.throwIfAborted();
    const lost = closed ? closedError(host.host) : host.lost();
    if (lost !== undefined) throw lost;
    const shell = await keeper.shell();
    const { newShell, giveUpShell } = keeper;
    return runExchange({ host, shell, script, limits, newShell, giveUpShell, onExchange: options.onExchange });
  }
  return {
    host: host.host,
    async run(script, limits) {
      const before = last;
      const turn = before.then(() => runNow(script, limits));
      last = turn.catch(() => {});
      // Who is aborted while waiting need not wait for the turn.
      const waited = await within(before, Number.POSITIVE_INFINITY, limits.signal);
      if (waited.kind === 'aborted') throw limits.signal?.reason;
      return turn;
    },
    tunnel: (address, port) => host.tunnel(address, port),
    async close() {
      closed = true;
      keeper.giveUpShell();
      await host.close();
    },
  };
}

/** Keeps one shell open, and opens another when that one has been given up. */
function shellKeeper(host: ShellHost, options: ShellConnectionOptions) {
  const maxOutputBytes = options.maxOutputBytes ?? 256 * 1024 * 1024;
  const nonce = options.nonce ?? (() => randomBytes(16).toString('hex'));
  let kept: OpenShell | undefined;

  async function newShell(timeoutMs = host.openTimeoutMs): Promise<OpenShell> {
    const deadline = performance.now() + timeoutMs;
    const channel = await host.openChannel(timeoutMs);
    const left = deadline - performance.now();
    return openShell(channel, { host: host.host, become: host.become, timeoutMs: left, maxOutputBytes, nonce });
  }
  return {
    newShell,
    async shell(timeoutMs?: number): Promise<OpenShell> {
      kept ??= await newShell(timeoutMs);
      return kept;
    },
    giveUpShell(): void {
      kept?.close();
      kept = undefined;
    },
  };
}

function closedError(host: string): FixError {
  return new FixError('ssh/lost', `the connection to ${host} has been closed`, {
    hint: 'Connect again before running more scripts.',
    at: host,
  });
}
