import { describe, expect, test } from 'vitest';
import { inGate } from '../support/in-gate.js';
import { LAB_INVENTORY, lab, onNode } from '../support/lab.js';
import { expectMendedByRunningAgain, figures } from '../support/lab-again.js';
import { runProgram } from '../support/lab-program.js';
import { BROKEN_UNIT, readNode } from '../support/lab-state.js';

const heal = (node: string) =>
  onNode(
    node,
    'rm -rf /etc/lab-flanneld-fault /run/systemd/system/flanneld.service.d; systemctl daemon-reload; systemctl reset-failed',
  );

/** How a flanneld fails, where, and what the run then ends with. */
interface Failing {
  readonly fault: string;
  readonly node: string;
  /** Of every start, or only of one with `-iface`: then the node can be put back. */
  readonly when: 'always' | 'iface';
  readonly status: number;
}

/** Seconds. One that dies lives for three, and on a busy machine takes as long again to start. */
const SETTLE = 15;

async function failsAndIsMended({ fault, node, when, status }: Failing): Promise<void> {
  await lab('break', fault, node);
  if (when === 'iface') await onNode(node, 'sed -i "s/$/ iface/" /etc/lab-flanneld-fault');
  const end = await runProgram({ args: ['run', LAB_INVENTORY, '-e', `flannel_settle=${SETTLE}`] });
  expect(end.output).toMatch(new RegExp(when === 'iface' ? `put back as before: ${node}` : `failed: ${node}`));
  expect(end.status, end.output).toBe(status);
  const state = await readNode(node);
  expect(state.unit).toBe(BROKEN_UNIT);
  if (when === 'iface') expect(state.states).toEqual(['flanneld active', 'docker active']);
  if (node === 'node1') expect((await readNode('node2')).unit).toBe(BROKEN_UNIT);
  await heal(node);
  figures(`${fault} on ${node} (${when})`, end, await expectMendedByRunningAgain());
}

describe('a flanneld that fails once it is restarted: the run stops, the node is put back', () => {
  const FAULTS: readonly Failing[] = [
    { fault: 'flanneld-dies', node: 'node2', when: 'iface', status: 5 },
    { fault: 'flanneld-exits', node: 'node1', when: 'always', status: 5 },
    { fault: 'flanneld-mute', node: 'node1', when: 'iface', status: 2 },
    { fault: 'flanneld-exits', node: 'node1', when: 'iface', status: 2 },
    { fault: 'flanneld-exits', node: 'node2', when: 'iface', status: 5 },
    { fault: 'flanneld-mute', node: 'node1', when: 'always', status: 5 },
    { fault: 'flanneld-dies', node: 'node1', when: 'iface', status: 2 },
  ];

  test.each(inGate(1, FAULTS))('$fault on $node ($when)', failsAndIsMended, 400_000);
});
