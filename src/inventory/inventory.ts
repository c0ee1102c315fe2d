/** An inventory as read: every host with its variables merged, every group with all the hosts below it. */
export interface Inventory {
  /** The file, or the list `host1,host2,` itself. */
  readonly path: string;
  /** In the order in which the inventory first names them. */
  readonly hosts: ReadonlyMap<string, InventoryHost>;
  /** `all` and `ungrouped` first, the others in the order in which they are first named. */
  readonly groups: ReadonlyMap<string, InventoryGroup>;
  /** What Ansible would warn of, each with its place where it has one. */
  readonly warnings: readonly string[];
}

export type Variables = Readonly<Record<string, unknown>>;

export interface InventoryHost {
  readonly name: string;
  /** Every group that it is in, ancestors too, sorted, without `all`: what `group_names` says. */
  readonly groups: readonly string[];
  /** Merged from groups, inventory, `group_vars/` and `host_vars/`; no magic variables. No prototype. */
  readonly vars: Variables;
  /** `file:line:column` of its first mention. */
  readonly at: string;
}

export interface InventoryGroup {
  readonly name: string;
  /** Names of its hosts and of its descendants' hosts, level by level, each once. */
  readonly hosts: readonly string[];
  /** Names of the hosts that it lists itself. */
  readonly ownHosts: readonly string[];
  readonly children: readonly string[];
  /** Its own variables: the inventory's, then those of its `group_vars/` files. No prototype. */
  readonly vars: Variables;
  readonly at: string;
}
