import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const PROGRAM = join(ROOT, 'bin', 'fix-flannel.js');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Invocation {
  readonly cwd?: string;
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly input?: string;
  /** Called with all that was said so far on both streams; `interrupt` is a Ctrl-C in the program's terminal. */
  readonly onOutput?: (said: { stdout: string; stderr: string }, interrupt: () => void) => void;
}

/**
 * Runs the built program as a person would (`npm run build` comes first), with neither stream a terminal.
 * It has a process group of its own, which `interrupt` signals as a terminal does.
 */
export function fixFlannel(args: readonly string[], how: Invocation = {}): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: how.cwd ?? ROOT,
    env: { ...inherited(), ...how.env },
    detached: true,
    timeout: 60_000,
  });
  const said = { stdout: '', stderr: '' };
  const interrupt = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
      how.onOutput?.(said, interrupt);
    });
  }
  child.stdin.on('error', () => {}); // a program that ends before it reads
  child.stdin.end(how.input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...said }));
  });
}

/** The locks and journals of this test file (set-up.ts): files run side by side, and hosts are all this machine. */
function inherited(): NodeJS.ProcessEnv {
  const { PATH, HOME, FIX_FLANNEL_HOST_LOCK_FOLDER, FIX_FLANNEL_STATE } = process.env;
  return { PATH, HOME, FIX_FLANNEL_HOST_LOCK_FOLDER, FIX_FLANNEL_STATE };
}

/** A folder that holds these files, gone after the tests of the file that made it. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-cli-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
