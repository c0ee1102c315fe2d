import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { Vault, VaultPassword } from '../../src/vault/vault.js';
import { cpuMsOf } from '../support/cpu.js';
import { encryptVault } from './encrypt.js';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const fixture = (name: string) => readFileSync(join(FIXTURES, name), 'utf8');

/** A vault with these passwords, each `id password`. */
function vaultWith(...given: readonly string[]): Vault {
  return new Vault(
    given.map((text) => {
      const [id = '', ...password] = text.split(' ');
      return new VaultPassword(id, Buffer.from(password.join(' '), 'utf8'));
    }),
  );
}

function refusalOf(vault: Vault, text: string): FixError {
  try {
    vault.open(text, 'vars.yaml:3:7');
  } catch (error) {
    if (error instanceof FixError) return error;
    throw error;
  }
  throw new Error('it was opened');
}

describe('texts that another implementation encrypted', () => {
  test.each([
    { file: 'plain.vault', with: ['default correct horse'], text: 'a text of one line\n' },
    { file: 'empty.vault', with: ['default correct horse'], text: '' },
    { file: 'block.vault', with: ['default correct horse'], text: 'sixteen bytes ok' },
    { file: 'unicode.vault', with: ['default pässwörd'], text: 'Grüße, 世界 🔑\n' },
    { file: 'labelled.vault', with: ['prod prod password'], text: '---\ndb_password: hunter2-prod\nport: 5432\n' },
    {
      file: 'labelled.vault',
      with: ['dev other', 'test prod password'],
      text: '---\ndb_password: hunter2-prod\nport: 5432\n',
    },
    { file: 'plain.vault', with: ['a wrong', 'b wrong too', 'c correct horse'], text: 'a text of one line\n' },
  ])('$file with $with', ({ file, with: passwords, text }) => {
    expect(
      vaultWith(...passwords)
        .open(fixture(file), 'here')
        .toString('utf8'),
    ).toBe(text);
  });

  test('carriage returns and blanks around it do not matter', () => {
    const text = `  ${fixture('plain.vault').replaceAll('\n', '\r\n')}\r\n`;
    expect(vaultWith('default correct horse').open(text.trimStart(), 'here').toString()).toBe('a text of one line\n');
  });
});

describe('what does not open says why', () => {
  test.each([
    { about: 'a wrong password', with: ['default nope'], file: 'plain.vault', says: 'ids tried: default' },
    {
      about: 'wrong passwords of several ids',
      with: ['dev a', 'qa b', 'dev c'],
      file: 'labelled.vault',
      says: '(made with the id prod); ids tried: dev, qa',
    },
    {
      about: 'no password',
      with: [],
      file: 'labelled.vault',
      says: '(made with the id prod), and no password was given',
    },
  ])('$about', ({ with: passwords, file, says }) => {
    const { code, message, at, hint } = refusalOf(vaultWith(...passwords), fixture(file));
    expect({ code, at }).toEqual({ code: 'vault/password', at: 'vars.yaml:3:7' });
    expect(message).toContain(says);
    expect(hint).toContain('--vault-id');
  });

  const body = '\n3132\n';
  test.each([
    { about: 'another version', text: `$ANSIBLE_VAULT;1.0;AES${body}`, says: 'the format 1.0' },
    { about: 'another cipher', text: `$ANSIBLE_VAULT;1.1;AES512${body}`, says: 'the cipher AES512' },
    { about: 'no cipher', text: `$ANSIBLE_VAULT;1.1${body}`, says: 'the cipher of no name' },
    { about: 'no body', text: '$ANSIBLE_VAULT;1.1;AES256\n', says: 'a salt, a digest and a text' },
    { about: 'a body that is no hexadecimal', text: '$ANSIBLE_VAULT;1.1;AES256\nxyz0\n', says: 'not hexadecimal' },
    { about: 'an odd number of digits', text: '$ANSIBLE_VAULT;1.1;AES256\n313\n', says: 'cut short' },
    {
      about: 'a short digest',
      text: `$ANSIBLE_VAULT;1.1;AES256\n${Buffer.from('00\n00\n00').toString('hex')}`,
      says: '1 bytes, not 32',
    },
    { about: 'no mark', text: `$ANSIBLE_VAULTS;1.1;AES256${body}`, says: 'does not start with' },
  ])('$about', ({ text, says }) => {
    const { code, message, at } = refusalOf(vaultWith('default x'), text);
    expect({ code, at }).toEqual({ code: 'vault/format', at: 'vars.yaml:3:7' });
    expect(message).toContain(says);
  });
});

test('a text with an id is tried with the passwords of that id first', async () => {
  // The order shows in how many keys have to be derived.
  const texts = Array.from({ length: 10 }, (_, index) =>
    encryptVault('x', 'right', { id: 'own', salt: Buffer.alloc(32, index + 1) }),
  );
  const others = Array.from({ length: 8 }, (_, index) => `other${index} wrong${index}`);
  const costOf = (vault: Vault) => cpuMsOf(() => texts.map((text) => vault.open(text, 'here')));
  const first = await costOf(vaultWith(...others, 'own right'));
  expect(first).toBeLessThan((await costOf(vaultWith(...others, 'last right'))) / 2);
});

describe('properties', () => {
  const salt = Buffer.alloc(32, 7);
  const vault = vaultWith('default the password');

  test('any text comes back as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.option(fc.stringMatching(/^[\w-]{1,12}$/)), (bytes, id) => {
        const text = encryptVault(Buffer.from(bytes), 'the password', { salt, ...(id !== null && { id }) });
        expect(vault.open(text, 'here').equals(Buffer.from(bytes))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('any changed digit is refused', () => {
    const text = encryptVault('some text that is longer than a block', 'the password', { salt });
    const start = text.indexOf('\n') + 1;
    // The salt is left out: each change of it costs a key.
    const saltEnd = start + 2 * 64 + 2;
    fc.assert(
      fc.property(fc.integer({ min: saltEnd, max: text.length - 2 }), fc.integer({ min: 1, max: 15 }), (at, by) => {
        const digit = Number.parseInt(text[at] as string, 16);
        if (Number.isNaN(digit)) return;
        const changed = text.slice(0, at) + (digit ^ by).toString(16) + text.slice(at + 1);
        expect(['vault/password', 'vault/format']).toContain(refusalOf(vault, changed).code);
      }),
      { numRuns: 500 },
    );
  });

  test('a changed salt is refused', () => {
    const text = encryptVault('text', 'the password', { salt });
    const at = text.indexOf('\n') + 5;
    const changed = `${text.slice(0, at)}${text[at] === '1' ? '2' : '1'}${text.slice(at + 1)}`;
    expect(['vault/password', 'vault/format']).toContain(refusalOf(vault, changed).code);
  });

  test('free text is opened or refused with a code', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(refusalOf(vault, `$ANSIBLE_VAULT;${text}`).code).toBe('vault/format');
      }),
    );
  });
});

test('what is expected is derived beforehand and then opens at once; what is damaged waits for its use', async () => {
  const vault = vaultWith('default the password', 'other wrong');
  const texts = Array.from({ length: 50 }, (_, index) => encryptVault(`value ${index}`, 'the password'));
  for (const text of texts) vault.expect(text);
  vault.expect('$ANSIBLE_VAULT;damaged');
  const preparing = await cpuMsOf(() => vault.prepare());
  let opened: string[] = [];
  const opening = await cpuMsOf(() => {
    opened = texts.map((text) => vault.open(text, 'here').toString());
  });
  expect(opened).toEqual(texts.map((_, index) => `value ${index}`));
  expect(opening).toBeLessThan(preparing / 3);
});
