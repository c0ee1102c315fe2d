import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findWaivers, readWaivers } from '../../src/compliance/read-waivers.js';
import { FixError } from '../../src/core/error.js';
import { yamlText } from '../../src/core/yaml.js';
import { folderWith, refusalOf } from '../inventory/support/files.js';

const IDS = ['FF101', 'FF103'];
const WHOLE = { id: 'FF103', hosts: 'web', reason: 'a laboratory', owner: 'ops@example.net', expires: '2026-12-31' };

function read(text: string) {
  return readWaivers(join(folderWith({ 'waivers.yaml': text }), 'waivers.yaml'), IDS);
}

/** One waiver with these fields instead. */
const withFields = (fields: Record<string, unknown>) => JSON.stringify([{ ...WHOLE, ...fields }]);

describe('waivers', () => {
  test.each([
    { about: 'none', text: '' },
    { about: 'none in a list', text: '[]' },
    { about: 'none but a comment', text: '# nothing yet\n' },
  ])('$about', ({ text }) => expect(read(text)).toEqual([]));

  test('are read with their places', () => {
    const text = [
      '# known',
      '- id: ff103',
      '  hosts: web:!web1',
      '  reason: a laboratory',
      '  owner: ops@example.net',
      '  expires: 2026-12-31',
      '- {id: FF101, hosts: [db1, "db[2:3]"], reason: r, owner: o, expires: "2028-02-29"}',
    ].join('\n');
    expect(read(text)).toEqual([
      { ...WHOLE, hosts: ['web:!web1'], at: expect.stringMatching(/waivers\.yaml:2:3$/) },
      {
        ...{ id: 'FF101', hosts: ['db1', 'db[2:3]'], reason: 'r', owner: 'o', expires: '2028-02-29' },
        at: expect.stringMatching(/waivers\.yaml:7:3$/),
      },
    ]);
  });

  test.each<{ about: string; text: string; says: string; hint?: string }>([
    { about: 'a mapping', text: 'id: FF101', says: 'a list of waivers' },
    { about: 'a text in the list', text: '- FF101', says: 'takes waivers' },
    ...Object.keys(WHOLE).map((key) => ({
      about: `no ${key}`,
      text: withFields({ [key]: undefined }),
      says: `${key} is missing`,
    })),
    ...Object.keys(WHOLE).map((key) => ({ about: `an empty ${key}`, text: withFields({ [key]: ' ' }), says: key })),
    { about: 'an unknown key', text: withFields({ expire: 'x' }), says: 'there is no expire', hint: 'expires' },
    { about: 'an unknown check', text: withFields({ id: 'FF104' }), says: 'no check FF104', hint: 'FF101' },
    { about: 'no hosts', text: withFields({ hosts: [] }), says: 'names no host' },
    { about: 'a number for a host', text: withFields({ hosts: [10] }), says: 'a text' },
    { about: 'a file of hosts', text: withFields({ hosts: 'web,@hosts.txt' }), says: 'not a file' },
    { about: 'a number for a date', text: withFields({ expires: 20261231 }), says: 'a date such as' },
    { about: 'a day that there is not', text: withFields({ expires: '2026-02-30' }), says: '2026-02-30' },
    { about: 'a leap day of another year', text: withFields({ expires: '2026-02-29' }), says: 'a date such as' },
    { about: 'a short date', text: withFields({ expires: '2026-1-1' }), says: 'a date such as' },
    { about: 'a time', text: withFields({ expires: '2026-12-31 10:00:00' }), says: 'a date such as' },
    { about: 'a word for a date', text: withFields({ expires: 'never' }), says: 'a date such as' },
    { about: 'a reason without an end', text: withFields({ reason: 'x'.repeat(2001) }), says: 'over 2000 characters' },
  ])('refuses $about', ({ text, says, hint = '' }) => {
    const error = refusalOf(() => read(text));
    expect(error).toMatchObject({ code: 'compliance/invalid', at: expect.stringMatching(/waivers\.yaml:\d+:\d+$/) });
    expect(error.message).toContain(says);
    expect(error.hint).toContain(hint);
  });

  test('of any texts come back as they were written', () => {
    const path = join(folderWith({}), 'waivers.yaml');
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }).filter((one) => one.trim() !== '');
    const waiver = fc.record({
      id: fc.constantFrom(...IDS),
      hosts: fc.array(
        text.filter((one) => !one.includes('@')),
        { minLength: 1, maxLength: 4 },
      ),
      reason: text,
      owner: text,
      expires: fc
        .date({ min: new Date(0), max: new Date('2999-12-31'), noInvalidDate: true })
        .map((day) => day.toISOString().slice(0, 10)),
    });
    fc.assert(
      fc.property(fc.array(waiver, { maxLength: 4 }), (waivers) => {
        writeFileSync(path, yamlText(waivers));
        const trimmed = waivers.map((one) => ({
          ...one,
          hosts: one.hosts.map((host) => host.trim()),
          reason: one.reason.trim(),
          owner: one.owner.trim(),
        }));
        expect(readWaivers(path, IDS).map(({ at: _, ...one }) => one)).toEqual(trimmed);
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  test('of any data are read, or refused as this program refuses', () => {
    const path = join(folderWith({}), 'waivers.yaml');
    const key = fc.constantFrom(...Object.keys(WHOLE), '__proto__', 'constructor', 'other');
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.dictionary(key, fc.jsonValue()), fc.jsonValue())), (value) => {
        writeFileSync(path, JSON.stringify(value));
        try {
          readWaivers(path, IDS);
        } catch (error) {
          expect(error).toBeInstanceOf(FixError);
          expect((error as FixError).message.length).toBeLessThan(400);
        }
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});

describe('where waivers are looked for', () => {
  const folder = () =>
    folderWith({ 'waivers.yaml': withFields({ id: 'FF101' }), 'other.yaml': withFields({}), 'inventory.yaml': '' });

  test('those that are given, else those beside the inventory, else none', () => {
    const root = folder();
    expect(findWaivers(join(root, 'inventory.yaml'), join(root, 'other.yaml'))[0]?.id).toBe('FF103');
    expect(findWaivers(join(root, 'inventory.yaml'), undefined)[0]?.id).toBe('FF101');
    expect(findWaivers(join(folderWith({}), 'inventory.yaml'), undefined)).toEqual([]);
  });
});
