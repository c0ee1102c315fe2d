import type { Inventory } from '../inventory/index.js';
import type { AnsibleSettings } from './ansible-config.js';

/** An inventory whose hosts are reached as a configuration says, where the inventory does not say it. */
export function connectionDefaults(inventory: Inventory, settings: AnsibleSettings): Inventory {
  const { remotePort, sshArgs, sshCommonArgs, sshExtraArgs } = settings;
  const given = {
    ansible_port: remotePort?.value,
    ansible_ssh_args: sshArgs?.value,
    ansible_ssh_common_args: sshCommonArgs?.value,
    ansible_ssh_extra_args: sshExtraArgs?.value,
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  if (set.length === 0) return inventory;
  const defaults = Object.fromEntries(set);
  const hosts = [...inventory.hosts].map(
    ([name, host]) => [name, { ...host, vars: { ...defaults, ...host.vars } }] as const,
  );
  return { ...inventory, hosts: new Map(hosts) };
}
