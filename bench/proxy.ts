import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contestant, measure } from './measure.js';
import type { Bench } from './work.js';
import { type Addresses, PROXY_PORT } from './world.js';

/** What one connection came to. */
export interface Count {
  readonly host: string;
  /** How often the client spoke and was answered. */
  readonly exchanges: number;
  readonly up: number;
  readonly down: number;
}

/** What a program does through the counting proxy, connection by connection; its time counts for nothing. */
export async function counted(
  bench: Bench,
  world: Addresses,
  contestant: Contestant,
  delayMs = 0,
): Promise<readonly Count[]> {
  const counts = join(bench.scratch, 'counts');
  writeFileSync(counts, '');
  const program = join(bench.root, 'bench/counting-proxy.mjs');
  const argv = world.inside([process.execPath, program, String(PROXY_PORT), String(delayMs), counts]);
  const proxy = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => proxy.once('exit', () => resolve()));
  try {
    await new Promise<void>((resolve, reject) => {
      proxy.stdout.once('data', () => resolve());
      proxy.once('exit', (status) => reject(new Error(`the proxy ended with ${status}`)));
    });
    await measure(contestant);
  } finally {
    proxy.kill('SIGTERM'); // it tells what is still open, and goes
    await ended;
  }
  return readFileSync(counts, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Count);
}

/** @throws Error where nothing came through the proxy: no count is not a count of nothing */
export function highest(counts: readonly Count[], what: 'exchanges' | 'up' | 'down'): number {
  if (counts.length === 0) throw new Error('nothing came through the proxy');
  return Math.max(...counts.map((count) => count[what]));
}
