import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { INVENTORY_TEMPLATES } from '../../src/cli/inventory-templates.js';
import { hostAsJson, inventoryAsJson, inventoryGraph, loadInventory, matchHosts } from '../../src/inventory/index.js';

// Each folder holds an inventory and what ansible-core 2.14.18 on Debian 12 made of it: list.txt is
// `ansible-inventory --list`, graph.txt `--graph`, host-NAME.txt `--host NAME`, and patterns.json the hosts that its
// InventoryManager finds for patterns, or "refused" where it gives an error. Unordered are those whose order differed
// from run to run: beyond the second level Ansible walks a group's children in the order of a Python set.
const folder = new URL('recorded/', import.meta.url).pathname;

const SOURCES = ['inventory.yaml', 'hosts.ini', 'inventory', 'inventory.sh'];

describe.each(readdirSync(folder))('the inventory %s', (name) => {
  const source = SOURCES.find((file) => existsSync(`${folder}${name}/${file}`));
  const inventory = loadInventory(`${folder}${name}/${source}`, { templates: INVENTORY_TEMPLATES });
  const recorded = (file: string) => readFileSync(`${folder}${name}/${file}`, 'utf8');

  test('is listed as by ansible-inventory --list', () => {
    expect(`${inventoryAsJson(inventory)}\n`).toBe(recorded('list.txt'));
  });

  test('is drawn as by ansible-inventory --graph', () => {
    expect(`${inventoryGraph(inventory)}\n`).toBe(recorded('graph.txt'));
  });

  const hosts = readdirSync(folder + name).filter((file) => file.startsWith('host-'));
  test.each(hosts)('shows one host as in %s', (file) => {
    expect(`${hostAsJson(inventory, file.slice('host-'.length, -'.txt'.length))}\n`).toBe(recorded(file));
  });

  const find = (pattern: string) => {
    const unknown: string[] = [];
    const names = matchHosts(inventory, pattern, (part) => unknown.push(part)).map((host) => host.name);
    return names.length === 0 && unknown.length > 0 ? 'refused or unknown' : names;
  };
  const { ordered, unordered } = existsSync(`${folder}${name}/patterns.json`)
    ? JSON.parse(recorded('patterns.json'))
    : { ordered: {}, unordered: { all: [...inventory.hosts.keys()].sort() } };

  test.each(Object.entries(ordered))('finds the hosts of the pattern %s', (pattern, wanted) => {
    const found = find(pattern);
    if (wanted === 'refused') expect(found).toBe('refused or unknown');
    else expect(found === 'refused or unknown' ? [] : found).toEqual(wanted);
  });

  const loose = Object.entries<string[]>(unordered);
  if (loose.length > 0) {
    test.each(loose)('finds the hosts of the pattern %s, in whatever order', (pattern, wanted) => {
      expect([...find(pattern)].sort()).toEqual(wanted);
    });
  }
});
