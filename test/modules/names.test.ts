import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findModule } from '../../src/modules/index.js';

// Other names of arguments, as `ansible-doc -j` of ansible-core 2.14.18 lists them for the modules that are here.
const RECORDED: Record<string, Record<string, string>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'recorded-names.json'), 'utf8'),
);

describe.each(Object.entries(RECORDED))('%s', (module, names) => {
  test.each(Object.entries(names))('%s is %s', (other, own) => {
    const issuesOf = (given: object) => JSON.stringify(findModule(module)?.args.safeParse(given).error?.issues ?? []);
    expect(issuesOf({ [other]: 'x' })).toBe(issuesOf({ [own]: 'x' }));
    expect(issuesOf({ [other]: 'x' })).not.toContain(`"${other}"`);
  });
});

test.each([
  ['ansible.posix.authorized_key', 'authorized_key'],
  ['ansible.posix.sysctl', 'sysctl'],
  ['community.general.modprobe', 'modprobe'],
])('%s is %s', (given, name) => expect(findModule(given)?.name).toBe(name));

test('no other collection has our modules', () => {
  expect(findModule('ansible.posix.copy')).toBeUndefined();
  expect(findModule('community.general.sysctl')).toBeUndefined();
});
