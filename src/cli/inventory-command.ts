import process from 'node:process';
import { EXIT } from '../core/error.js';
import type { VaultReader } from '../core/vault.js';
import { type Inventory, limitHosts } from '../inventory/index.js';
import { hostAsJson, inventoryAsJson, inventoryGraph } from '../inventory/views.js';
import { readInventory } from './read-inventory.js';

export interface InventoryOptions {
  readonly list?: boolean;
  readonly graph?: boolean;
  readonly host?: string;
  readonly limit?: string;
  /** Opened with what the vault options say. */
  readonly vault?: VaultReader;
}

/** `inventory`: what the program reads out of an inventory, as `ansible-inventory` prints it. */
export async function inventoryCommand(path: string, options: InventoryOptions): Promise<number> {
  const inventory = await readInventory(path, { vault: options.vault });
  const shown = options.limit === undefined ? inventory : limited(inventory, options.limit);
  for (const warning of inventory.warnings) process.stderr.write(`warning: ${warning}\n`);
  process.stdout.write(`${viewOf(shown, options).trimEnd()}\n`);
  return EXIT.sound;
}

function viewOf(inventory: Inventory, { graph, host }: InventoryOptions): string {
  if (host !== undefined) return hostAsJson(inventory, host);
  return graph ? inventoryGraph(inventory) : inventoryAsJson(inventory);
}

function limited(inventory: Inventory, limit: string): Inventory {
  const hosts = limitHosts(inventory, [...inventory.hosts.values()], limit);
  const names = new Set(hosts.map((host) => host.name));
  const keep = (all: readonly string[]) => all.filter((name) => names.has(name));
  return {
    ...inventory,
    hosts: new Map(hosts.map((host) => [host.name, host])),
    groups: new Map(
      [...inventory.groups].map(([name, group]) => [
        name,
        { ...group, hosts: keep(group.hosts), ownHosts: keep(group.ownHosts) },
      ]),
    ),
  };
}
