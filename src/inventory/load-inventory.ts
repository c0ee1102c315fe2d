import { printableLine } from '../core/text.js';
import { Draft } from './draft.js';
import { readSource, type SourceOptions } from './formats.js';
import { descendants } from './group-order.js';
import type { Inventory, InventoryGroup, InventoryHost } from './inventory.js';
import { Merge } from './merge-vars.js';

export interface InventoryOptions extends SourceOptions {
  /** The playbook's folder, whose `group_vars/` and `host_vars/` come after those beside the inventory. */
  readonly playbookFolder?: string | undefined;
}

/**
 * Reads an inventory with the variables files beside it, and merges every host's variables as Ansible does.
 *
 * Later ones win: `all` in the inventory, its other groups (parents before children, then by
 * `ansible_group_priority`, then by name), `group_vars/all`, `group_vars/*`, the host in the inventory, `host_vars/*`.
 * A variable's value replaces the earlier one as a whole.
 *
 * @param source a file, a folder, a program, or a list of hosts with a comma in it (`host1,`); of several, the later
 *   ones add to the earlier ones and win over them
 * @throws FixError `file/missing`, `yaml/syntax`, `inventory/invalid`, `vault/password`, `vault/format`, with place and mend
 * @throws FixError `inventory/templates` where a source has expressions, and there is nothing to read them with
 * @see ansible-core 2.14 `vars/manager.py`, `get_vars`
 */
export function loadInventory(source: string | readonly string[], options: InventoryOptions = {}): Inventory {
  const sources = [source].flat();
  const path = sources[0] ?? '';
  const draft = new Draft(path);
  const beside = new Set(sources.map((one) => readSource(one, draft, options)));
  const membership = draft.settle();
  const folders = [...new Set([...beside, options.playbookFolder])].filter((name) => name !== undefined);
  const merge = new Merge(draft, folders, options.vault);
  const groups = new Map([...draft.groups.keys()].map((name) => [name, finishedGroup(draft, name, merge)]));
  const hosts = new Map<string, InventoryHost>();
  for (const host of draft.hosts.values()) {
    const names = membership.get(host.name) as readonly string[];
    hosts.set(host.name, { name: host.name, groups: names, vars: merge.hostVars(host, names), at: host.at });
  }
  return { path, hosts, groups, warnings: [...draft.warnings, ...sharedNames(draft)] };
}

function finishedGroup(draft: Draft, name: string, merge: Merge): InventoryGroup {
  const { ownHosts, children, at } = draft.groups.get(name) as NonNullable<ReturnType<Draft['groups']['get']>>;
  const hosts = new Set<string>();
  for (const member of descendants(name, draft.groups)) {
    for (const host of draft.groups.get(member)?.ownHosts ?? []) hosts.add(host);
  }
  return { name, hosts: [...hosts], ownHosts: [...ownHosts], children: [...children], vars: merge.groupVars(name), at };
}

function sharedNames({ hosts, groups }: Draft): string[] {
  return [...hosts.values()]
    .filter(({ name }) => groups.has(name))
    .map(
      ({ name, at }) =>
        `${at}: ${printableLine(name, 80)} is the name of a group and of a host; a pattern means the host`,
    );
}
