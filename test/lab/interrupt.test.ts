import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { longTest } from '../support/in-gate.js';
import { LAB_INVENTORY, LAB_NAME, lab, onNode, subnets } from '../support/lab.js';

/** Runs the fix and interrupts it once its output matches. */
function interruptedAt(mark: RegExp, times: number): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    // `nsenter` becomes the program, so the signal reaches it.
    const child = spawn('nsenter', [
      `--net=/run/netns/${LAB_NAME}-ctl`,
      '--',
      process.execPath,
      'bin/fix-flannel.js',
      'run',
      LAB_INVENTORY,
    ]);
    let output = '';
    let sent = 0;
    const listen = (chunk: Buffer) => {
      output += chunk.toString();
      while (sent < times && mark.test(output)) {
        sent++;
        setTimeout(() => child.kill('SIGINT'), 50 * sent);
      }
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}

const unitOf = (node: string) => onNode(node, 'cat /etc/systemd/system/flanneld.service');

describe('Ctrl-C', () => {
  longTest('finishes the host in hand, and touches no other', async () => {
    await lab('break', 'seed');
    const { status, output } = await interruptedAt(/running: Restart flanneld/, 1);
    expect(status, output).toBe(130);
    expect(output).toContain('is its own');
    expect(await unitOf('node1')).toContain('-iface=eth1');
    expect(await unitOf('node2')).not.toContain('-iface');
    expect(await onNode('node1', 'systemctl is-active flanneld docker')).toBe('active\nactive\n');
    const held = await subnets();
    expect(held.node1).not.toBe(held.node2);
    expect(held.node2).toBe(held.node3);
  });

  test('twice undoes the host in hand', async () => {
    await lab('break', 'seed');
    const before = await unitOf('node1');
    const { status, output } = await interruptedAt(/running: Clear the old lease/, 2);
    expect(status, output).toBe(130);
    expect(await unitOf('node1')).toBe(before);
    expect(await onNode('node1', 'systemctl is-active flanneld docker')).toBe('active\nactive\n');
    expect(new Set(Object.values(await subnets())).size).toBe(1);
  });
});
