import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { INVENTORY_TEMPLATES } from '../../src/cli/inventory-templates.js';
import { readInventory } from '../../src/cli/read-inventory.js';
import { loadInventory } from '../../src/inventory/index.js';
import { folderWith, refusalOf } from './support/files.js';

// What Ansible makes of such sources is recorded: see `recorded/constructed` and `recorded/constructed-files`.

const HOSTS = 'all: {hosts: {h: {n: 2, empty: "", shut: false}, g: }}\n';

function made(text: string) {
  const folder = folderWith({ 'hosts.yaml': HOSTS, 'made.yaml': `plugin: constructed\n${text}` });
  return loadInventory([join(folder, 'hosts.yaml'), join(folder, 'made.yaml')], { templates: INVENTORY_TEMPLATES });
}

const refusal = (text: string) => refusalOf(() => made(text));

describe('what cannot be worked out', () => {
  test.each([
    ['compose: {m: n + 1}', 'm cannot be worked out for g'],
    ['groups: {many: n > 1}', 'the group many cannot be worked out for g'],
    ['keyed_groups: [{key: n ~ "x"}]', 'the groups of n ~ "x" cannot be worked out for g'],
    ['keyed_groups: [{key: "\'k\'", parent_group: "{{ n }}"}]', 'the parent of a group cannot be worked out for g'],
    ['groups: {bad: "n >"}', 'the group bad cannot be worked out for h'],
    ["compose: {file: \"lookup('file', '/etc/hostname')\"}", 'file cannot be worked out for h'],
  ])('is passed over, and with strict refused: %s', (text, message) => {
    expect(() => made(text)).not.toThrow();
    const refused = refusal(`strict: true\n${text}`);
    expect(refused).toMatchObject({ code: 'inventory/templates', hint: expect.stringContaining('strict') });
    expect(refused.message).toContain(message);
  });

  test('is said of a key that gives nothing, where it is strict', () => {
    expect(refusal('strict: true\nkeyed_groups: [{key: empty | default("")}]').message).toContain('gives nothing');
    expect(made('keyed_groups: [{key: empty}, {key: "[]"}]').groups.size).toBe(2);
  });
});

test.each([
  ['composed: {}', 'composed is no option of constructed', 'Did you mean compose?'],
  ['use_extra_vars: true', 'use_extra_vars is not supported', 'inventory'],
  ['strict: perhaps', 'strict has to be true or false', 'strict: true'],
  ['groups: [a]', 'groups has to be a mapping', 'NAME'],
  ['keyed_groups: {key: n}', 'keyed_groups has to be a list', '- key'],
  ['keyed_groups: [n]', 'a keyed group has to be a mapping', '- key'],
  ['keyed_groups: [{prefix: n}]', 'a keyed group needs a key', '- key'],
  ['keyed_groups: [{key: n, sep: x}]', 'sep is no part of a keyed group', '- key'],
  ['keyed_groups: [{key: n, default_value: x, trailing_separator: true}]', 'exclude each other', 'Leave'],
  ['keyed_groups: [{key: not shut}]', 'gives boolean', 'a text, a list or a mapping'],
])('%s is refused', (text, message, hint) => {
  const refused = refusal(text);
  expect(refused.code).toBe('inventory/invalid');
  expect(refused.message).toContain(message);
  expect(refused.hint).toContain(hint);
});

test('a command without a playbook reads them too', async () => {
  const folder = folderWith({ 'a/1.yaml': HOSTS, 'a/2.yaml': 'plugin: constructed\ngroups: {two: n == 2}\n' });
  expect((await readInventory(join(folder, 'a'), {})).groups.get('two')?.hosts).toEqual(['h']);
});

test('the cost of a host does not grow with the number of hosts', () => {
  const took = (count: number) => {
    const hosts = Array.from({ length: count }, (_, index) => `    h${index}: {n: ${index % 7}}`).join('\n');
    const folder = folderWith({
      'a/1.yaml': `all:\n  hosts:\n${hosts}\n`,
      'a/2.yaml': 'plugin: constructed\ncompose: {m: n + 1}\nkeyed_groups: [{key: n | string, prefix: n}]\n',
    });
    const before = process.cpuUsage();
    loadInventory(join(folder, 'a'), { templates: INVENTORY_TEMPLATES });
    return process.cpuUsage(before).user / count;
  };
  took(200);
  expect(took(2000)).toBeLessThan(4 * took(200) + 300);
});
