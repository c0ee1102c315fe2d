import { performance } from 'node:perf_hooks';
import process from 'node:process';

/** What `yardstick` takes on a machine of today, in milliseconds. */
const YARDSTICK_MS = 25;

/** Milliseconds of CPU that all threads of this process spent on some work; other processes on the machine do not count. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const from = process.cpuUsage();
  await work();
  return cpuMsSince(from);
}

/** Milliseconds of CPU since a `process.cpuUsage()`. */
export function cpuMsSince(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

let known: number | undefined;

/**
 * How many times slower than a machine of today this one is, 1 at the least and 20 at the most, measured once.
 * A limit of time in a test is multiplied by it: the limit is about the code, not about the machine or its load.
 */
export function slowness(): number {
  known ??= Math.min(20, Math.max(1, Math.min(yardstick(), yardstick()) / YARDSTICK_MS));
  return known;
}

function yardstick(): number {
  const from = performance.now();
  let text = '';
  for (let index = 0; index < 200_000; index += 1) text = `${index % 977}${text.slice(0, 40)}`;
  const words = new Map(Array.from({ length: 20_000 }, (_, index) => [`${text}${index}`, index]));
  if (words.size !== 20_000) throw new Error('the yardstick is broken');
  return performance.now() - from;
}
