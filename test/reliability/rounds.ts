import { realpathSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Counts, countLine } from './counts.js';
import { killRounds } from './kill.js';
import { NETWORK_FAULTS, networkRounds, stepsOfFix } from './network.js';

export { addCounts, countTable } from './counts.js';

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** Which of the labs this is, and how many there are: they share the steps. */
interface Share {
  readonly index: number;
  readonly labs: number;
}

/** What can be repeated, by name: how often and from which seed, to what was counted. */
const FAULTS: Readonly<Record<string, (count: number, seed: number, share: Share) => Promise<readonly Counts[]>>> = {
  /** Once at each step, on the first host that comes to it; with a higher count on as many hosts. */
  network: async (count, _seed, { index, labs }) => {
    const steps = (await stepsOfFix()).filter(({ nth }) => nth <= count).filter((_, step) => step % labs === index);
    say(`${steps.length} steps: ${steps.map(({ step, node }) => `${step} (${node})`).join(', ')}`);
    const all: Counts[] = [];
    for (const fault of NETWORK_FAULTS) {
      const counts = await networkRounds(fault, steps, say);
      say(countLine(counts));
      all.push(counts);
    }
    return all;
  },
  kill: async (count, seed) => [await killRounds(count, seed, say)],
};

// Run by run.mjs in a process of its own for each lab; imported by it for the sums.
if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const [name = '', count, seed, index = 0, labs = 1] = process.argv.slice(2);
  const fault = FAULTS[name];
  if (fault === undefined) throw new Error(`no such fault: ${name} (${Object.keys(FAULTS).join(', ')})`);
  process.stdout.write(
    JSON.stringify(await fault(Number(count), Number(seed), { index: Number(index), labs: Number(labs) })),
  );
}
