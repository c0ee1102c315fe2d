import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { extraVars } from '../../src/cli/extra-vars.js';
import { FixError } from '../../src/core/error.js';
import { masked } from '../../src/core/mask.js';
import { readYaml } from '../../src/core/read-yaml.js';
import { TaggedText } from '../../src/core/yaml.js';
import { loadInventory } from '../../src/inventory/index.js';
import { loadPlaybook } from '../../src/playbook/load-playbook.js';
import { renderDeep, renderNative, scopeOf } from '../../src/template/index.js';
import { passwordSource, readPassword } from '../../src/vault/password-source.js';
import { Vault, VaultPassword } from '../../src/vault/vault.js';
import { cpuMsOf } from '../support/cpu.js';
import { runsInGate } from '../support/in-gate.js';
import { knows, runText } from '../support/run-playbook.js';
import { encryptVault, inlineVault } from './encrypt.js';

const PASSWORD = 'the vault password';
const vault = new Vault([new VaultPassword('default', Buffer.from(PASSWORD))]);
const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-vault-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file under the folder of these tests. */
function file(name: string, content: string, mode = 0o600): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

function refusalOf(work: () => unknown): FixError {
  try {
    work();
  } catch (error) {
    if (error instanceof FixError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('whole files', () => {
  test('an inventory, its group_vars and its host_vars', () => {
    const path = file('whole/inventory.yaml', encryptVault('all: {hosts: {h: {a: 1}}}', PASSWORD));
    file('whole/group_vars/all.yml', encryptVault('b: 2\nc: 2\n', PASSWORD, { id: 'prod' }));
    file('whole/host_vars/h', encryptVault('c: 3\n', PASSWORD));
    const { hosts } = loadInventory(path, { vault });
    expect({ ...hosts.get('h')?.vars }).toEqual({ a: 1, b: 2, c: 3 });
  });

  test('a playbook, and variables by -e', () => {
    const book = file('book.yaml', encryptVault('- hosts: all\n  tasks: [{ping: }]\n', PASSWORD));
    expect(loadPlaybook(book, knows, vault).plays).toHaveLength(1);
    const vars = file('more.yaml', encryptVault('a: 1\n', PASSWORD));
    expect({ ...extraVars([`@${vars}`], vault) }).toEqual({ a: 1 });
  });

  test('vars_files and source files of copy', async () => {
    const ran = await runText(
      `- hosts: a
  vars_files: [vars.yaml]
  tasks:
    - {name: copy, copy: {src: source.txt, dest: "${folder}/copied.txt"}}
    - {name: see, command: "cat ${folder}/copied.txt"}
    - {name: debug, debug: {msg: "{{ from_file }}"}}
`,
      {
        files: {
          'vars.yaml': encryptVault('from_file: hello\n', PASSWORD),
          'source.txt': encryptVault('what was encrypted\n', PASSWORD),
        },
        world: { vault },
      },
    );
    expect(ran.result('a', 'see').stdout).toBe('what was encrypted');
    expect(ran.result('a', 'debug').msg).toBe('hello');
    expect(masked('+what was encrypted')).toBe('+[secret]');
  });

  test('without a password the place is named', () => {
    const path = file('closed/inventory.yaml', encryptVault('all: {hosts: {h: }}', PASSWORD));
    const { code, at, hint } = refusalOf(() => loadInventory(path));
    expect({ code, at }).toEqual({ code: 'vault/password', at: `${path}:1:1` });
    expect(hint).toContain('--vault-password-file');
  });

  test('what is wrong in one is said without a line of it', () => {
    const { code, message, at } = refusalOf(() =>
      readYaml(encryptVault('name: a value\nother: [zebra\n', PASSWORD), 'closed.yaml', vault),
    );
    expect({ code, at }).toEqual({ code: 'yaml/syntax', at: 'closed.yaml:3:1' });
    expect(message).not.toContain('zebra');
  });

  test('only what looks like a secret is masked', () => {
    readYaml(
      encryptVault('iface: eth17\ntls_key: abcdefgh1\nlogin: {db_password: [qwertz99, "{{ x }}"]}\n', PASSWORD),
      'f',
      vault,
    );
    expect(masked('eth17 abcdefgh1 qwertz99 {{ x }}')).toBe('eth17 [secret] [secret] {{ x }}');
  });

  test('content that is no text is refused', () => {
    const binary = encryptVault(Buffer.from([0xff, 0xfe, 0x00]), PASSWORD);
    expect(refusalOf(() => readYaml(binary, 'f', vault)).code).toBe('vault/format');
  });
});

describe('single values', () => {
  const text = (value: string) => `a: 1\nb: ${value}c:\n  - ${value.replaceAll('\n    ', '\n      ')}`;

  test('are opened when they are used, and masked from then on', () => {
    const { value } = readYaml(text(inlineVault('opened late', PASSWORD)), 'vars.yaml', vault);
    const scope = scopeOf(value as Record<string, unknown>);
    expect(masked('opened late')).toBe('opened late');
    expect(renderNative('{{ b }} and {{ c[0] }}', scope)).toBe('opened late and opened late');
    expect(renderDeep({ x: scope.get('b') }, scope)).toEqual({ x: 'opened late' });
    expect(masked('opened late')).toBe('[secret]');
  });

  test('need no password while nobody uses them', () => {
    const { value } = readYaml(text(inlineVault('never used', 'another password')), 'vars.yaml', vault);
    expect(renderNative('{{ a }}', scopeOf(value as Record<string, unknown>))).toBe(1);
  });

  test('name their place when they cannot be opened', () => {
    const { value } = readYaml(
      `a: 1\nb:\n  c: ${inlineVault('x', 'another password', { id: 'prod' })}`,
      'vars.yaml',
      vault,
    );
    const { code, at, message } = refusalOf(() => renderNative('{{ b.c }}', scopeOf(value as Record<string, unknown>)));
    expect({ code, at }).toEqual({ code: 'vault/password', at: 'vars.yaml:3:13' });
    expect(message).toContain('prod');
  });

  test('are never templates', () => {
    const { value } = readYaml(`b: ${inlineVault('{{ 1 + 1 }}', PASSWORD)}`, 'vars.yaml', vault);
    expect(renderNative('{{ b }}', scopeOf(value as Record<string, unknown>))).toBe('{{ 1 + 1 }}');
  });

  test('in a text tagged !unsafe neither', () => {
    const { value } = readYaml('b: !unsafe "{{ 1 + 1 }}"', 'vars.yaml', vault);
    expect((value as { b: unknown }).b).toBeInstanceOf(TaggedText);
    expect(renderNative('{{ b }}', scopeOf(value as Record<string, unknown>))).toBe('{{ 1 + 1 }}');
  });
});

const MANY = runsInGate(1000);

test(`${MANY} values, each with a salt of its own, cost their keys and little more`, async () => {
  const values = Array.from({ length: MANY }, (_, index) => `v${index}: ${inlineVault(`value ${index}`, PASSWORD)}`);
  const fresh = new Vault([new VaultPassword('default', Buffer.from(PASSWORD))]);
  let vars: Record<string, unknown> = {};
  let opened: unknown[] = [];
  const loading = await cpuMsOf(() => {
    vars = readYaml(values.join(''), 'vars.yaml', fresh).value as Record<string, unknown>;
  });
  const preparing = await cpuMsOf(() => fresh.prepare());
  const opening = await cpuMsOf(() => {
    opened = Object.keys(vars).map((name) => scopeOf(vars).read(name));
  });
  const ms = (time: number) => `${time.toFixed(0)} ms`;
  console.log(`${MANY} values, CPU: loaded ${ms(loading)}, keys ${ms(preparing)}, opened ${ms(opening)}`);
  expect(opened[MANY - 1]).toBe(`value ${MANY - 1}`);
  // The keys are 10,000 rounds each, by their definition; nothing else may be worth speaking of beside them.
  expect(loading + opening).toBeLessThan(preparing / 2);
}, 120_000);

describe('where passwords come from', () => {
  const around = { home: folder, timeoutMs: 5000, ask: async (question: string) => `typed for ${question}` };
  const read = async (from: string, more = {}) => {
    const password = await readPassword(passwordSource(from), { ...around, ...more });
    return [password.id, password.reveal().toString()];
  };

  test('a file, without the blanks around it', async () => {
    file('plain', '  two words \n\n');
    expect(await read(`prod@${folder}/plain`)).toEqual(['prod', 'two words']);
    expect(await read('~/plain')).toEqual(['default', 'two words']);
  });

  test('what a program prints; one named -client is told the id', async () => {
    const program = file('print', '#!/bin/sh\necho "printed $# "\n', 0o700);
    const client = file('keyring-client.sh', '#!/bin/sh\necho "for $1 $2"\n', 0o700);
    expect(await read(program)).toEqual(['default', 'printed 0 ']);
    expect(await read(`dev@${client}`)).toEqual(['dev', 'for --vault-id dev']);
  });

  test('a person', async () => {
    expect(await read('dev@prompt')).toEqual(['dev', 'typed for Vault password (dev):']);
  });

  test.each([
    { about: 'no such file', from: () => join(folder, 'nowhere'), code: 'file/missing', says: 'there is no such file' },
    { about: 'a folder', from: () => folder, code: 'file/missing', says: 'it is a folder' },
    { about: 'an empty file', from: () => file('empty', ' \n'), code: 'vault/password', says: 'is empty' },
    {
      about: 'a program that fails',
      from: () => file('fails', '#!/bin/sh\necho x; exit 3\n', 0o700),
      code: 'vault/password',
      says: 'ended with status 3',
    },
    {
      about: 'a program that says nothing',
      from: () => file('mute', '#!/bin/sh\n', 0o700),
      code: 'vault/password',
      says: 'is empty',
    },
    {
      about: 'a program that says too much',
      from: () => file('much', '#!/bin/sh\nyes\n', 0o700),
      code: 'vault/password',
      says: 'more than a password',
    },
    {
      about: 'a program that never ends',
      from: () => file('slow', '#!/bin/sh\nexec sleep 60\n', 0o700),
      code: 'vault/password',
      says: 'within 1 s',
    },
    {
      about: 'a password in an executable file',
      from: () => file('password', 'hunter2 hunter3', 0o700),
      code: 'vault/password',
      says: 'is no program',
    },
  ])('$about', async ({ from, code, says }) => {
    const error = await read(from(), { timeoutMs: 1000 }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(FixError);
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
  });
});
