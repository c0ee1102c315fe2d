import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { masked } from '../../src/core/mask.js';
import { loadInventory } from '../../src/inventory/load-inventory.js';
import { folderWith, refusalOf } from './support/files.js';

const load = (text: string) => loadInventory(join(folderWith({ 'hosts.ini': text }), 'hosts.ini'));

describe('an INI inventory that is wrong is refused with its line', () => {
  test.each([
    { about: 'a section of no kind', text: '[web:hostvars]\n', line: 1, says: '[web:hostvars] is no section' },
    { about: 'a section with a blank', text: 'a\n[web servers]\n', line: 2, says: '[web servers] is no section' },
    { about: 'a word that is no variable', text: '[web]\na b\n', line: 2, says: 'name=value' },
    { about: 'a variable without a value', text: '[web]\na\n[web:vars]\nx\n', line: 4, says: 'name=value' },
    { about: 'a quote that is not closed', text: '[web]\n\na x="y\n', line: 3, says: 'No closing quotation' },
    { about: 'variables of no group', text: '[web]\na\n[wbe:vars]\nx=1\n', line: 3, says: '[wbe:vars]' },
    {
      about: 'a child that is no group',
      text: '[all_of_it:children]\nweb\nnodes\n[web]\na\n',
      line: 3,
      says: 'names nodes',
    },
    { about: 'a child with more behind it', text: '[x:children]\nweb a\n', line: 2, says: 'no name of a group' },
    { about: 'a range that is none', text: 'a[1-3]\n', line: 1, says: '[1-3]' },
    {
      about: 'a priority that is no number',
      text: '[w]\na\n[w:vars]\nansible_group_priority=x\n',
      line: 4,
      says: 'number',
    },
  ])('$about', ({ text, line, says }) => {
    const error = refusalOf(() => load(text));
    expect(error).toMatchObject({ code: 'inventory/invalid' });
    expect(error.message).toContain(says);
    expect(error.at).toMatch(new RegExp(`hosts\\.ini:${line}:1$`));
    expect(error.hint).not.toBe('');
  });

  test('what may be a password is not shown', () => {
    expect(refusalOf(() => load('[web]\na hunter2-secret\n')).message).not.toContain('hunter2');
  });
});

test('what stands under the name of a secret is masked', () => {
  load('[web]\na ansible_password=ini-hidden-1\n[web:vars]\ndb_password = ini-hidden-2\n');
  expect(masked('ini-hidden-1 ini-hidden-2')).not.toContain('ini-hidden');
});

test('marks of other systems make no difference', () => {
  const { hosts } = load('\uFEFF[web]\r\na x=1\r\n\r\nb\r\n');
  expect([...hosts.keys()]).toEqual(['a', 'b']);
  expect(hosts.get('a')?.vars).toEqual({ x: 1 });
});

test('any text is an inventory or is refused', () => {
  const piece = fc.oneof(
    fc.constantFrom('[web]', '[web:vars]', '[x:children]', 'a=1', 'b x=', '\n', ' ', '"', '[', ':', '#'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      try {
        load(`[web]\n${pieces.join('')}`);
      } catch (error) {
        expect(error).toBeInstanceOf(FixError);
      }
    }),
    { numRuns: 200 },
  );
});

describe('a program that prints an inventory', () => {
  const run = (script: string) => {
    const path = join(folderWith({ 'inventory.sh': script }), 'inventory.sh');
    chmodSync(path, 0o755);
    return loadInventory(path);
  };

  test.each([
    { about: 'fails', script: '#!/bin/sh\necho "no token" >&2; exit 3\n', says: 'ended with 3: no token' },
    { about: 'prints no JSON', script: '#!/bin/sh\necho hello\n', says: 'no JSON' },
    { about: 'has no interpreter', script: '#!/nowhere/sh\n', says: 'cannot be run' },
    { about: 'prints a list', script: "#!/bin/sh\necho '[1]'\n", says: 'no mapping' },
    {
      about: 'names hosts that are none',
      script: `#!/bin/sh\necho '{"g": {"hosts": [1]}}'\n`,
      says: 'no list of names',
    },
    {
      about: 'names a host with a newline',
      script: `#!/bin/sh\necho '{"g": {"hosts": ["a\\\\nb"]}}'\n`,
      says: 'cannot be the name',
    },
  ])('that $about is refused', ({ script, says }) => {
    expect(refusalOf(() => run(script)).message).toContain(says);
  });

  test('that prints nothing is an empty inventory', () => {
    expect([...run('#!/bin/sh\n').hosts]).toEqual([]);
  });
});
