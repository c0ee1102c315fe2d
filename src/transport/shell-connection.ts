import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Connection, RunOptions, ScriptResult } from '../core/connection.js';
import { FixError } from '../core/error.js';
import type { Script } from '../core/script.js';
import type { Become } from './become.js';
import { TerminalWanted } from './become-refusal.js';
import { loginFor } from './login.js';
import { type OpenShell, openShell } from './open-shell.js';
import { PasswordMemory } from './password-memory.js';
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
  /** Passwords that sudo or su refused before are not sent again; default: each connection by itself. */
  readonly passwords?: PasswordMemory | undefined;
}

/** A channel that is asked for. */
export interface ChannelRequest {
  /** What `sh -c` is to run in it. */
  readonly shellText: string;
  /** Whether it is to be a raw terminal: no echo, no line editing, no translation. */
  readonly terminal: boolean;
  readonly timeoutMs: number;
}

/** A host on which channels that run `/bin/sh` can be opened. */
export interface ShellHost {
  readonly host: string;
  readonly become?: Become | undefined;
  /** Default `/bin/sh`. */
  readonly shell?: string | undefined;
  /** Whether it can open a channel that is a terminal. */
  readonly hasTerminals: boolean;
  /** For one more shell on a host that is connected. */
  readonly openTimeoutMs: number;
  /** @throws FixError `ssh/lost`, `ssh/no-shell` */
  openChannel(request: ChannelRequest): Promise<ShellChannel>;
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
  const newShell = shellOpener(host, options);
  let kept: OpenShell | undefined;
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

/** Opens shells; once sudo or su has asked for a terminal, each on a terminal. */
function shellOpener(host: ShellHost, options: ShellConnectionOptions) {
  const maxOutputBytes = options.maxOutputBytes ?? 256 * 1024 * 1024;
  const nonce = options.nonce ?? (() => randomBytes(16).toString('hex'));
  const passwords = options.passwords ?? new PasswordMemory();
  let terminal = false;

  async function open(deadline: number): Promise<OpenShell> {
    const login = loginFor(nonce(), { shell: host.shell ?? '/bin/sh', terminal });
    const request = { shellText: login.shellText, terminal, timeoutMs: deadline - performance.now() };
    const channel = await host.openChannel(request);
    const { become } = host;
    const timeoutMs = deadline - performance.now();
    const how = { host: host.host, become, login, terminal, passwords, timeoutMs, maxOutputBytes, nonce };
    try {
      return await openShell(channel, how);
    } catch (error) {
      // It may have failed because the connection did.
      await within(channel.ended, Math.min(AFTER_FAILURE_MS, deadline - performance.now()));
      throw host.lost() ?? error;
    }
  }
  return async (timeoutMs = host.openTimeoutMs): Promise<OpenShell> => {
    const deadline = performance.now() + timeoutMs;
    try {
      return await open(deadline);
    } catch (error) {
      if (!(error instanceof TerminalWanted) || terminal || !host.hasTerminals) throw error;
      terminal = true;
      return open(deadline);
    }
  };
}

/** How long a channel that came to nothing gets to end, so that its place is free for the next. */
const AFTER_FAILURE_MS = 500;

function closedError(host: string): FixError {
  return new FixError('ssh/lost', `the connection to ${host} has been closed`, {
    hint: 'Connect again before running more scripts.',
    at: host,
  });
}
