import { beforeAll, describe, expect, test } from 'vitest';
import { inGate, longTest } from '../support/in-gate.js';
import { fixFlannel, LAB_INVENTORY, lab, onNode, subnets } from '../support/lab.js';

const NODES = ['node1', 'node2', 'node3'] as const;
const DROP_INS = '/run/systemd/system/flanneld.service.d';
const UNIT = '/etc/systemd/system/flanneld.service';

/** Everything on the hosts and in etcd that a refusal must leave alone. */
async function fingerprint(): Promise<string> {
  const hosts = NODES.map((node) =>
    onNode(
      node,
      'cd / && find etc/systemd etc/default etc/sysconfig etc/init.d run/flannel run/fix-flannel -type f 2>/dev/null | sort | xargs -r sha256sum; systemctl show flanneld docker -p ActiveState,MainPID',
    ),
  );
  // etcd's v2 store lists its keys in no order.
  const status = (await lab('status')).split('\n').sort();
  return [...(await Promise.all(hosts)), ...status].join('\n');
}

function expectDistinct(held: Record<string, string>): void {
  const values = Object.values(held);
  expect(
    values.every((subnet) => /^10\.1\.\d+\.1\/24$/.test(subnet)),
    JSON.stringify(held),
  ).toBe(true);
  expect(new Set(values).size, JSON.stringify(held)).toBe(values.length);
}

describe('a fault that is mended', () => {
  const FAULTS = [
    { fault: 'seed', finds: 'gateway-interface ambiguity', changed: 3 },
    { fault: 'v3', finds: 'gateway-interface ambiguity', changed: 3 },
    { fault: 'iface-kept-run', finds: 'reused subnet.env', changed: 2 },
    { fault: 'stopped', finds: 'gateway-interface ambiguity', changed: 3 },
    { fault: 'iface-missing', finds: 'flanneld is not running', changed: 3 },
    { fault: 'two-hosts', finds: 'gateway-interface ambiguity', changed: 2 },
    { fault: 'one-fixed', finds: 'gateway-interface ambiguity', changed: 2 },
    { fault: 'reservation', finds: 'gateway-interface ambiguity', changed: 3 },
  ];

  test.each(inGate(2, FAULTS))('$fault', async ({ fault, finds, changed }) => {
    await lab('break', fault);
    const units = await Promise.all(NODES.map((node) => onNode(node, `cat ${UNIT}`)));

    const first = await fixFlannel('run', LAB_INVENTORY);
    expect(first.stdout).toContain(finds);
    expect(first.status, first.stdout + first.stderr).toBe(0);
    expect(first.stdout.trim().split('\n').at(-1)).toMatch(
      new RegExp(`^Done\\. 3 hosts: ${changed} changed, 0 failed`),
    );
    expectDistinct(await subnets());

    const after = await Promise.all(NODES.map((node) => onNode(node, `cat ${UNIT}`)));
    for (const [index, text] of after.entries()) {
      const without = (unit: string | undefined) => unit?.replace(/ -{1,2}iface=\S+/g, '');
      expect(without(text)).toBe(without(units[index]));
      expect(text.match(/-iface=/g)).toHaveLength(1);
    }

    const state = await fingerprint();
    const second = await fixFlannel('run', LAB_INVENTORY);
    expect(second.stdout.trim().split('\n').at(-1)).toMatch(/^Sound: 3 hosts, nothing to change/);
    expect(second.status).toBe(0);
    expect(await fingerprint()).toBe(state);
  });

  longTest('v3 goes strictly one host after another', async () => {
    await lab('break', 'v3');
    const ran = await fixFlannel('run', LAB_INVENTORY, '-e', 'flannel_serial=100%');
    expect(ran.stdout).toContain('batch 3 of 3');
    expect(ran.status).toBe(0);
  });

  longTest('a reservation is left in etcd, and the dead lease is not', async () => {
    await lab('break', 'reservation');
    expect((await fixFlannel('run', LAB_INVENTORY)).status).toBe(0);
    const status = await lab('status');
    expect(status).toContain('10.1.200.0-24');
    expect(status).not.toContain('"PublicIP":"10.0.2.15"');
  });

  test('two candidates are refused, then settled by the operator', async () => {
    await lab('break', 'two-candidates');
    const state = await fingerprint();
    const refused = await fixFlannel('run', LAB_INVENTORY);
    expect(refused.status, refused.stdout).toBe(4);
    expect(refused.stdout).toContain('eth1');
    expect(refused.stdout).toContain('eth2');
    expect(refused.stdout).toContain('flannel_iface');
    expect(await fingerprint()).toBe(state);

    const told = await fixFlannel('run', LAB_INVENTORY, '-e', 'flannel_iface=10.0.0.0/24');
    expect(told.status, told.stdout).toBe(0);
    expectDistinct(await subnets());
  });

  longTest('a host without flanneld is listed and left alone', async () => {
    await lab('break', 'no-flanneld');
    const ran = await fixFlannel('run', LAB_INVENTORY);
    expect(ran.status, ran.stdout).toBe(0);
    expect(ran.stdout).toMatch(/node3: .*left alone/);
    expectDistinct(await subnets(['node1', 'node2']));
  });

  test('a host without systemd is mended by the file and the command that the inventory names', async () => {
    await lab('break', 'no-systemd-unit');
    const more = JSON.stringify({
      flannel_config_file: "{{ '/etc/default/flanneld' if inventory_hostname == 'node3' else '' }}",
      flannel_restart_command: "{{ '/etc/init.d/flanneld restart' if inventory_hostname == 'node3' else '' }}",
    });
    const ran = await fixFlannel('run', LAB_INVENTORY, '-e', more);
    expect(ran.status, ran.stdout).toBe(0);
    expectDistinct(await subnets());
    expect((await fixFlannel('run', LAB_INVENTORY, '-e', more)).stdout).toContain('Sound: 3 hosts');
  });
});

describe('a check', () => {
  test('changes no byte on any host and nothing in etcd', async () => {
    await lab('break', 'seed');
    const state = await fingerprint();
    const check = await fixFlannel('check', LAB_INVENTORY, '-v');
    expect(check.stdout).toContain('FF101 node1, node2, node3: all publish 10.0.2.15');
    expect(check.status).toBe(2);
    expect(await fingerprint()).toBe(state);
    const dry = await fixFlannel('run', LAB_INVENTORY, '--check', '--diff');
    expect(dry.stdout).toContain('+ExecStart=/usr/local/bin/flanneld -iface=eth1');
    expect(dry.status).toBe(2);
    expect(await fingerprint()).toBe(state);
  });
});

describe('a host that fails', () => {
  beforeAll(() => lab('break', 'seed'));

  test('stops the run and is put back as it was', async () => {
    // The canary's flanneld will not start any more once it is stopped.
    const failing =
      '[Service]\\nExecStartPre=/bin/sh -c "! grep -q iface=eth1 /etc/systemd/system/flanneld.service"\\n';
    await onNode(
      'node1',
      `mkdir -p ${DROP_INS}; printf '${failing}' > ${DROP_INS}/10-fail.conf; systemctl daemon-reload`,
    );
    const before = await onNode('node1', `cat ${UNIT}`);
    const ran = await fixFlannel('run', LAB_INVENTORY);
    expect(ran.status, ran.stdout).toBe(2);
    expect(ran.stdout).toContain('put back');
    expect(await onNode('node1', `cat ${UNIT}`)).toBe(before);
    expect(await onNode('node1', 'systemctl is-active flanneld docker')).toBe('active\nactive\n');
    expect(await onNode('node2', `cat ${UNIT}`)).not.toContain('-iface');
    await onNode('node1', `rm -r ${DROP_INS}; systemctl daemon-reload`);
  });
});
