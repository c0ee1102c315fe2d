import { expect, test } from 'vitest';
import { countLine } from '../reliability/counts.js';
import { killRounds } from '../reliability/kill.js';
import { runsInGate } from '../support/in-gate.js';

/** `node test/reliability/run.mjs kill --count 200` does the same many times over. */
const ROUNDS = runsInGate(10);
/** A round takes half a minute, on a busy machine four times as long. */
const TIMEOUT_MS = 1_200_000;

test(
  'a controller killed at any moment of a fix: run again, it converges',
  async () => {
    const counts = await killRounds(ROUNDS, 20_241_125);
    console.log(countLine(counts));
    expect(counts.troubles.join('\n\n')).toBe('');
    expect(counts).toMatchObject({ tried: ROUNDS, torn: 0, lost: 0, convergedAtOnce: ROUNDS });
    expect(counts.inTime).toBeGreaterThan(0);
  },
  TIMEOUT_MS,
);
