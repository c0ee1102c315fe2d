import { expect } from 'vitest';
import { LAB_INVENTORY } from './lab.js';
import { type ProgramEnd, runProgram } from './lab-program.js';
import { fingerprint, type Mended, whatStaysWrong } from './lab-state.js';

/** Runs the fix again, which must mend everything, and once more, which must find nothing to change. */
export async function expectMendedByRunningAgain(mended: Mended = {}, ...args: string[]): Promise<ProgramEnd> {
  const again = await runProgram({ args: ['run', LAB_INVENTORY, '--wait', '60s', ...args] });
  expect(again.status, again.output).toBe(0);
  await expectMended(mended, ...args);
  return again;
}

/** All is as it should be, and a run finds nothing to change and changes nothing. */
export async function expectMended(mended: Mended = {}, ...args: string[]): Promise<void> {
  expect(await whatStaysWrong(mended)).toEqual([]);
  const before = await fingerprint(mended.nodes);
  const idle = await runProgram({ args: ['run', LAB_INVENTORY, ...args] });
  expect(idle.status, idle.output).toBe(0);
  expect(idle.output).toContain('nothing to change');
  expect(await fingerprint(mended.nodes)).toBe(before);
}

/** A line for the output of a test that is kept: what was tried and what became of it. */
export function figures(fault: string, end: ProgramEnd, again: ProgramEnd | undefined): void {
  const after = again ? `, run again: ${again.status} in ${again.seconds.toFixed(1)} s` : '';
  console.log(`${fault}: tried 1, exit ${end.status} in ${end.seconds.toFixed(1)} s${after}, converged 1, lost 0`);
}
