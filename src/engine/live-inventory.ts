import type { NewHost } from '../core/module.js';
import type { Inventory, InventoryGroup, InventoryHost } from '../inventory/inventory.js';

/** An inventory in the course of a run: hosts and groups join it, and none leaves. */
export class LiveInventory {
  #inventory: Inventory;
  #names: Readonly<Record<string, readonly string[]>> | undefined;

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
  }

  get inventory(): Inventory {
    return this.#inventory;
  }

  /** Names of hosts by group, as `groups` has them. */
  get names(): Readonly<Record<string, readonly string[]>> {
    this.#names ??= Object.fromEntries(
      [...this.#inventory.groups.values()].map((group) => [group.name, [...group.hosts]]),
    );
    return this.#names;
  }

  /** A host joins groups, which come into being where they are new. @returns the host as it is then */
  join(host: InventoryHost, groups: readonly string[]): InventoryHost {
    const fresh = groups.filter((group) => group !== 'all' && !host.groups.includes(group));
    const joined = { ...host, groups: [...host.groups, ...fresh].sort() };
    this.#put(joined, ['all', ...fresh]);
    return joined;
  }

  /** Adds a host, or adds to one. @returns the host as it is then */
  add({ name, groups, vars }: NewHost, at: string): InventoryHost {
    const known = this.#inventory.hosts.get(name);
    const ofAll = this.#inventory.groups.get('all')?.vars;
    const before = known ?? { name, groups: [], vars: Object.assign(Object.create(null), ofAll), at };
    const merged = Object.assign(Object.create(null), before.vars, vars);
    const inGroups = groups.length === 0 && known === undefined ? ['ungrouped'] : groups;
    return this.join({ ...before, vars: merged }, inGroups);
  }

  #put(host: InventoryHost, groups: readonly string[]): void {
    const { hosts, groups: before } = this.#inventory;
    const after = new Map(before);
    for (const name of groups) {
      const group = after.get(name) ?? newGroup(name, host.at);
      if (group.hosts.includes(host.name)) continue;
      after.set(name, { ...group, hosts: [...group.hosts, host.name], ownHosts: [...group.ownHosts, host.name] });
    }
    this.#inventory = { ...this.#inventory, hosts: new Map(hosts).set(host.name, host), groups: after };
    this.#names = undefined;
  }
}

function newGroup(name: string, at: string): InventoryGroup {
  return { name, hosts: [], ownHosts: [], children: [], vars: Object.create(null), at };
}
