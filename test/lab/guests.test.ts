import { afterEach, describe, expect, test } from 'vitest';
import { inGate } from '../support/in-gate.js';
import { lab } from '../support/lab.js';
import { expectMendedByRunningAgain, figures } from '../support/lab-again.js';
import { GUARDED_RUN, runProgram } from '../support/lab-program.js';
import { isWhole, readNode } from '../support/lab-state.js';

/** The longest that any run may take: the deadline of a restart, the guard's delay, and what comes around. */
const LONGEST_MS = 240_000;

describe('a guest that goes away in the middle', () => {
  afterEach(async () => {
    await lab('power', 'on', 'node1');
    await lab('power', 'on', 'node2');
    await lab('link', 'node1', 'up');
  });

  const FAULTS = [
    { about: 'rebooted at the restart', node: 'node1', step: /^running: Restart flanneld/, does: ['power', 'cycle'] },
    { about: 'power off at the restart', node: 'node1', step: /^running: Restart flanneld/, does: ['power', 'off'] },
    { about: 'power off before its turn', node: 'node2', step: /^running: Restart flanneld/, does: ['power', 'off'] },
    { about: 'power off at the proof', node: 'node2', step: /^running: Dead leases/, does: ['power', 'off'] },
    { about: 'rebooted at the edit', node: 'node1', step: /^running: Name the interface/, does: ['power', 'cycle'] },
    { about: 'cable out at the restart', node: 'node1', step: /^running: Restart flanneld/, does: ['link', 'down'] },
  ];

  test.each(inGate(1, FAULTS))(
    '$node, $about: it is named, nothing is torn, and run again all is well',
    async ({ about, node, step, does }) => {
      await lab('break', 'seed');
      let done: Promise<string> | undefined;
      const [what = '', how = ''] = does;
      const end = await runProgram({
        args: GUARDED_RUN,
        timeoutMs: LONGEST_MS,
        onStep(line) {
          if (step.test(line)) done ??= what === 'link' ? lab('link', node, how) : lab('power', how, node);
        },
      });
      expect(done).toBeDefined();
      await done;
      if (what === 'link') await lab('link', node, 'up');
      else await lab('power', 'on', node);
      expect([0, 2, 3, 5], end.output).toContain(end.status);
      if (end.status !== 0) expect(end.output).toMatch(new RegExp(`${node}.*(lost|unreachable|answer|closed)`, 's'));
      for (const each of ['node1', 'node2', 'node3']) expect(isWhole((await readNode(each)).unit)).toBe(true);
      figures(`${node}, ${about}`, end, await expectMendedByRunningAgain());
    },
    600_000,
  );
});
