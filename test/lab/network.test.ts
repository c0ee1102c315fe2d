import { beforeAll, describe, expect, test } from 'vitest';
import { countLine } from '../reliability/counts.js';
import { NETWORK_FAULTS, networkRounds, type Step, stepsOfFix } from '../reliability/network.js';
import { inGate } from '../support/in-gate.js';

/** `node test/reliability/run.mjs network` strikes at every step; here each fault strikes where it hurts most. */
const HERE = inGate(1, [/^running: Restart flanneld/, /^running: Name the interface/, /^running: Dead leases/]);

let steps: readonly Step[] = [];
beforeAll(async () => {
  steps = (await stepsOfFix()).filter(({ step, nth }) => nth === 1 && HERE.some((here) => here.test(step)));
});

describe('a connection that fails at a step', () => {
  test.each(inGate(1, NETWORK_FAULTS))(
    '$name: the run ends in time and names the host; run again, it converges',
    async (fault) => {
      expect(steps).toHaveLength(HERE.length);
      const counts = await networkRounds(fault, steps);
      console.log(countLine(counts));
      expect(counts.troubles.join('\n\n')).toBe('');
      expect(counts).toMatchObject({ tried: steps.length, torn: 0, lost: 0 });
    },
    600_000,
  );
});
