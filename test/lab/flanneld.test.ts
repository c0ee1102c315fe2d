import { describe, expect, test } from 'vitest';
import { lab, onNode } from '../support/lab.js';
import { expectMendedByRunningAgain, figures } from '../support/lab-again.js';
import { runProgram } from '../support/lab-program.js';
import { BROKEN_UNIT, readNode } from '../support/lab-state.js';

const heal = (node: string) =>
  onNode(
    node,
    'rm -rf /etc/lab-flanneld-fault /run/systemd/system/flanneld.service.d; systemctl daemon-reload; systemctl reset-failed',
  );

describe('a flanneld that fails once it is restarted', () => {
  test.each([
    { fault: 'flanneld-exits', node: 'node1', status: 2, when: 'always' },
    { fault: 'flanneld-exits', node: 'node1', status: 2, when: 'iface' },
    { fault: 'flanneld-exits', node: 'node2', status: 5, when: 'iface' },
    { fault: 'flanneld-dies', node: 'node1', status: 2, when: 'iface' },
    { fault: 'flanneld-dies', node: 'node2', status: 5, when: 'iface' },
    { fault: 'flanneld-mute', node: 'node1', status: 2, when: 'always' },
    { fault: 'flanneld-mute', node: 'node1', status: 2, when: 'iface' },
  ])('$fault on $node ($when): the run stops, the node is put back', async ({ fault, node, status, when }) => {
    await lab('break', fault, node);
    if (when === 'iface') await onNode(node, 'sed -i "s/$/ iface/" /etc/lab-flanneld-fault');
    const end = await runProgram();
    expect(end.output).toMatch(new RegExp(`${node}.*(put back|could not be put back|not put back)`, 's'));
    expect(end.status, end.output).toBe(status);
    const state = await readNode(node);
    expect(state.unit).toBe(BROKEN_UNIT);
    if (when === 'iface') expect(state.states).toEqual(['flanneld active', 'docker active']);
    const later = node === 'node1' ? 'node2' : undefined;
    if (later) expect((await readNode(later)).unit).toBe(BROKEN_UNIT);
    await heal(node);
    figures(`${fault} on ${node} (${when})`, end, await expectMendedByRunningAgain());
  });
});
