import { join } from 'node:path';
import type { VaultReader } from '../core/vault.js';
import { type Draft, type DraftHost, setVariables } from './draft.js';
import { groupDepths, mergeOrder } from './group-order.js';
import type { Variables } from './inventory.js';
import { VarsFolder } from './vars-files.js';

/** Lays variables over each other. Hosts in the same groups share that part of the work. */
export class Merge {
  readonly #draft: Draft;
  readonly #depths: ReadonlyMap<string, number>;
  readonly #folders: readonly { readonly groups: VarsFolder; readonly hosts: VarsFolder }[];
  readonly #fromFiles = new Map<string, readonly Variables[]>();
  readonly #byGroups = new Map<string, Variables>();

  /** @param folders those whose `group_vars/` and `host_vars/` count, the later ones more */
  constructor(draft: Draft, folders: readonly string[], vault: VaultReader | undefined) {
    this.#draft = draft;
    this.#depths = groupDepths(draft.groups);
    this.#folders = folders.map((folder) => ({
      groups: new VarsFolder(join(folder, 'group_vars'), draft.warnings, vault),
      hosts: new VarsFolder(join(folder, 'host_vars'), draft.warnings, vault),
    }));
  }

  groupVars(name: string): Variables {
    return layered([this.#draft.groups.get(name)?.vars, ...this.#filesOf(name)]);
  }

  /** @param filesOrder in which the files of groups count, where it is not that of the groups */
  hostVars(host: DraftHost, groups: readonly string[], filesOrder?: readonly string[]): Variables {
    const files = this.#folders.map((folder) => folder.hosts.variablesOf(host.name));
    return layered([this.#ofGroups(groups, filesOrder), host.vars, ...files]);
  }

  #ofGroups(groups: readonly string[], filesOrder?: readonly string[]): Variables {
    const key = (filesOrder ?? groups).join('\0');
    const known = this.#byGroups.get(key);
    if (known) return known;
    const order = mergeOrder(groups, this.#draft.groups, this.#depths);
    const written = ['all', ...order].map((name) => this.#draft.groups.get(name)?.vars);
    const files = [['all'], filesOrder ?? order].flatMap((names) =>
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
