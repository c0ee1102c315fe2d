import { mkdirSync, rmSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { inGate, longDescribe } from '../support/in-gate.js';
import { command, LAB_DIR, LAB_INVENTORY, lab, onNode } from '../support/lab.js';
import { expectMendedByRunningAgain, figures } from '../support/lab-again.js';
import { runProgram } from '../support/lab-program.js';
import { BROKEN_UNIT, fingerprint, readNode } from '../support/lab-state.js';

const PROCESS = 'systemctl show flanneld docker -p MainPID,ExecMainStartTimestampMonotonic';

describe('a disk that is full where units are written', () => {
  const NODES = [
    { node: 'node2', status: 5 },
    { node: 'node1', status: 2 },
  ];

  test.each(inGate(1, NODES))('$node: no byte is changed there, flanneld never stops', async ({ node, status }) => {
    await lab('break', 'disk-full', node);
    const before = await onNode(node, PROCESS);
    const end = await runProgram();
    expect(end.output).toMatch(new RegExp(`${node}.*No space left on device`, 's'));
    expect(end.status, end.output).toBe(status);
    const state = await readNode(node);
    expect(state.unit).toBe(BROKEN_UNIT);
    expect(state.leftovers).toEqual([]);
    expect(await onNode(node, PROCESS)).toBe(before);
    await onNode(node, 'rm /etc/systemd/system/lab-filler');
    figures(`disk full on ${node}`, end, await expectMendedByRunningAgain());
  });
});

longDescribe("a disk that is full where the controller's journals are kept", () => {
  const folder = `${LAB_DIR}/run/full`;
  const fill = () => command('dd', ['if=/dev/zero', `of=${folder}/filler`, 'bs=1k']);
  const makeFolder = async () => {
    mkdirSync(folder, { recursive: true });
    const mounted = await command('mount', ['-t', 'tmpfs', '-o', 'size=512k,mode=700', 'lab-full', folder]);
    expect(mounted.status, mounted.stderr).toBe(0);
  };
  afterEach(async () => {
    await command('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('from the beginning: nothing is changed on any host', async () => {
    await lab('break', 'seed');
    await makeFolder();
    await fill();
    const before = await fingerprint();
    const end = await runProgram({ env: { FIX_FLANNEL_STATE: folder } });
    expect(end.output).toMatch(/the disk is full/);
    expect(end.status, end.output).toBe(1);
    expect(await fingerprint()).toBe(before);
    figures('disk of the journals full', end, await expectMendedByRunningAgain());
  });

  test('in the middle: no change goes unrecorded, and the next run mends all', async () => {
    await lab('break', 'seed');
    await makeFolder();
    let full: Promise<unknown> | undefined;
    const end = await runProgram({
      env: { FIX_FLANNEL_STATE: folder },
      onStep(line) {
        if (/^batch 2/.test(line)) full = fill();
      },
    });
    await full;
    expect(end.output).toMatch(/the disk is full/);
    expect([1, 5], end.output).toContain(end.status);
    const again = await runProgram({ args: ['run', LAB_INVENTORY, '--wait', '60s'] });
    expect(again.status, again.output).toBe(0);
    figures('disk of the journals full in the middle', end, await expectMendedByRunningAgain());
  });
});
