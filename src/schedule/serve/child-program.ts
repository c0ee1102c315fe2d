import { spawn } from 'node:child_process';
import process from 'node:process';
import type { Timers } from './ports.js';

/** A program, and how long it may take. Times are milliseconds. */
export interface ChildProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly timeoutMs: number;
  /** How long it may take to end after it was asked to, before it is killed. */
  readonly graceMs: number;
}

/** How it ended. */
export interface ChildEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it said last on standard error. */
  readonly said: string;
  /** Why it was asked to end, where it was. */
  readonly ended: 'timeout' | 'asked' | undefined;
}

/** UTF-16 units of standard error that are kept. */
const KEPT = 16_384;

/**
 * Runs a program in a process group of its own until it ends. Asked to stop, or out of time, the group gets SIGTERM,
 * and SIGKILL where that does not help. Nothing of the group is left behind.
 *
 * @throws Error where it cannot be started
 */
export function runChild(program: ChildProgram, timers: Timers, signal: AbortSignal): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    const { command, args, cwd } = program;
    const child = spawn(command, args, { cwd, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    const stopper = new Stopper(program, timers, (name) => killGroup(child.pid, name));
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT);
    });
    const ask = () => stopper.stop('asked');
    const settle = () => {
      stopper.clear();
      signal.removeEventListener('abort', ask);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('exit', (status, by) => {
      settle();
      killGroup(child.pid, 'SIGKILL');
      // What was still in the pipe is read first; a stranger that holds it open is not waited for.
      const end = () => resolve({ status, signal: by, said, ended: stopper.reason });
      const late = setTimeout(() => child.stderr.destroy(), 1000);
      child.once('close', () => {
        clearTimeout(late);
        end();
      });
    });
    if (signal.aborted) ask();
    else signal.addEventListener('abort', ask, { once: true });
  });
}

class Stopper {
  reason: ChildEnd['ended'];
  readonly #graceMs: number;
  readonly #timers: Timers;
  readonly #kill: (signal: NodeJS.Signals) => void;
  #clear: () => void;

  constructor({ timeoutMs, graceMs }: ChildProgram, timers: Timers, kill: (signal: NodeJS.Signals) => void) {
    this.#graceMs = graceMs;
    this.#timers = timers;
    this.#kill = kill;
    this.#clear = timers.after(timeoutMs, () => this.stop('timeout'));
  }

  stop(reason: 'timeout' | 'asked'): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.#clear();
    this.#kill('SIGTERM');
    this.#clear = this.#timers.after(this.#graceMs, () => this.#kill('SIGKILL'));
  }

  clear(): void {
    this.#clear();
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}
