import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectionDefaults } from '../../src/cli/ansible-connection.js';
import { SETTINGS } from '../../src/cli/ansible-settings.js';
import { loadInventory } from '../../src/inventory/index.js';

const at = 'ansible.cfg:1';

test('hosts are reached as the configuration says, where the inventory does not say it', () => {
  const inventory = loadInventory('a,b,');
  const settings = { remotePort: { value: 2222, at }, sshCommonArgs: { value: '-o ProxyJump=bastion', at } };
  const { hosts } = connectionDefaults(inventory, settings);
  expect(hosts.get('a')?.vars).toMatchObject({ ansible_port: 2222, ansible_ssh_common_args: '-o ProxyJump=bastion' });
  const own = new Map([['a', { name: 'a', groups: [], vars: { ansible_port: 22 }, at }]]);
  expect(connectionDefaults({ ...inventory, hosts: own }, settings).hosts.get('a')?.vars.ansible_port).toBe(22);
  expect(connectionDefaults(inventory, {})).toBe(inventory);
});

test('no setting is read and then dropped', () => {
  const folder = join(import.meta.dirname, '../../src/cli');
  const code = readdirSync(folder)
    .filter((name) => name !== 'ansible-settings.ts')
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  const dropped = Object.keys(SETTINGS).filter((name) => !new RegExp(`\\b${name}\\b`).test(code));
  expect(dropped).toEqual([]);
});
