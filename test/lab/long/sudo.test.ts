import { expect, test } from 'vitest';
import { lab, onNode } from '../../support/lab.js';
import { expectMendedByRunningAgain, figures } from '../../support/lab-again.js';
import { GUARDED_RUN, runProgram } from '../../support/lab-program.js';
import { isWhole, readNode } from '../../support/lab-state.js';

test.each([{ node: 'node1' }, { node: 'node2' }])(
  'sudo on $node refuses from the restart on: nothing is left half done',
  async ({ node }) => {
    await lab('break', 'sudo-refuses', node);
    const end = await runProgram({ args: GUARDED_RUN, timeoutMs: 240_000 });
    // The shell that is open stays open; a new one is refused: the node is not confirmed, and puts itself back.
    expect([0, 2, 3, 5], end.output).toContain(end.status);
    // Where it was slow, the node's own guard came first.
    if (end.status !== 0) expect(end.output).toMatch(new RegExp(`${node}.*(sudo|put itself back)`, 's'));
    const state = await readNode(node);
    expect(isWhole(state.unit)).toBe(true);
    const refused = await runProgram();
    expect(refused.output).toMatch(new RegExp(`${node}.*sudo`, 's'));
    expect(refused.status, refused.output).toBe(3);
    await onNode(
      node,
      'rm -r /run/systemd/system/flanneld.service.d; systemctl daemon-reload; mv /usr/lib/lab-away/vagrant.sudoers /etc/sudoers.d/vagrant',
    );
    figures(`sudo refuses on ${node}`, end, await expectMendedByRunningAgain());
  },
  600_000,
);
