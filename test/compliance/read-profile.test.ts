import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_PROFILE } from '../../src/compliance/profile.js';
import { findProfile, readProfile, withOptions } from '../../src/compliance/read-profile.js';
import { FixError } from '../../src/core/error.js';
import { yamlText } from '../../src/core/yaml.js';
import { folderWith, refusalOf } from '../inventory/support/files.js';

const IDS = ['FF101', 'FF102', 'FF103', 'FF201'];

function read(text: string) {
  return readProfile(join(folderWith({ 'strict.yaml': text }), 'strict.yaml'), IDS);
}

describe('a profile', () => {
  test.each([
    { about: 'nothing, which asks for all', text: '', is: { ...NO_PROFILE, name: 'strict' } },
    { about: 'a name', text: 'name: nightly', is: { ...NO_PROFILE, name: 'nightly' } },
    { about: 'checks, in any case, each once', text: 'only: [ff101, FF102, FF101]', is: { only: ['FF101', 'FF102'] } },
    { about: 'checks that are left out', text: 'skip:\n- FF201\n', is: { skip: ['FF201'], only: [] } },
    {
      about: 'thresholds',
      text: 'thresholds: {pool_used_percent: 90, certificate_days: 14, lease_left_seconds: 600}',
      is: { thresholds: { poolUsedPercent: 90, certificateDays: 14, leaseLeftSeconds: 600 } },
    },
    {
      about: 'one threshold, and nothing of the others',
      text: 'thresholds: {certificate_days: 0}',
      is: { thresholds: { certificateDays: 0 } },
    },
    { about: 'severities', text: 'severities: {FF103: error}', is: { severities: { FF103: 'error' } } },
    { about: 'what fails', text: 'fail_on: warn', is: { failOn: 'warn' } },
  ])('holds $about', ({ text, is }) => {
    const profile = read(text);
    expect(profile).toMatchObject(is);
    if ('thresholds' in is) expect(profile.thresholds).toEqual(is.thresholds);
  });

  test.each([
    { about: 'an unknown key', text: 'name: x\nonyl: [FF101]', at: '2:1', says: 'there is no onyl', hint: 'only' },
    { about: 'an unknown threshold', text: 'thresholds:\n  pool: 3', at: '2:3', says: 'there is no pool' },
    { about: 'an unknown check', text: 'only:\n- FF101\n- FF110', at: '3:3', says: 'no check FF110', hint: 'FF101' },
    { about: 'a check like no other', text: 'skip: [everything]', at: '1:8', says: 'no check', hint: 'checks list' },
    { about: 'an unknown check in severities', text: 'severities:\n  FF999: warn', at: '2:3', says: 'FF999' },
    { about: 'a severity that there is not', text: 'severities:\n  FF103: fatal', at: '2:3', says: 'error or warn' },
    { about: 'a list of nothing', text: 'only: []', at: '1:1', says: 'leave it out' },
    { about: 'one text for a list', text: 'only: FF101', at: '1:1', says: 'a list of checks' },
    { about: 'a number for a check', text: 'only: [101]', at: '1:8', says: 'ids of checks' },
    { about: 'a text for a number', text: 'thresholds: {certificate_days: "30"}', at: '1:14', says: 'from 0 to' },
    { about: 'more than all', text: 'thresholds: {pool_used_percent: 101}', at: '1:14', says: 'from 1 to 100' },
    { about: 'what is no number', text: 'thresholds: {pool_used_percent: .nan}', at: '1:14', says: 'from 1 to 100' },
    { about: 'a list', text: '- only', at: '1:1', says: 'a mapping' },
    { about: 'a text', text: 'only', at: '1:1', says: 'a mapping' },
    { about: 'a key that stands twice', text: 'skip: [FF101]\nskip: [FF102]', at: '2:1', says: 'skip' },
    {
      about: 'an encrypted value',
      text: 'name: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61',
      at: '1:1',
      says: 'a text',
    },
    { about: 'a yes where it says what fails', text: 'fail_on: yes', at: '1:1', says: 'error or warn' },
  ])('refuses $about', ({ text, at, says, hint = '' }) => {
    const error = refusalOf(() => read(text));
    expect(error).toMatchObject({ code: 'compliance/invalid', at: expect.stringMatching(`strict\\.yaml:${at}$`) });
    expect(error.message).toContain(says);
    expect(error.hint).toContain(hint);
  });

  test.each([
    { about: 'is no YAML', text: 'only: [', code: 'yaml/syntax' },
    { about: 'is over 1 MB', text: `name: ${'x'.repeat(1024 * 1024)}`, code: 'file/too-large' },
    { about: 'is encrypted as a whole', text: '$ANSIBLE_VAULT;1.1;AES256\n6161\n', code: 'vault/password' },
  ])('that $about is refused', ({ text, code }) => expect(refusalOf(() => read(text))).toMatchObject({ code }));

  test('of any text is read, or refused as this program refuses', () => {
    const folder = folderWith({});
    const path = join(folder, 'any.yaml');
    const word = fc.oneof(
      fc.constantFrom(
        'only',
        'skip',
        'name',
        'severities',
        'thresholds',
        'fail_on',
        '__proto__',
        'constructor',
        'FF101',
      ),
      fc.constantFrom(': ', '\n', '- ', '[', ']', '{', '}', ', ', 'error', '~', '.inf', '&a ', '*a', '!x ', '"', '  '),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        writeFileSync(path, words.join(''));
        try {
          expect(readProfile(path, IDS).only.every((id) => IDS.includes(id))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(FixError);
          expect((error as FixError).hint).not.toBe('');
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test('of any data is read, or refused as this program refuses', () => {
    const path = join(folderWith({}), 'any.yaml');
    const key = fc.constantFrom(
      'only',
      'skip',
      'name',
      'severities',
      'thresholds',
      'fail_on',
      'FF101',
      'constructor',
      '__proto__',
    );
    const data = fc.dictionary(
      key,
      fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.jsonValue()), fc.array(fc.constantFrom(...IDS))),
    );
    fc.assert(
      fc.property(data, (value) => {
        writeFileSync(path, JSON.stringify(value));
        try {
          readProfile(path, IDS);
        } catch (error) {
          expect(error).toBeInstanceOf(FixError);
        }
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});

describe('where a profile is looked for', () => {
  const folder = () =>
    folderWith({ 'profile.yaml': 'name: beside', 'other.yaml': 'name: other', 'inventory.yaml': '' });

  test.each([
    { about: 'the one that is given', of: 'inventory.yaml', given: 'other.yaml', name: 'other' },
    { about: 'the one beside the inventory', of: 'inventory.yaml', given: undefined, name: 'beside' },
    { about: 'none beside another', of: 'elsewhere/inventory.yaml', given: undefined, name: 'default' },
  ])('$about', ({ of, given, name }) => {
    const root = folder();
    mkdirSync(join(root, 'elsewhere'));
    const found = findProfile(join(root, of), given && join(root, given));
    expect(found.name).toBe(name);
  });

  test('a list of hosts has nothing beside it', () => expect(findProfile('host1,host2', undefined)).toBe(NO_PROFILE));

  test('one that is given has to be there', () =>
    expect(refusalOf(() => findProfile('inventory.yaml', '/nowhere/p.yaml'))).toMatchObject({ code: 'file/missing' }));

  test('a link that leads nowhere is not passed over', () => {
    const root = folderWith({ 'inventory.yaml': '' });
    symlinkSync('/nowhere', join(root, 'profile.yaml'));
    expect(refusalOf(() => findProfile(join(root, 'inventory.yaml'), undefined))).toMatchObject({
      code: 'file/missing',
    });
  });
});

describe('the command line', () => {
  const profile = { ...NO_PROFILE, only: ['FF101'], skip: ['FF201'], failOn: 'warn' as const };

  test.each([
    { about: 'says nothing', options: { only: [], skip: [] }, is: profile },
    { about: 'replaces what is checked', options: { only: ['ff102'], skip: [] }, is: { ...profile, only: ['FF102'] } },
    {
      about: 'adds to what is left out',
      options: { only: [], skip: ['FF103', 'FF201'] },
      is: { ...profile, skip: ['FF201', 'FF103'] },
    },
    {
      about: 'says what fails',
      options: { only: [], skip: [], failOn: 'error' as const },
      is: { ...profile, failOn: 'error' },
    },
  ])('$about', ({ options, is }) => expect(withOptions(profile, options, IDS)).toEqual(is));

  test('names a check that there is not', () => {
    const error = refusalOf(() => withOptions(profile, { only: [], skip: ['FF110'] }, IDS));
    expect(error).toMatchObject({ code: 'cli/usage', hint: expect.stringContaining('FF101') });
    expect(error.message).toBe('--skip: there is no check FF110');
  });
});

test('a profile that is written by this program is read again', () => {
  const written = { name: 'all', only: IDS, severities: { FF101: 'warn' }, thresholds: { certificate_days: 7 } };
  expect(read(yamlText(written))).toMatchObject({
    only: IDS,
    severities: { FF101: 'warn' },
    thresholds: { certificateDays: 7 },
  });
});
