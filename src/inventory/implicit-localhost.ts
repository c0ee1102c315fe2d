import type { Inventory, InventoryHost } from './inventory.js';

/** The names under which Ansible knows the controller, whatever the inventory holds. */
const NAMES = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * The controller as a host, for a play on `localhost` that the inventory does not list: it has the variables of `all`
 * and a local connection, and is in no group. `matchHosts` never gives it.
 *
 * @returns undefined for any other name, and where the inventory has a host of that name
 * @see ansible-core 2.14 `inventory/data.py`, `_create_implicit_localhost`
 */
export function implicitLocalhost(inventory: Inventory, name: string): InventoryHost | undefined {
  if (!NAMES.has(name) || inventory.hosts.has(name)) return undefined;
  const vars = Object.assign(Object.create(null), inventory.groups.get('all')?.vars, { ansible_connection: 'local' });
  return { name, groups: [], vars, at: inventory.path };
}
