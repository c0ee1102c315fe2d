import { LAB_INVENTORY } from '../support/lab.js';
import { type ProgramEnd, runProgram, UNSETTLED } from '../support/lab-program.js';
import { whatStaysWrong } from '../support/lab-state.js';

/** What became of a fault that was tried many times. */
export interface Counts {
  readonly fault: string;
  tried: number;
  /** The fault came before the run had ended. */
  inTime: number;
  convergedAtOnce: number;
  convergedLater: number;
  /** Unit files that were neither the old nor the new one after the fault. */
  torn: number;
  /** Nodes with a unit down, rounds with a lock or a file left, once all was run again. */
  lost: number;
  /** The longest that a run with the fault took, and that the runs after it took, in seconds. */
  longest: number;
  longestAgain: number;
  /** One entry a round that did not go as it should. */
  readonly troubles: string[];
}

export function newCounts(fault: string): Counts {
  const none = { tried: 0, inTime: 0, convergedAtOnce: 0, convergedLater: 0, torn: 0, lost: 0 };
  return { fault, ...none, longest: 0, longestAgain: 0, troubles: [] };
}

/** How often the program may be run again until all is well. */
const MOST_RUNS = 2;

/** A run that finds nothing to change takes no lock: one that a killed run has left goes when its 30 seconds are over. */
const LOCK_GOES_MS = 40_000;

/** Runs the program again until the lab is mended, and counts it. @returns the runs' ends */
export async function convergeAgain(counts: Counts, round: string): Promise<readonly ProgramEnd[]> {
  const runs: ProgramEnd[] = [];
  const started = Date.now();
  let wrong: readonly string[] = ['it was not run again'];
  while (runs.length < MOST_RUNS && wrong.length > 0) {
    runs.push(await runProgram({ args: ['run', LAB_INVENTORY, '--wait', '60s', ...UNSETTLED] }));
    wrong = runs.at(-1)?.status === 0 ? await whatStaysWrong({}, LOCK_GOES_MS) : [`exit status ${runs.at(-1)?.status}`];
  }
  counts.longestAgain = Math.max(counts.longestAgain, (Date.now() - started) / 1000);
  if (wrong.length === 0 && runs.length === 1) counts.convergedAtOnce += 1;
  else if (wrong.length === 0) counts.convergedLater += 1;
  else counts.lost += 1;
  if (wrong.length > 0 || runs.length > 1) {
    counts.troubles.push(
      `${round}: ${wrong.join('\n')}\n${runs.map(({ output }) => output).join('\n--- again ---\n')}`,
    );
  }
  return runs;
}

/** One line, for the output of a test. */
export function countLine(counts: Counts): string {
  const { fault, tried, inTime, convergedAtOnce, convergedLater, torn, lost } = counts;
  const again = `converged ${convergedAtOnce + convergedLater} (${convergedAtOnce} at the first run again)`;
  return `${fault}: tried ${tried} (${inTime} in time), ${again}, torn ${torn}, lost ${lost}, longest ${counts.longest.toFixed(1)} s, again ${counts.longestAgain.toFixed(1)} s`;
}

/** A Markdown table of them. */
export function countTable(all: readonly Counts[]): string {
  const heads = [
    'fault',
    'tried',
    'hit the run',
    'converged',
    'at the first run again',
    'torn files',
    'lost',
    'longest run',
    'longest until well',
  ];
  const rows = all.map((counts) => [
    counts.fault,
    counts.tried,
    counts.inTime,
    counts.convergedAtOnce + counts.convergedLater,
    counts.convergedAtOnce,
    counts.torn,
    counts.lost,
    `${counts.longest.toFixed(1)} s`,
    `${counts.longestAgain.toFixed(1)} s`,
  ]);
  return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** The sum of what several labs counted. */
export function addCounts(all: readonly Counts[]): Counts {
  const sum = newCounts(all[0]?.fault ?? '');
  for (const counts of all) {
    for (const key of ['tried', 'inTime', 'convergedAtOnce', 'convergedLater', 'torn', 'lost'] as const)
      sum[key] += counts[key];
    for (const key of ['longest', 'longestAgain'] as const) sum[key] = Math.max(sum[key], counts[key]);
    sum.troubles.push(...counts.troubles);
  }
  return sum;
}
