import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import {
  hostAsJson,
  implicitLocalhost,
  inventoryGraph,
  limitHosts,
  loadInventory,
  matchHosts,
} from '../../src/inventory/index.js';
import { cpuMsSince, slowness } from '../support/cpu.js';
import { runsInGate } from '../support/in-gate.js';
import { folderWith, inventoryOf, refusalOf } from './support/files.js';

// What Ansible makes of patterns is tested in recorded.test.ts; here is what we do otherwise, and errors.
const text = 'web: {hosts: {"web[1:4]": }}\ndb: {hosts: {db1: , web1: }}\n';
const limited = (limit: string, hosts?: string) => {
  const inventory = inventoryOf(text);
  return limitHosts(inventory, matchHosts(inventory, hosts ?? 'all'), limit).map((host) => host.name);
};

describe('limitHosts', () => {
  test.each([
    { about: 'a host', limit: 'web2', names: ['web2'] },
    { about: 'a group, of which only the hosts of the play stay', hosts: 'db', limit: 'web', names: ['web1'] },
    { about: 'several, in the order of the play', limit: 'db1,web2', names: ['web2', 'db1'] },
    { about: 'all but one', limit: 'all:!web1', names: ['web2', 'web3', 'web4', 'db1'] },
    { about: 'nothing but an exclusion', limit: '!web', names: ['db1'] },
    { about: 'a subscript', limit: 'web[0]', names: ['web1'] },
    { about: 'known names that are not in the play', hosts: 'db', limit: 'web2', names: [] },
  ])('$about', ({ limit, hosts, names }) => {
    expect(limited(limit, hosts)).toEqual(names);
  });

  test.each([
    { about: 'a name that is mistyped', limit: 'wbe2', hint: /^Did you mean web2/ },
    { about: 'a group that is mistyped', limit: 'wob', hint: /^Did you mean web\?$/ },
    { about: 'a name like no other', limit: 'something', hint: /^Known are web1, web2, web3, web4, db1\.$/ },
    { about: 'one unknown among known ones', limit: 'web1,nobody', hint: /./ },
    { about: 'an unknown exclusion, which would leave too much', limit: 'all:!wbe1', hint: /^Did you mean web1/ },
    { about: 'an unknown intersection', limit: 'all:&wbe', hint: /^Did you mean web/ },
    { about: 'a glob that matches nothing', limit: 'cache*', hint: /./ },
    { about: 'a position that a group does not have', limit: 'web[9]', hint: /./ },
    { about: 'a regular expression that cannot be read', limit: '~(', hint: /regular|quotes/ },
  ])('refuses $about', ({ limit, hint }) => {
    const error = refusalOf(() => limited(limit));
    expect(error.code).toBe('inventory/unknown-host');
    expect(error.hint).toMatch(hint);
  });

  test('a file lists patterns, one on a line', () => {
    const folder = folderWith({ failed: '# of yesterday\nweb2\n\n  db1 \n' });
    expect(limited(`@${join(folder, 'failed')}`)).toEqual(['web2', 'db1']);
    expect(limited(`web3,@${join(folder, 'failed')}`)).toEqual(['web2', 'web3', 'db1']);
  });

  test('an unknown name in a file is refused, and so is a file that is not there', () => {
    const folder = folderWith({ failed: 'nobody\n' });
    expect(refusalOf(() => limited(`@${join(folder, 'failed')}`)).code).toBe('inventory/unknown-host');
    expect(refusalOf(() => limited(`@${join(folder, 'faild')}`))).toMatchObject({
      code: 'file/missing',
      hint: `Did you mean ${join(folder, 'failed')}?`,
    });
  });

  test('a thousand names in 10 000 hosts take no time', () => {
    const inventory = inventoryOf('all: {hosts: {"n[1:10000]": }}');
    const from = process.cpuUsage();
    const names = Array.from({ length: 1000 }, (_, i) => `n${i * 10 + 1}`).join(',');
    expect(limitHosts(inventory, matchHosts(inventory, 'all'), names)).toHaveLength(1000);
    expect(cpuMsSince(from)).toBeLessThan(5000 * slowness());
  });
});

describe('matchHosts', () => {
  test('a part that matches nothing is told, and the others count', () => {
    const unknown: string[] = [];
    const hosts = matchHosts(inventoryOf(text), 'nobody,db1,!nothing', (part) => unknown.push(part));
    expect(hosts.map((host) => host.name)).toEqual(['db1']);
    expect(unknown).toEqual(['nobody', 'nothing']);
  });

  test('a group without hosts is known', () => {
    const unknown: string[] = [];
    expect(matchHosts(inventoryOf('empty:\n'), 'empty', (part) => unknown.push(part))).toEqual([]);
    expect(unknown).toEqual([]);
  });

  test('localhost is a host only where the inventory has it', () => {
    expect(matchHosts(inventoryOf(text), 'localhost')).toEqual([]);
    expect(matchHosts(inventoryOf('all: {hosts: {localhost: }}'), 'localhost')).toHaveLength(1);
  });

  test.each(['[web-[1:2]web', 'web[z-a]', '[z-a]*'])('a range that runs backwards is empty: %s', (pattern) => {
    expect(matchHosts(inventoryOf(text), pattern)).toEqual([]);
  });

  test('any pattern gives hosts of the inventory, each once, or a FixError', () => {
    const inventory = loadInventory('web1,web2,db1,a.b,');
    const piece = fc.constantFrom(
      'web',
      'web1',
      '*',
      '?',
      '[',
      ']',
      '[0]',
      '[1:2]',
      '~',
      '(',
      ')',
      '!',
      '&',
      ':',
      ',',
      '.',
      '\\',
      '^',
      '$',
      '{',
      '|',
      'a.b',
      ' ',
      '-',
      '@',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        try {
          const hosts = matchHosts(inventory, pieces.join(''));
          expect(new Set(hosts).size).toBe(hosts.length);
          for (const host of hosts) expect(inventory.hosts.get(host.name)).toBe(host);
        } catch (error) {
          expect(error).toBeInstanceOf(FixError);
        }
      }),
      { numRuns: runsInGate(2000) },
    );
  });
});

describe('implicitLocalhost', () => {
  const controller = (name: string) => implicitLocalhost(inventoryOf('all: {vars: {x: 1}, hosts: {"::1": }}'), name);

  test('is the controller with the variables of all', () => {
    const host = controller('localhost');
    expect({ ...host, vars: { ...host?.vars } }).toMatchObject({
      name: 'localhost',
      groups: [],
      vars: { x: 1, ansible_connection: 'local' },
    });
  });

  test('is not there for other names, or where the inventory has the host', () => {
    expect(controller('web1')).toBe(undefined);
    expect(controller('::1')).toBe(undefined);
  });
});

describe('views', () => {
  test('one host that does not exist, with names that are close', () => {
    const error = refusalOf(() => hostAsJson(inventoryOf(text), 'web9'));
    expect(error.code).toBe('inventory/unknown-host');
    expect(error.hint).toMatch(/^Did you mean web1/);
  });

  test('the graph of one group', () => {
    expect(inventoryGraph(inventoryOf(text), 'db')).toBe('@db:\n  |--db1\n  |--web1');
    expect(refusalOf(() => inventoryGraph(inventoryOf(text), 'dbs')).hint).toBe('Did you mean db?');
  });

  test('a graph that would never end is refused', () => {
    const levels = Array.from(
      { length: 40 },
      (_, i) => `l${i}: {children: {a${i}: {children: {l${i + 1}: }}, b${i}: {children: {l${i + 1}: }}}}`,
    );
    expect(refusalOf(() => inventoryGraph(inventoryOf(levels.join('\n')))).message).toContain('lines');
  });
});
