import { describe, expect, test } from 'vitest';
import { longTest } from '../support/in-gate.js';
import { command, lab } from '../support/lab.js';
import { expectMended, figures } from '../support/lab-again.js';
import { runProgram } from '../support/lab-program.js';
import { fingerprint } from '../support/lab-state.js';

/** Guests have the machine's own clock, so it is the controller that is shown another one, by a library. */
async function shifted(by: string): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await command('dpkg', ['-L', 'libfaketime']);
  const library = stdout.split('\n').find((path) => path.endsWith('/libfaketime.so.1'));
  if (library === undefined) throw new Error('install libfaketime');
  return { LD_PRELOAD: library, FAKETIME: by };
}

describe('clocks that are a day apart', () => {
  longTest("the controller's, ahead: the fix goes through", async () => {
    await lab('break', 'seed');
    const end = await runProgram({ env: await shifted('+1d') });
    expect(end.status, end.output).toBe(0);
    await expectMended();
    figures('clock of the controller a day ahead', end, undefined);
  });

  test("the controller's, behind: etcd's certificate is not valid yet, and nothing is changed", async () => {
    await lab('break', 'seed');
    const before = await fingerprint();
    const end = await runProgram({ env: await shifted('-1d') });
    expect(end.output).toMatch(/not (yet )?valid|not valid yet/);
    expect(end.status, end.output).toBe(3);
    expect(await fingerprint()).toBe(before);
    figures('clock of the controller a day behind', end, undefined);
  });
});
