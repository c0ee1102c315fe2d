import { FixError } from '../core/error.js';
import { nearest } from '../core/nearest.js';
import { printableLine } from '../core/text.js';
import type { Inventory, InventoryGroup } from './inventory.js';
import { unknownHost } from './match-hosts.js';
import { pythonJson } from './python-json.js';

/** Lines of a graph; groups that share children again and again would print without end. */
const MAX_GRAPH_LINES = 500_000;

/** All of an inventory as `ansible-inventory --list` prints it, without the final line feed. */
export function inventoryAsJson(inventory: Inventory): string {
  const view: Record<string, unknown> = Object.create(null);
  const waiting = new Set(['all']);
  for (const name of waiting) {
    const { children, ownHosts } = groupOf(inventory, name);
    for (const child of children) waiting.add(child);
    const group = {
      ...(children.length > 0 ? { children } : {}),
      ...(name !== 'all' && ownHosts.length > 0 ? { hosts: ownHosts } : {}),
    };
    if (Object.keys(group).length > 0) view[name] = group;
  }
  const hostvars: Record<string, unknown> = Object.create(null);
  for (const host of inventory.hosts.values()) {
    const vars = shownVars(host.vars);
    if (Object.keys(vars).length > 0) hostvars[host.name] = vars;
  }
  view._meta = { hostvars };
  return pythonJson(view);
}

/**
 * One host's variables as `ansible-inventory --host` prints them, without the final line feed.
 * @throws FixError `inventory/unknown-host`
 */
export function hostAsJson(inventory: Inventory, name: string): string {
  const host = inventory.hosts.get(name);
  if (!host) throw unknownHost({ ...inventory, groups: new Map() }, name);
  return pythonJson(shownVars(host.vars));
}

/**
 * The tree of groups and hosts as `ansible-inventory --graph` prints it, without the final line feed.
 *
 * @param start the group at the top
 * @throws FixError `inventory/unknown-host` for a group that does not exist
 */
export function inventoryGraph(inventory: Inventory, start = 'all'): string {
  const lines: string[] = [];
  const write = (text: string, depth: number) => {
    lines.push(depth === 0 ? text : `${'  |'.repeat(depth)}--${text}`);
    if (lines.length > MAX_GRAPH_LINES) {
      throw new FixError('inventory/invalid', `the graph has over ${MAX_GRAPH_LINES} lines`, {
        hint: 'Name a group further down, or let fewer groups share the same children.',
        at: inventory.path,
      });
    }
  };
  const visit = (group: InventoryGroup, depth: number) => {
    write(`@${printableLine(group.name)}:`, depth);
    for (const child of group.children) visit(groupOf(inventory, child), depth + 1);
    if (group.name !== 'all') for (const host of group.ownHosts) write(printableLine(host), depth + 1);
  };
  visit(groupOf(inventory, start), 0);
  return lines.join('\n');
}

function groupOf(inventory: Inventory, name: string): InventoryGroup {
  const group = inventory.groups.get(name);
  if (group) return group;
  const near = nearest(name, inventory.groups.keys());
  throw new FixError('inventory/unknown-host', `the inventory has no group ${printableLine(name, 100)}`, {
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Name a group that the inventory has.',
    at: inventory.path,
  });
}

/** What Ansible sets itself is never shown, whoever else sets it. */
const INTERNAL = new Set([
  'ansible_diff_mode',
  'ansible_config_file',
  'ansible_facts',
  'ansible_forks',
  'ansible_inventory_sources',
  'ansible_limit',
  'ansible_playbook_python',
  'ansible_run_tags',
  'ansible_skip_tags',
  'ansible_verbosity',
  'ansible_version',
  'inventory_dir',
  'inventory_file',
  'inventory_hostname',
  'inventory_hostname_short',
  'groups',
  'group_names',
  'omit',
  'playbook_dir',
]);

function shownVars(vars: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown: Record<string, unknown> = Object.create(null);
  for (const [name, value] of Object.entries(vars)) if (!INTERNAL.has(name)) shown[name] = value;
  return shown;
}
