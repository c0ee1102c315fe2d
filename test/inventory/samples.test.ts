import { describe, expect, test } from 'vitest';
import { connectionVars, loadInventory } from '../../src/inventory/index.js';

const sample = (name: string) => new URL(`../../inventory/${name}`, import.meta.url).pathname;

describe('the sample for a newcomer', () => {
  const inventory = loadInventory(sample('sample.yaml'));

  test('has three nodes in the group that the shipped playbook works on', () => {
    expect(inventory.groups.get('flannel')?.hosts).toEqual(['node1', 'node2', 'node3']);
    expect([...inventory.hosts.keys()]).toEqual(['node1', 'node2', 'node3']);
  });

  test('says how to reach each, and nothing that is not honoured', () => {
    for (const [index, host] of [...inventory.hosts.values()].entries()) {
      expect(connectionVars(host.name, host.vars, '/home/me')).toMatchObject({
        kind: 'ssh',
        host: `10.0.0.11${index + 1}`,
        user: 'vagrant',
        become: true,
        privateKeyFile: '/home/me/.vagrant.d/insecure_private_key',
        notHonoured: [],
      });
      expect(host.vars.flannel_iface).toBe('10.0.0.0/24');
    }
  });
});

describe('the sample of a larger cluster', () => {
  const inventory = loadInventory(sample('production/inventory.yaml'));
  const varsOf = (name: string) => inventory.hosts.get(name)?.vars;

  test('expands its ranges', () => {
    expect(inventory.groups.get('workers')?.hosts).toHaveLength(19);
    expect(inventory.groups.get('flannel')?.hosts).toHaveLength(23);
    expect(varsOf('node10.a.example.com')).toBeDefined();
    expect(varsOf('edgec.b.example.com')).toBeDefined();
  });

  test('names the interface by group, and by host', () => {
    expect(varsOf('master2.example.com')?.flannel_iface).toBe('eth1');
    expect(varsOf('node01.a.example.com')?.flannel_iface).toBe('eth1');
    expect(varsOf('node01.b.example.com')?.flannel_iface).toBe('enp3s0f1');
    expect(varsOf('old1.example.com')?.flannel_iface).toBe('10.20.0.7');
  });

  test('names file and restart command for the host without systemd', () => {
    expect(varsOf('old1.example.com')).toMatchObject({
      flannel_config_file: '/etc/default/flanneld',
      flannel_restart_command: 'service flanneld restart',
    });
  });

  test('goes through the bastion, but not to it', () => {
    const argumentsOf = (name: string) => connectionVars(name, varsOf(name) ?? {}, '/home/me').sshArguments;
    expect(argumentsOf('node01.a.example.com')).toEqual([
      { variable: 'ansible_ssh_common_args', text: expect.stringContaining('ProxyJump=ops@bastion.example.com') },
    ]);
    expect(argumentsOf('bastion.example.com')).toEqual([]);
  });

  test('warns of nothing', () => {
    expect(inventory.warnings).toEqual([]);
  });
});
