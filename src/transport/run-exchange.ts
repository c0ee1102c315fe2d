import type { RunOptions, ScriptResult } from '../core/connection.js';
import { FixError, messageOf } from '../core/error.js';
import type { Script } from '../core/script.js';
import { printableLine } from '../core/text.js';
import { ALREADY_GONE, killTree } from './kill-tree.js';
import { type Exchange, type OpenShell, OutputTooLong } from './open-shell.js';
import type { ExchangeRecord, ShellHost } from './shell-connection.js';
import { within } from './within.js';

export interface ExchangeContext {
  readonly host: ShellHost;
  readonly shell: OpenShell;
  readonly script: Script;
  readonly limits: RunOptions;
  /** A second shell, to kill from. */
  newShell(timeoutMs?: number): Promise<OpenShell>;
  /** Closes the shell; the next script gets a new one. */
  giveUpShell(): void;
  readonly onExchange?: ((exchange: ExchangeRecord) => void) | undefined;
}

/** How long a killed script's shell gets to say so. */
const AFTER_KILL_MS = 5000;

/**
 * Runs one script in an open shell, to its end, its time-out or its abort; after the latter two nothing of it runs on.
 * @throws FixError `script/timeout`, `ssh/lost`, `script/failed` (too much output)
 * @throws the abort's reason
 */
export async function runExchange(context: ExchangeContext): Promise<ScriptResult> {
  const { host, shell, script, limits } = context;
  const exchange = shell.start(script.text);
  try {
    const outcome = await within(exchange.done, limits.timeoutMs, limits.signal);
    if (outcome.kind === 'done') return outcome.value;
    const finished = await kill(context, exchange);
    if (outcome.kind === 'aborted') throw limits.signal?.reason;
    if (finished !== undefined) return finished;
    throw timeoutError(context, exchange);
  } catch (error) {
    if (error instanceof OutputTooLong) {
      await kill(context, exchange);
      throw tooLong(context);
    }
    // Whatever else `done` throws, the shell is gone.
    if (error instanceof Error && error.name === 'ShellEnded') throw await lostError(context, error);
    throw error;
  } finally {
    const receivedBytes = exchange.decoder.bytes();
    context.onExchange?.({ host: host.host, sentBytes: exchange.sentBytes, receivedBytes });
  }
}

/**
 * Kills the script's processes from a second shell and waits for the first to be ready again, or gives it up.
 * @returns the script's result if it turns out to have ended by itself in the meantime
 * @throws FixError `ssh/lost` if no second shell could be had: the connection is closed then
 */
async function kill(context: ExchangeContext, exchange: Exchange): Promise<ScriptResult | undefined> {
  const { host, shell } = context;
  const pid = exchange.decoder.pid();
  if (pid === undefined) {
    context.giveUpShell();
    return undefined;
  }
  const status = await killFrom(context, pid);
  const after = await within(
    exchange.done.catch(() => undefined),
    AFTER_KILL_MS,
  );
  if (after.kind !== 'done' || after.value === undefined) context.giveUpShell();
  const lost = host.lost();
  if (lost !== undefined) throw lost;
  return status === ALREADY_GONE && after.kind === 'done' ? after.value : undefined;
  async function killFrom({ newShell }: ExchangeContext, root: number): Promise<number> {
    let second: OpenShell | undefined;
    try {
      second = await newShell();
      const done = second.start(killTree(root, shell.pid).text).done;
      const killed = await within(done, host.openTimeoutMs);
      if (killed.kind !== 'done') throw new Error('killing it took too long');
      return killed.value.status;
    } catch (error) {
      const lost = host.lost();
      await host.close();
      throw lost ?? unkillable(context, error);
    } finally {
      second?.close();
    }
  }
}

function timeoutError({ host, limits }: ExchangeContext, { decoder }: Exchange): FixError {
  const printed = decoder.printed();
  const last = lastLine(printed.stderr) || lastLine(printed.stdout);
  const said = last === '' ? 'it had printed nothing' : `the last it printed: ${last}`;
  return new FixError(
    'script/timeout',
    `a script on ${host.host} ran for ${limits.timeoutMs} ms and was killed; ${said}`,
    {
      hint: 'Give it more time, or look on the host at what it waits for.',
      at: host.host,
      cause: printed,
    },
  );
}

function tooLong({ host }: ExchangeContext): FixError {
  return new FixError('script/failed', `a script on ${host.host} printed more than is taken and was killed`, {
    hint: 'Let it print less, or write to a file on the host.',
    at: host.host,
  });
}

function unkillable({ host, limits }: ExchangeContext, cause: unknown): FixError {
  const why = printableLine(messageOf(cause));
  const what = `a script on ${host.host} had to be stopped after ${limits.timeoutMs} ms or less, and no second shell`;
  return new FixError('ssh/lost', `${what} could be had to kill it; the connection was closed (${why})`, {
    hint: 'Look whether the script still runs on the host, and allow two sessions a connection (MaxSessions).',
    at: host.host,
    cause,
  });
}

async function lostError(context: ExchangeContext, cause: Error): Promise<FixError> {
  const { host } = context;
  context.giveUpShell();
  // The connection's own end may show a moment after its channel's.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const lost = host.lost();
  if (lost !== undefined) return lost;
  return new FixError(
    'ssh/lost',
    `the shell on ${host.host} was lost under a script: ${printableLine(cause.message)}`,
    {
      hint: 'The script ends the shell that runs it; the next script gets a new shell.',
      at: host.host,
      cause,
    },
  );
}

function lastLine(bytes: Buffer): string {
  const text = bytes.subarray(-4096).toString().trimEnd();
  return printableLine(text.slice(text.lastIndexOf('\n') + 1));
}
