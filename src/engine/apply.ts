import { posix } from 'node:path';
import type { Connection } from '../core/connection.js';
import { FixError } from '../core/error.js';
import type { Action, ActionOutput, Fields, Reconnect } from '../core/module.js';
import { joinScripts, type Script, sh } from '../core/script.js';
import { printable } from '../core/text.js';
import { writeFileScript } from '../core/write-file.js';
import { type Answer, runTogether } from './together.js';

/** Characters of what a program said that are worth keeping in an error. */
const MOST_SAID = 3000;

/** How an action reaches its host. */
export interface Applier {
  readonly connection: Connection;
  /** Opens another one, for an action that has to prove that this can be done. */
  newConnection(): Promise<Connection>;
  /** For the names of temporary files. */
  nonce(): string;
  /** Milliseconds for an action that sets no time of its own. */
  readonly timeoutMs: number;
  /** Milliseconds that the task sets for each of its actions, over all others. */
  readonly limitMs?: number | undefined;
  sleep(ms: number): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that only grow. */
  elapsedMs(): number;
  /** Writes a file on the controller. */
  saveFile(path: string, content: Uint8Array): void;
  /** Gives up all connections to the host, and opens one anew. */
  reconnect(): Promise<Connection>;
}

/**
 * Carries out one planned action. Nothing else in the program alters a host.
 * @throws FixError `script/failed` with what the host said, `script/timeout`, `ssh/lost`
 */
export async function apply(action: Action, applier: Applier): Promise<ActionOutput> {
  switch (action.kind) {
    case 'run':
      return action.newConnection ? overNewConnection(action, applier) : runAction(action, applier);
    case 'write':
      return mustSucceed(writeScript(action, applier.nonce()), applier);
    case 'remove':
      return mustSucceed(removeScript(action.path), applier);
    case 'wait': {
      const beganMs = applier.now();
      await applier.sleep(action.seconds * 1000);
      return { stdout: '', stderr: '', status: 0, beganMs, endedMs: applier.now() };
    }
    case 'save':
      applier.saveFile(action.path, action.content);
      return { stdout: '', stderr: '', status: 0 };
    case 'reconnect':
      return reconnect(action, applier);
    default:
      return action satisfies never;
  }
}

/** Tries until the host answers over a new connection. @throws FixError the last trouble, once the time is over */
async function reconnect(action: Reconnect, applier: Applier): Promise<ActionOutput> {
  const end = applier.elapsedMs() + action.withinSeconds * 1000;
  await applier.sleep(action.delaySeconds * 1000);
  for (;;) {
    let trouble: unknown;
    try {
      const connection = await applier.reconnect();
      const { stdout, stderr, status } = await connection.run(action.script, { timeoutMs: action.trySeconds * 1000 });
      const output = { stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8'), status };
      if (status === 0) return output;
      trouble = new FixError(
        'script/failed',
        `exit status ${status}: ${printable(output.stderr).slice(0, MOST_SAID)}`,
        {
          hint: 'The host answers, but is not as it has to be.',
          at: connection.host,
        },
      );
    } catch (error) {
      trouble = error;
    }
    if (applier.elapsedMs() >= end) throw trouble;
    await applier.sleep(action.sleepSeconds * 1000);
  }
}

type RunAction = Extract<Action, { kind: 'run' }>;

function runAction(action: RunAction, applier: Applier): Promise<ActionOutput> {
  return action.mayFail
    ? runScript(action.script, applier, action.timeoutMs)
    : mustSucceed(action.script, applier, action);
}

/**
 * Carries out actions in one exchange, and lets the host say afterwards how things stand.
 *
 * @param actions of which `canGoTogether` holds
 * @param tail scripts that only look, run once all actions have been carried out
 * @throws FixError as `apply`
 */
export async function applyTogether(
  actions: readonly Action[],
  tail: readonly Script[],
  applier: Applier,
): Promise<{ outputs: ActionOutput[]; said: Answer[] }> {
  const terms = actions.map((action) => termsOf(action, applier));
  const timeoutMs = applier.limitMs ?? terms.reduce((sum, one) => sum + one.timeoutMs, 0);
  const beganMs = applier.now();
  const parts = [...terms, ...tail.map((script) => ({ script }))];
  const { answers, whole } = await runTogether(applier.connection, parts, { nonce: applier.nonce(), timeoutMs });
  const endedMs = applier.now();
  const outputs = terms.slice(0, answers.length).map(({ isNeeded, failure }, index) => {
    const { stdout, stderr, status } = answers[index] as Answer;
    const output = { stdout: stdout.toString('utf8'), stderr, status, beganMs, endedMs };
    return isNeeded ? succeeded(output, applier, failure) : output;
  });
  // A script may have ended the shell around it.
  if (outputs.length < terms.length) succeeded({ stdout: '', ...whole, status: whole.status || 1 }, applier);
  return { outputs, said: answers.slice(terms.length) };
}

/** Whether an action may share an exchange: what waits, or comes over another connection, cannot. */
export function canGoTogether(action: Action): boolean {
  if (action.kind === 'write') return action.content.length <= MOST_BYTES_TOGETHER;
  return action.kind === 'remove' || (action.kind === 'run' && !action.newConnection);
}

/** Bytes of a file; the shell reads what stands in a part twice. */
const MOST_BYTES_TOGETHER = 64 * 1024;

function termsOf(action: Action, applier: Applier) {
  const { timeoutMs } = applier;
  if (action.kind === 'write') return { script: writeScript(action, applier.nonce()), isNeeded: true, timeoutMs };
  if (action.kind === 'remove') return { script: removeScript(action.path), isNeeded: true, timeoutMs };
  if (action.kind !== 'run') throw new RangeError(`${action.kind} is carried out by itself`);
  const { script, mayFail, failure } = action;
  return { script, isNeeded: mayFail !== true, timeoutMs: action.timeoutMs ?? timeoutMs, ...(failure && { failure }) };
}

async function overNewConnection(action: RunAction, applier: Applier): Promise<ActionOutput> {
  const connection = await applier.newConnection();
  try {
    return await runAction(action, { ...applier, connection });
  } finally {
    await connection.close().catch(() => {});
  }
}

function writeScript(action: Extract<Action, { kind: 'write' }>, nonce: string): Script {
  const write = writeFileScript(action, nonce);
  return action.makeFolder ? joinScripts([sh`mkdir -p -- ${posix.dirname(action.path)} || exit 1`, write]) : write;
}

function removeScript(path: string): Script {
  return sh`rm -f -- ${path}`;
}

interface Terms {
  readonly timeoutMs?: number;
  failure?(output: ActionOutput): Fields;
}

async function mustSucceed(script: Script, applier: Applier, terms: Terms = {}): Promise<ActionOutput> {
  return succeeded(await runScript(script, applier, terms.timeoutMs), applier, terms.failure?.bind(terms));
}

/** @throws FixError `script/failed` */
function succeeded(output: ActionOutput, applier: Applier, failure?: (output: ActionOutput) => Fields): ActionOutput {
  if (output.status === 0) return output;
  const said = output.stderr.trim() || output.stdout.trim() || 'and said nothing';
  throw new FixError('script/failed', `exit status ${output.status}: ${printable(said).slice(0, MOST_SAID)}`, {
    hint: 'Nothing after this step was done on the host.',
    at: applier.connection.host,
    fields: failure?.(output),
  });
}

async function runScript(script: Script, { connection, ...rest }: Applier, timeoutMs?: number): Promise<ActionOutput> {
  const beganMs = rest.now();
  const { stdout, stderr, status } = await connection.run(script, {
    timeoutMs: rest.limitMs ?? timeoutMs ?? rest.timeoutMs,
  });
  return { stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8'), status, beganMs, endedMs: rest.now() };
}
