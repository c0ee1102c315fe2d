import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Counts } from './counts.js';
import { killRounds } from './kill.js';
import { NETWORK_FAULTS, networkRounds, stepsOfFix } from './network.js';

export { addCounts, countTable } from './counts.js';

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** What can be repeated, by name: how often and from which seed, to what was counted. */
const FAULTS: Readonly<Record<string, (count: number, seed: number) => Promise<readonly Counts[]>>> = {
  /** Once at each step, whatever the count. */
  network: async () => {
    const steps = await stepsOfFix();
    const all: Counts[] = [];
    for (const fault of NETWORK_FAULTS) all.push(await networkRounds(fault, steps, say));
    return all;
  },
  kill: async (count, seed) => [await killRounds(count, seed, say)],
};

// Run by run.mjs in a process of its own for each lab; imported by it for the sums.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name = '', count, seed] = process.argv.slice(2);
  const fault = FAULTS[name];
  if (fault === undefined) throw new Error(`no such fault: ${name} (${Object.keys(FAULTS).join(', ')})`);
  process.stdout.write(JSON.stringify(await fault(Number(count), Number(seed))));
}
