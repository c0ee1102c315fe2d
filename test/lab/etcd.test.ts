import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { inGate, longTest } from '../support/in-gate.js';
import { command, LAB_INVENTORY, lab, onNode } from '../support/lab.js';
import { expectMended, expectMendedByRunningAgain, figures } from '../support/lab-again.js';
import { runProgram } from '../support/lab-program.js';
import { fingerprint, NODES, readNode } from '../support/lab-state.js';

const kill = (node: string) => onNode(node, 'systemctl kill -s KILL etcd; systemctl stop etcd');
const start = (node: string) => onNode(node, 'systemctl reset-failed etcd; systemctl start etcd');

/** The node whose member leads. */
async function leader(): Promise<string> {
  const { stdout } = await command('lab/lab', ['etcdctl', 'endpoint', 'status', '-w', 'json']);
  type Status = { Endpoint: string; Status: { leader: number; header: { member_id: number } } };
  const all = JSON.parse(stdout) as Status[];
  const endpoint = all.find(({ Status: { leader: leads, header } }) => leads === header.member_id)?.Endpoint ?? '';
  return `node${/10\.0\.0\.11(\d)/.exec(endpoint)?.[1]}`;
}

describe('etcd', () => {
  longTest('one member down: the fix goes through', async () => {
    await lab('break', 'etcd-member-down');
    const end = await runProgram();
    expect(end.status, end.output).toBe(0);
    await start('node2');
    await expectMended();
    figures('one etcd member down', end, undefined);
  });

  const MOMENTS = [
    { at: /^running: Dead leases/ },
    { at: /^running: Restart flanneld/ },
    { at: /^running: Prove the node/ },
  ];

  test.each(inGate(1, MOMENTS))('its leader killed at $at: run again at the most, all is well', async ({ at }) => {
    await lab('break', 'seed');
    const leads = await leader();
    let killed: Promise<string> | undefined;
    const end = await runProgram({
      onStep(line) {
        if (at.test(line)) killed ??= kill(leads);
      },
    });
    await killed;
    expect([0, 2, 3, 5], end.output).toContain(end.status);
    await start(leads);
    figures(`etcd's leader killed at ${at.source}`, end, await expectMendedByRunningAgain());
  });

  test.each(
    inGate(1, [
      { fault: 'no-quorum', says: /quorum/ },
      { fault: 'expired-server', says: /expired/ },
    ]),
  )('$fault: nothing is changed on any host', async ({ fault, says }) => {
    await lab('break', fault);
    const before = await fingerprint();
    const end = await runProgram();
    expect(end.output).toMatch(says);
    expect(end.status, end.output).toBe(3);
    expect(await fingerprint()).toBe(before);
    await lab('break', 'seed');
    figures(fault, end, await expectMendedByRunningAgain());
  });

  test('quorum lost in the middle: no host after the one in hand is touched', async () => {
    await lab('break', 'seed');
    let killed: Promise<unknown> | undefined;
    const end = await runProgram({
      onStep(line) {
        if (/^running: Clear the old/.test(line)) killed ??= Promise.all([kill('node2'), kill('node3')]);
      },
    });
    await killed;
    expect([2, 3, 5], end.output).toContain(end.status);
    expect(await onNode('node3', 'cat /etc/systemd/system/flanneld.service')).not.toContain('-iface');
    await Promise.all([start('node2'), start('node3')]);
    await sleep(1000);
    figures('quorum lost in the middle', end, await expectMendedByRunningAgain());
  });

  longTest.each([{ fault: 'auth' }, { fault: 'v3-auth' }])(
    '$fault: a name and a password are used, a wrong one is told',
    async ({ fault }) => {
      await lab('break', fault);
      const before = await fingerprint();
      const unit = (await readNode('node1')).unit.replace(
        '/usr/local/bin/flanneld ',
        '/usr/local/bin/flanneld -iface=eth1 ',
      );
      const wrong = await runProgram({
        args: ['run', LAB_INVENTORY, '-e', 'flannel_etcd_username=flannel flannel_etcd_password=not-the-one'],
      });
      expect(wrong.status, wrong.output).toBe(3);
      expect(wrong.output).not.toContain('not-the-one');
      expect(await fingerprint()).toBe(before);
      const end = await runProgram();
      expect(end.output).not.toContain('flannel-secret');
      expect(end.status, end.output).toBe(0);
      await expectMended({ unit });
      figures(fault, end, undefined);
    },
  );

  longTest.each([{ fault: 'many-leases' }, { fault: 'v3-many-leases' }])(
    '$fault: 10,000 leases',
    async ({ fault }) => {
      await lab('break', fault);
      await Promise.all(NODES.map((node) => hasRoutes(node, 10_000)));
      const end = await runProgram({ timeoutMs: 300_000 });
      expect(end.status, end.output).toBe(0);
      expect(end.output).toMatch(/10,?00[013] leases/);
      figures(fault, end, undefined);
    },
    600_000,
  );
});

/** flanneld takes its time to tell the kernel of so many peers. */
async function hasRoutes(node: string, count: number): Promise<void> {
  const end = Date.now() + 200_000;
  while (Number(await onNode(node, 'ip route show dev flannel.1 | wc -l')) < count) {
    if (Date.now() > end) throw new Error(`${node} does not get ${count} routes`);
    await sleep(500);
  }
}
