import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { TaggedText } from '../../src/core/yaml.js';
import { loadInventory } from '../../src/inventory/index.js';
import { folderWith, inventoryOf, refusalOf } from './support/files.js';

const varsOf = (text: string, files: Record<string, string> = {}, host = 'h') => ({
  ...inventoryOf(text, files).hosts.get(host)?.vars,
});

describe('groups and hosts', () => {
  test('all and ungrouped always exist', () => {
    const inventory = inventoryOf('web:\n');
    expect([...inventory.groups.keys()]).toEqual(['all', 'ungrouped', 'web']);
    expect(inventory.hosts.size).toBe(0);
  });

  test('group_names are sorted, with ancestors and without all', () => {
    const inventory = inventoryOf('z: {children: {m: {hosts: {h: }}}}\na: {hosts: {h: }}\n');
    expect(inventory.hosts.get('h')?.groups).toEqual(['a', 'm', 'z']);
  });

  test('a host in no group is ungrouped', () => {
    const inventory = inventoryOf('all: {hosts: {h: , g: }}\nweb: {hosts: {g: }}\nungrouped: {hosts: {g: }}\n');
    expect(inventory.groups.get('ungrouped')?.hosts).toEqual(['h']);
    expect(inventory.hosts.get('h')?.groups).toEqual(['ungrouped']);
    expect(inventory.hosts.get('g')?.groups).toEqual(['web']);
  });

  test('hosts keep the order of the file, even where their names are numbers', () => {
    const inventory = inventoryOf('all: {hosts: {b: , "10": , a: , "9": }}\n');
    expect([...inventory.hosts.keys()]).toEqual(['b', '10', 'a', '9']);
    expect(inventory.groups.get('all')?.hosts).toEqual(['b', '10', 'a', '9']);
  });

  test('hosts, children and bodies may be a single name or nothing', () => {
    const inventory = inventoryOf('web:\n  hosts: h[1:2]\n  children: db\n  vars:\ndb:\n  hosts:\n');
    expect(inventory.groups.get('web')?.hosts).toEqual(['h1', 'h2']);
    expect(inventory.groups.get('web')?.children).toEqual(['db']);
  });

  test('a port after a name is its ansible_port', () => {
    const inventory = inventoryOf('all: {hosts: {"a:2222": , "[::1]:23": , "b:22:x": , "::2": }}\n');
    const ports = [...inventory.hosts.values()].map((host) => [host.name, host.vars.ansible_port]);
    expect(ports).toEqual([
      ['a', 2222],
      ['::1', 23],
      ['b:22:x', undefined],
      ['::2', undefined],
    ]);
  });

  test('every host and group knows its place', () => {
    const inventory = inventoryOf('all:\n  hosts:\n    h:\n  children:\n    web:\n      hosts: {h: , g: }\n');
    expect(inventory.hosts.get('h')?.at).toMatch(/inventory\.yaml:3:5$/);
    expect(inventory.hosts.get('g')?.at).toMatch(/inventory\.yaml:6:20$/);
    expect(inventory.groups.get('web')?.at).toMatch(/inventory\.yaml:5:5$/);
  });

  test('hosts may be listed in place of a file', () => {
    const inventory = loadInventory('b, a:2222,n[1:2],');
    expect([...inventory.hosts.keys()]).toEqual(['b', 'a', 'n1', 'n2']);
    expect({ ...inventory.hosts.get('a')?.vars }).toEqual({ ansible_port: 2222 });
    expect(inventory.groups.get('ungrouped')?.hosts).toHaveLength(4);
  });
});

describe('which value wins', () => {
  const all = 'all: {vars: {x: all}, hosts: {h: }}\n';
  const grouped = 'all: {vars: {x: all}}\ng: {vars: {x: g}, hosts: {h: }}\n';

  test.each([
    { about: 'the group over all', text: grouped, files: {}, x: 'g' },
    {
      about: 'group_vars/all over the inventory',
      text: grouped,
      files: { 'group_vars/all.yml': 'x: file' },
      x: 'file',
    },
    {
      about: 'group_vars/g over group_vars/all',
      text: grouped,
      files: { 'group_vars/all': 'x: 1', 'group_vars/g.json': '{"x": 2}' },
      x: 2,
    },
    { about: 'group_vars/ungrouped counts', text: all, files: { 'group_vars/ungrouped.yml': 'x: 3' }, x: 3 },
    { about: 'the host over group_vars', text: 'g: {hosts: {h: {x: h}}}', files: { 'group_vars/g': 'x: 1' }, x: 'h' },
    { about: 'host_vars over the host', text: 'g: {hosts: {h: {x: h}}}', files: { 'host_vars/h.yaml': 'x: 4' }, x: 4 },
    {
      about: 'a child over its parent',
      text: 'p: {vars: {x: p}, children: {a: {vars: {x: a}, hosts: {h: }}}}',
      files: {},
      x: 'a',
    },
    {
      about: 'of equals the later name',
      text: 'b: {vars: {x: b}, hosts: {h: }}\na: {vars: {x: a}, hosts: {h: }}',
      files: {},
      x: 'b',
    },
    {
      about: 'the higher priority over the name',
      text: 'b: {vars: {x: b}, hosts: {h: }}\na: {vars: {x: a, ansible_group_priority: 2}, hosts: {h: }}',
      files: {},
      x: 'a',
    },
    {
      about: 'depth over priority',
      text: 'p: {vars: {x: p, ansible_group_priority: 9}, children: {a: {vars: {x: a}, hosts: {h: }}}}',
      files: {},
      x: 'a',
    },
    {
      about: 'the longest way counts as depth',
      text: 'p: {children: {q: {children: {a: {vars: {x: a}, hosts: {h: }}}}, a: }}\nz: {children: {y: {vars: {x: y}, hosts: {h: }}}}',
      files: {},
      x: 'a',
    },
    { about: 'the later mention of a host', text: 'b: {hosts: {h: {x: 1}}}\na: {hosts: {h: {x: 2}}}', files: {}, x: 2 },
    {
      about: 'a mapping replaces a mapping',
      text: 'all: {vars: {x: {p: 1}}}\ng: {vars: {x: {q: 2}}, hosts: {h: }}',
      files: {},
      x: { q: 2 },
    },
    { about: 'null is a value', text: 'all: {vars: {x: 1}, hosts: {h: {x: }}}', files: {}, x: null },
  ])('$about', ({ text, files, x }) => {
    expect(varsOf(text, files as Record<string, string>)).toEqual({ x });
  });

  test('the playbook folder comes after the inventory, all before the other groups', () => {
    const folder = folderWith({
      'inv/i.yaml': 'g: {hosts: {h: }}',
      'inv/group_vars/all.yml': 'a: inv\nb: inv',
      'inv/group_vars/g.yml': 'b: inv g\nc: inv g',
      'play/group_vars/all.yml': 'a: play\nb: play',
      'play/group_vars/g.yml': 'c: play g',
      'play/host_vars/h.yml': 'd: play h',
    });
    const inventory = loadInventory(join(folder, 'inv/i.yaml'), { playbookFolder: join(folder, 'play') });
    expect({ ...inventory.hosts.get('h')?.vars }).toEqual({ a: 'play', b: 'inv g', c: 'play g', d: 'play h' });
  });

  test('ansible_group_priority is no variable', () => {
    expect(varsOf('g: {vars: {ansible_group_priority: "3"}, hosts: {h: }}')).toEqual({});
  });
});

describe('variables files', () => {
  const text = 'g: {hosts: {h: }}';

  test('a folder is read by name, with folders in it, and without backups, hidden and other files', () => {
    const files = {
      'group_vars/g/a.yml': 'a: 1\nb: 1',
      'group_vars/g/b.json': '{"b": 2}',
      'group_vars/g/c/d': 'c: 3',
      'group_vars/g/e.txt': 'a: no',
      'group_vars/g/f.yml~': 'a: no',
      'group_vars/g/.g.yml': 'a: no',
      'group_vars/g/h.d/i.yml': 'a: no',
    };
    expect(varsOf(text, files)).toEqual({ a: 1, b: 2, c: 3 });
  });

  test('only the first of two files is read, and the other is named', () => {
    const inventory = inventoryOf(text, { 'group_vars/g.yml': 'a: 1', 'group_vars/g.yaml': 'b: 1' });
    expect({ ...inventory.hosts.get('h')?.vars }).toEqual({ a: 1 });
    expect(inventory.warnings).toEqual([expect.stringMatching(/g\.yaml is not read, because .*g\.yml exists/)]);
  });

  test('an empty file is no fault', () => {
    expect(varsOf(text, { 'group_vars/all.yml': '---\n# nothing\n' })).toEqual({});
  });

  test('a name that is a path reads no file outside the folder', () => {
    const inventory = inventoryOf('all: {hosts: {../secret: , /etc/hostname: , ..: }}', {
      'secret.yml': 'stolen: 1',
      'host_vars/x': '',
    });
    for (const host of inventory.hosts.values()) expect({ ...host.vars }).toEqual({});
  });

  test.each([
    { about: 'a list', file: '- a\n', code: 'inventory/invalid', at: /g\.yml:1:1$/, says: 'mapping' },
    { about: 'bad syntax', file: 'a: [\n', code: 'yaml/syntax', at: /g\.yml:2:1$/, says: '' },
    {
      about: 'an encrypted file',
      file: '$ANSIBLE_VAULT;1.1;AES256\n31\n',
      code: 'vault/password',
      at: /g\.yml:1:1$/,
      says: 'ansible-vault',
    },
  ])('refuses $about, with its place', ({ file, code, at, says }) => {
    const error = refusalOf(() => inventoryOf(text, { 'group_vars/g.yml': file }));
    expect(error).toMatchObject({ code, at: expect.stringMatching(at) });
    expect(error.message).toContain(says);
  });

  test('a link that leads back into its own folder ends in an error', () => {
    const folder = folderWith({ 'i.yaml': text, 'group_vars/g/a.yml': 'a: 1' });
    symlinkSync('.', join(folder, 'group_vars/g/again'));
    expect(refusalOf(() => loadInventory(join(folder, 'i.yaml'))).message).toContain('too deep');
  });
});

describe('refusals', () => {
  test.each([
    { about: 'host for hosts', text: 'web:\n  host: {a: }', at: '2:3', hint: 'Did you mean hosts?' },
    {
      about: 'a host right under its group',
      text: 'web:\n  node1: {}',
      at: '2:3',
      hint: 'Put it under hosts: in the group web.',
    },
    {
      about: 'a variable right under its group',
      text: 'web:\n  ansible_user: x',
      at: '2:3',
      hint: 'Put it under vars:',
    },
    {
      about: 'a group right under its group',
      text: 'all:\n  web: {hosts: {a: }}',
      at: '2:3',
      hint: 'Put it under children:',
    },
    { about: 'hosts at the top', text: 'hosts:\n  a:', at: '1:1', hint: 'Put `all:` above it' },
    { about: 'a list of hosts', text: 'all:\n  hosts:\n    - a', at: '2:3', hint: '`name:` on a line of its own' },
    { about: 'a list of children', text: 'all:\n  children: [a]', at: '2:3', hint: 'on a line of its own' },
    { about: 'vars that are a text', text: 'all:\n  vars: x', at: '2:3', hint: '`key: value`' },
    { about: 'a host that is a text', text: 'all:\n  hosts:\n    a: 10.0.0.1', at: '3:5', hint: '`key: value`' },
    { about: 'a group that is a text', text: 'all: x', at: '1:1', hint: '`key: value`' },
    { about: 'an inventory that is a list', text: '- a', at: '1:1', hint: '`name:`' },
    { about: 'an empty inventory', text: '# nothing', at: '1:1', hint: '`all:`' },
    { about: 'a host that is a number', text: 'all:\n  hosts:\n    10:', at: '3:5', hint: 'in quotes' },
    { about: 'a group that is a yes', text: 'on:\n  hosts: {a: }', at: '1:1', hint: 'in quotes' },
    { about: 'a host with a blank', text: 'all:\n  hosts:\n    a b:', at: '3:5', hint: 'without blanks' },
    {
      about: 'a host with an escape code',
      text: 'all:\n  hosts:\n    "a\\e[2J":',
      at: '3:5',
      hint: 'control characters',
    },
    { about: 'a bad range', text: 'all:\n  hosts:\n    w[1:x]:', at: '3:5', hint: 'web[01:10]' },
    {
      about: 'a priority that is no number',
      text: 'a:\n  vars:\n    ansible_group_priority: high',
      at: '3:5',
      hint: 'whole number',
    },
    { about: 'a plugin configuration', text: 'plugin: aws_ec2', at: '1:1', hint: 'ansible-inventory' },
    { about: 'a group that is its own child', text: 'a:\n  children: {a: }', at: '1:1', hint: 'Remove' },
    { about: 'all below another group', text: 'a:\n  children: {all: }', at: '2:14', hint: 'Remove' },
  ])('$about', ({ text, at, hint }) => {
    const error = refusalOf(() => inventoryOf(text));
    expect(error).toMatchObject({
      code: 'inventory/invalid',
      at: expect.stringMatching(`inventory\\.yaml:${at}$`),
    });
    expect(error.hint).toContain(hint);
    expect(error.message).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test('a loop of groups is named whole', () => {
    const error = refusalOf(() => inventoryOf('a: {children: {b: {children: {c: {children: {a: }}}}}}'));
    expect(error.message).toMatch(/a > b > c > a|b > c > a > b|c > a > b > c/);
  });

  test('a missing file, with names that are close', () => {
    const folder = folderWith({ 'production.yaml': 'all:', 'other.yaml': 'all:' });
    const error = refusalOf(() => loadInventory(join(folder, 'producton.yaml')));
    expect(error).toMatchObject({ code: 'file/missing', at: join(folder, 'producton.yaml') });
    expect(error.hint).toBe(`Did you mean ${join(folder, 'production.yaml')}?`);
  });

  test('a missing folder', () => {
    const error = refusalOf(() => loadInventory(join(folderWith({}), 'no/such/file')));
    expect(error.code).toBe('file/missing');
    expect(error.hint).toContain('There is no folder');
  });

  test('text that is not UTF-8', () => {
    const folder = folderWith({});
    writeFileSync(join(folder, 'i.yaml'), Buffer.from('\xff', 'latin1'));
    const error = refusalOf(() => loadInventory(join(folder, 'i.yaml')));
    expect(error.code).toBe('inventory/invalid');
    expect(error.message).toContain('UTF-8');
  });

  test('YAML without an extension, with or without marks of its own, is read', () => {
    const folder = folderWith({ hosts: 'all:\n  hosts: {a: }\n', other: '---\nweb: {hosts: {b: }}\n' });
    expect([...loadInventory(join(folder, 'hosts')).hosts.keys()]).toEqual(['a']);
    expect([...loadInventory(join(folder, 'other')).hosts.keys()]).toEqual(['b']);
  });
});

describe('warnings', () => {
  test.each([
    {
      about: 'a name that is a group and a host',
      text: 'web: {hosts: {web: }}',
      says: /1:15: web is the name of a group and of a host/,
    },
    {
      about: 'a group name that is no variable name',
      text: 'web-1: {hosts: {a: }}',
      says: /1:1: the group name web-1/,
    },
    { about: 'an empty range', text: 'web: {hosts: {"a[3:1]": }}', says: /1:15: the range in a\[3:1\] is empty/ },
    { about: 'a key that stands twice', text: 'web:\nweb: {hosts: {a: }}', says: /2:1: the key web stands twice/ },
  ])('$about', ({ text, says }) => {
    expect(inventoryOf(text).warnings).toEqual([expect.stringMatching(says)]);
  });
});

describe('hostile input', () => {
  test('names like __proto__ are names like any other', () => {
    const inventory = inventoryOf(
      '__proto__: {hosts: {constructor: {__proto__: {x: 1}, toString: 2}}, vars: {__proto__: 3}}',
    );
    expect(inventory.groups.get('__proto__')?.hosts).toEqual(['constructor']);
    expect(Object.entries(inventory.hosts.get('constructor')?.vars ?? {})).toEqual([
      ['__proto__', { x: 1 }],
      ['toString', 2],
    ]);
    expect('x' in {}).toBe(false);
  });

  test('tagged texts stay apart', () => {
    expect(varsOf('all: {hosts: {h: {a: !unsafe "{{ x }}"}}}')).toEqual({ a: new TaggedText('!unsafe', '{{ x }}') });
  });

  test('any YAML is read, or refused with a FixError', () => {
    const folder = folderWith({ 'group_vars/all.yml': 'a: 1' });
    const name = fc.constantFrom(
      'all',
      'web',
      'ungrouped',
      'h[1:2]',
      'a:22',
      'plugin',
      'hosts',
      '__proto__',
      'x y',
      '',
      '1',
      '[',
      '..',
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(null, 'x', 1, true, 'h[1:', [], ['a']),
        fc.dictionary(
          fc.oneof(name, fc.constantFrom('hosts', 'vars', 'children', 'ansible_group_priority')),
          tie('tree'),
          { maxKeys: 4 },
        ),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        const file = join(folder, 'inventory.yaml');
        writeFileSync(file, JSON.stringify(value));
        try {
          loadInventory(file);
        } catch (error) {
          expect(error).toBeInstanceOf(FixError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('10 000 hosts in 200 groups are read within ten seconds on a busy machine', () => {
    const groups = Array.from(
      { length: 200 },
      (_, g) =>
        `g${g}:\n  vars: {v${g}: 1}\n  hosts:\n${Array.from({ length: 50 }, (_, i) => `    n${g}-${i}: {ansible_host: 10.0.${g}.${i}}`).join('\n')}`,
    );
    const start = performance.now();
    expect(inventoryOf(groups.join('\n')).hosts.size).toBe(10_000);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
