import { basename } from 'node:path';
import { looksSecret } from '../core/secret-names.js';
import { TaggedText } from '../core/yaml-data.js';
import type { RunSettings } from '../engine/run.js';
import type { Inventory, InventoryGroup, InventoryHost, Variables } from '../inventory/inventory.js';
import { limitHosts } from '../inventory/match-hosts.js';
import { keptText, keptValue } from './kept-text.js';
import type { KeptHost, KeptInventory, Recording } from './recording.js';
import type { HeardVars } from './vars-recorder.js';

/** What of an inventory may be kept: the hosts that were asked for, their groups, and `flannel_*` variables. */
export function keptInventory({ inventory, limit }: RunSettings, heard: HeardVars): KeptInventory {
  const all = [...inventory.hosts.values()];
  const hosts = limit === undefined ? all : limitHosts(inventory, all, limit);
  const names = new Set(hosts.map(({ name }) => name));
  const kept = (list: readonly string[]) => list.filter((name) => names.has(name));
  return {
    name: keptText(basename(inventory.path)),
    groups: [...inventory.groups.values()].map(({ name, hosts: below, ownHosts, children }) => ({
      name,
      hosts: kept(below),
      ownHosts: kept(ownHosts),
      children,
    })),
    hosts: hosts.map((host) => keptHost(host, heard)),
  };
}

function keptHost({ name, groups, vars, at }: InventoryHost, heard: HeardVars): KeptHost {
  const known = heard.get(name);
  const all = { ...plainVars(vars), ...(known && Object.fromEntries(known)) };
  const open = Object.entries(all).flatMap(([key, value]) => {
    if (!key.startsWith('flannel_') || looksSecret(key)) return [];
    const data = jsonData(value);
    return data === undefined ? [] : [[key, keptValue(data)] as const];
  });
  return { name, groups, vars: Object.fromEntries(open), at: keptText(basename(at)) };
}

/** Those that say what they are without being rendered. */
function plainVars(vars: Variables): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(vars).filter(([, value]) => !(JSON.stringify(jsonData(value)) ?? '{{').includes('{{')),
  );
}

/** `undefined` for what is none; an encrypted text is none either. */
function jsonData(value: unknown): unknown {
  try {
    const text = JSON.stringify(value, (_, item) => {
      if (item instanceof TaggedText) return item.tag === '!unsafe' ? item.text : undefined;
      return typeof item === 'bigint' ? Number(item) : item;
    });
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The inventory of a recording. Its values came from elsewhere, so none of them is ever a template. */
export function inventoryOf({ inventory, damage }: Pick<Recording, 'inventory' | 'damage'>): Inventory {
  const { name, groups, hosts } = inventory;
  return {
    path: name,
    hosts: new Map(hosts.map((host) => [host.name, { ...host, vars: unsafeVars(host.vars) }])),
    groups: new Map(
      groups.map((group): [string, InventoryGroup] => [group.name, { ...group, vars: none(), at: name }]),
    ),
    warnings: damage,
  };
}

function none(): Record<string, unknown> {
  return Object.create(null);
}

function unsafeVars(vars: Readonly<Record<string, unknown>>): Variables {
  return Object.assign(none(), unsafe(vars));
}

function unsafe(value: unknown): unknown {
  if (typeof value === 'string') return new TaggedText('!unsafe', value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(unsafe);
  const entries = Object.entries(value).map(([key, item]) => [key, unsafe(item)] as const);
  return Object.assign(none(), Object.fromEntries(entries));
}
