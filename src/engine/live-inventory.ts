import { isDeepStrictEqual } from 'node:util';
import type { NewHost } from '../core/module.js';
import type { Inventory, InventoryGroup, InventoryHost } from '../inventory/inventory.js';

/** An inventory in the course of a run: hosts and groups join it, and none leaves. */
export class LiveInventory {
  #inventory: Inventory;
  /** What the run added, to be added again to another inventory. */
  readonly #added: (() => void)[] = [];
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

  /**
   * A host joins groups, which come into being where they are new, and those that they are part of.
   * @param parents become parents of these groups
   * @returns the host as it is then; the inventory stays the same one where nothing is new
   */
  join(host: InventoryHost, groups: readonly string[], parents: readonly string[] = []): InventoryHost {
    this.#added.push(() => this.#join(this.#inventory.hosts.get(host.name) ?? host, groups, parents));
    return this.#join(host, groups, parents);
  }

  /** Another one takes its place, with all that joined this one. */
  replace(inventory: Inventory): void {
    this.#inventory = inventory;
    this.#names = undefined;
    for (const add of this.#added) add();
  }

  #join(host: InventoryHost, groups: readonly string[], parents: readonly string[]): InventoryHost {
    const wanted = groups.filter((group) => group !== 'all');
    for (const parent of parents) if (parent !== 'all') this.#link(parent, wanted, host.at);
    const fresh = this.#withAncestors(wanted).filter((group) => !host.groups.includes(group));
    const isKnown = this.#inventory.hosts.get(host.name) === host;
    if (isKnown && fresh.length === 0) return host;
    const joined = { ...host, groups: [...host.groups, ...fresh].sort() };
    this.#put(joined, ['all', ...fresh], new Set(wanted));
    return joined;
  }

  /** Adds a host, or adds to one. @returns the host as it is then */
  add({ name, groups, vars }: NewHost, at: string): InventoryHost {
    const known = this.#inventory.hosts.get(name);
    const ofAll = this.#inventory.groups.get('all')?.vars;
    const before = known ?? { name, groups: [], vars: Object.assign(Object.create(null), ofAll), at };
    const merged = Object.assign(Object.create(null), before.vars, vars);
    const inGroups = groups.length === 0 && known === undefined ? ['ungrouped'] : groups;
    const isSame = known !== undefined && isDeepStrictEqual({ ...merged }, { ...known.vars });
    return this.join(isSame ? known : { ...before, vars: merged }, inGroups);
  }

  /** Makes groups the children of another one. */
  #link(parent: string, groups: readonly string[], at: string): void {
    const before = this.#inventory.groups.get(parent) ?? newGroup(parent, at);
    const fresh = groups.filter((group) => group !== parent && !before.children.includes(group));
    if (fresh.length === 0) return;
    const after = new Map(this.#inventory.groups);
    after.set(parent, { ...before, children: [...before.children, ...fresh] });
    this.#inventory = { ...this.#inventory, groups: after };
    this.#names = undefined;
  }

  /** These groups, and all that have them as children, `all` left out. */
  #withAncestors(groups: readonly string[]): string[] {
    const found = new Set(groups);
    for (const group of found) {
      for (const { name, children } of this.#inventory.groups.values()) {
        if (name !== 'all' && children.includes(group)) found.add(name);
      }
    }
    return [...found];
  }

  #put(host: InventoryHost, groups: readonly string[], own: ReadonlySet<string>): void {
    const { hosts, groups: before } = this.#inventory;
    const after = new Map(before);
    for (const name of groups) {
      const group = after.get(name) ?? newGroup(name, host.at);
      const hostsOf = (list: readonly string[]) => (list.includes(host.name) ? list : [...list, host.name]);
      const ownHosts = own.has(name) ? hostsOf(group.ownHosts) : group.ownHosts;
      after.set(name, { ...group, hosts: hostsOf(group.hosts), ownHosts });
    }
    this.#inventory = { ...this.#inventory, hosts: new Map(hosts).set(host.name, host), groups: after };
    this.#names = undefined;
  }
}

function newGroup(name: string, at: string): InventoryGroup {
  return { name, hosts: [], ownHosts: [], children: [], vars: Object.create(null), at };
}
