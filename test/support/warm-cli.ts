import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll } from 'vitest';
import { type Ended, fixFlannel, type Invocation } from './cli.js';
import { ALL } from './in-gate.js';

const ROOT = join(import.meta.dirname, '..', '..');

let warm: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

afterAll(async () => {
  if (warm === undefined || warm.exitCode !== null) return;
  const gone = once(warm, 'exit');
  warm.disconnect();
  await gone;
});

/**
 * As `fixFlannel`, in one process that stays for all calls of a test file: starting the program costs far more than
 * most of what it is asked. For tests of what is said, not of how the process lives and ends; `npm test -- --all`
 * gives each call a process of its own.
 */
export function warmFlannel(args: readonly string[], how: Pick<Invocation, 'cwd' | 'env'> = {}): Promise<Ended> {
  if (ALL) return fixFlannel(args, how);
  const call = last.then(() => ask({ args, cwd: how.cwd ?? ROOT, env: { ...inherited(), ...how.env } }));
  last = call.catch(() => {});
  return call;
}

async function ask(call: object): Promise<Ended> {
  warm ??= fork(join(import.meta.dirname, 'warm-cli-program.mjs'), { env: inherited(), execArgv: [] });
  const child = warm;
  const gone = new AbortController();
  const lost = once(child, 'exit', { signal: gone.signal }).then(([status]) => {
    warm = undefined;
    throw new Error(`the program ended its process: ${status}`);
  });
  child.send(call);
  const answer = once(child, 'message', { signal: gone.signal }).then(([said]) => said as Ended);
  try {
    return await Promise.race([answer, lost]);
  } finally {
    for (const left of [answer, lost]) left.catch(() => {});
    gone.abort();
  }
}

/** The locks and journals of this test file (set-up.ts), as `fixFlannel` has them. */
function inherited(): NodeJS.ProcessEnv {
  const { PATH, HOME, FIX_FLANNEL_HOST_LOCK_FOLDER, FIX_FLANNEL_STATE } = process.env;
  return { PATH, HOME, FIX_FLANNEL_HOST_LOCK_FOLDER, FIX_FLANNEL_STATE };
}
