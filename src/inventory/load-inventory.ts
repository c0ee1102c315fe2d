import { join } from 'node:path';
import { printableLine } from '../core/text.js';
import type { VaultReader } from '../core/vault.js';
import { Draft, type DraftHost, setVariables } from './draft.js';
import { readSource } from './formats.js';
import { descendants, groupDepths, mergeOrder } from './group-order.js';
import type { Inventory, InventoryGroup, InventoryHost, Variables } from './inventory.js';
import { VarsFolder } from './vars-files.js';

export interface InventoryOptions {
  /** The playbook's folder, whose `group_vars/` and `host_vars/` come after those beside the inventory. */
  readonly playbookFolder?: string | undefined;
  /** Opens files and values that are encrypted with ansible-vault. */
  readonly vault?: VaultReader | undefined;
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
 * @see ansible-core 2.14 `vars/manager.py`, `get_vars`
 */
export function loadInventory(source: string | readonly string[], options: InventoryOptions = {}): Inventory {
  const sources = [source].flat();
  const path = sources[0] ?? '';
  const draft = new Draft(path);
  const beside = new Set(sources.map((one) => readSource(one, draft, options.vault)));
  const membership = draft.settle();
  const depths = groupDepths(draft.groups);
  const folders = [...new Set([...beside, options.playbookFolder])].filter((name) => name !== undefined);
  const merge = new Merge(draft, depths, folders, options.vault);
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

/** Lays variables over each other. Hosts in the same groups share that part of the work. */
class Merge {
  readonly #draft: Draft;
  readonly #depths: ReadonlyMap<string, number>;
  readonly #folders: readonly { readonly groups: VarsFolder; readonly hosts: VarsFolder }[];
  readonly #fromFiles = new Map<string, readonly Variables[]>();
  readonly #byGroups = new Map<string, Variables>();

  constructor(
    draft: Draft,
    depths: ReadonlyMap<string, number>,
    folders: readonly string[],
    vault: VaultReader | undefined,
  ) {
    this.#draft = draft;
    this.#depths = depths;
    this.#folders = folders.map((folder) => ({
      groups: new VarsFolder(join(folder, 'group_vars'), draft.warnings, vault),
      hosts: new VarsFolder(join(folder, 'host_vars'), draft.warnings, vault),
    }));
  }

  groupVars(name: string): Variables {
    return layered([this.#draft.groups.get(name)?.vars, ...this.#filesOf(name)]);
  }

  hostVars(host: DraftHost, groups: readonly string[]): Variables {
    const files = this.#folders.map((folder) => folder.hosts.variablesOf(host.name));
    return layered([this.#ofGroups(groups), host.vars, ...files]);
  }

  #ofGroups(groups: readonly string[]): Variables {
    const key = groups.join('\0');
    const known = this.#byGroups.get(key);
    if (known) return known;
    const order = mergeOrder(groups, this.#draft.groups, this.#depths);
    const written = ['all', ...order].map((name) => this.#draft.groups.get(name)?.vars);
    const files = [['all'], order].flatMap((names) =>
      this.#folders.flatMap((_, index) => names.map((name) => this.#filesOf(name)[index])),
    );
    const merged = layered([...written, ...files]);
    this.#byGroups.set(key, merged);
    return merged;
  }

  /** What each folder holds of a group. */
  #filesOf(group: string): readonly Variables[] {
    const known = this.#fromFiles.get(group);
    if (known) return known;
    const read = this.#folders.map((folder) => folder.groups.variablesOf(group));
    this.#fromFiles.set(group, read);
    return read;
  }
}

function layered(layers: readonly (Variables | undefined)[]): Variables {
  const vars: Record<string, unknown> = Object.create(null);
  for (const layer of layers) if (layer) setVariables(vars, layer);
  return vars;
}
