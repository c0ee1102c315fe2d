import { setTimeout as sleep } from 'node:timers/promises';
import { LAB_INVENTORY, lab } from '../support/lab.js';
import { runProgram, startProgram, UNSETTLED } from '../support/lab-program.js';
import { isWhole, NODES, readNode } from '../support/lab-state.js';
import { type Counts, convergeAgain, newCounts } from './counts.js';
import { randomFrom } from './random.js';

/** SIGKILLs the program at a moment of a fix that chance picks, again and again, and runs it again each time. */
export async function killRounds(count: number, seed: number, onRound?: (line: string) => void): Promise<Counts> {
  const counts = newCounts('controller killed (SIGKILL)');
  const random = randomFrom(seed);
  await lab('break', 'seed');
  const args = ['run', LAB_INVENTORY, ...UNSETTLED];
  const whole = await runProgram({ args });
  if (whole.status !== 0) throw new Error(`the fix fails without any fault: ${whole.output}`);
  for (let round = 1; round <= count; round += 1) {
    await lab('break', 'seed');
    const afterMs = random() * whole.seconds * 1000;
    const program = startProgram({ args });
    await Promise.race([sleep(afterMs), program.ended]);
    program.signal('SIGKILL');
    const end = await program.ended;
    const step = program.steps().at(-1) ?? 'before the first step';
    counts.tried += 1;
    if (end.status === null) counts.inTime += 1;
    counts.longest = Math.max(counts.longest, end.seconds);
    const about = `round ${round} (seed ${seed}), killed after ${Math.round(afterMs)} ms at "${step}"`;
    const torn = (await Promise.all(NODES.map(readNode))).filter(({ unit }) => !isWhole(unit));
    counts.torn += torn.length;
    for (const { unit } of torn) counts.troubles.push(`${about}: torn unit file:\n${unit}`);
    const runs = await convergeAgain(counts, about);
    onRound?.(
      `${about}: ${runs.length} run(s), ${runs.map(({ status, seconds }) => `${status} in ${seconds.toFixed(1)} s`).join(', ')}`,
    );
  }
  return counts;
}
