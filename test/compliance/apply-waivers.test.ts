import { describe, expect, test } from 'vitest';
import { applyWaivers } from '../../src/compliance/apply-waivers.js';
import { isWaived } from '../../src/compliance/judge.js';
import type { Waiver } from '../../src/compliance/waiver.js';
import { inventoryOf, refusalOf } from '../inventory/support/files.js';

const INVENTORY = 'web: {hosts: {"web[1:4]": }}\ndb: {hosts: {db1: , web1: }}\n';
const TODAY = '2026-11-30';

function waiverOf(fields: Partial<Waiver>): Waiver {
  return {
    ...{
      id: 'FF101',
      hosts: ['web'],
      reason: 'a laboratory',
      owner: 'ops',
      expires: '2026-12-31',
      at: 'waivers.yaml:1:3',
    },
    ...fields,
  };
}

function applied(waivers: readonly Partial<Waiver>[], hosts: readonly string[], today = TODAY) {
  const finding = { id: 'FF101', hosts };
  const { waivedHosts, states, warnings } = applyWaivers(
    [finding],
    waivers.map(waiverOf),
    inventoryOf(INVENTORY),
    today,
  );
  const covered = waivedHosts(finding);
  return {
    covered,
    waived: isWaived({ hosts, waivedHosts: covered }),
    states: states().map(({ state }) => state),
    warnings,
  };
}

describe('a finding', () => {
  test.each([
    {
      about: 'all of whose hosts are covered is waived',
      by: [{}],
      hosts: ['web1', 'web2'],
      covered: ['web1', 'web2'],
      waived: true,
    },
    {
      about: 'of which one host is not covered counts',
      by: [{}],
      hosts: ['db1', 'web1'],
      covered: ['web1'],
      waived: false,
    },
    {
      about: 'may be covered by several waivers',
      by: [{}, { hosts: ['db1'] }],
      hosts: ['db1', 'web1'],
      covered: ['db1', 'web1'],
      waived: true,
      states: ['used', 'used'],
    },
    {
      about: 'is not covered by a waiver of another check',
      by: [{ id: 'FF103' }],
      hosts: ['web1'],
      covered: [],
      waived: false,
      states: ['unused'],
    },
    {
      about: 'of a host that a pattern leaves out counts',
      by: [{ hosts: ['web', '!web1'] }],
      hosts: ['web1'],
      covered: [],
      waived: false,
      states: ['unused'],
    },
    {
      about: 'is covered by a pattern with colons in a list',
      by: [{ hosts: ['web:!web1', 'db1'] }],
      hosts: ['web2', 'db1'],
      covered: ['web2', 'db1'],
      waived: true,
    },
    { about: 'is covered by all', by: [{ hosts: ['all'] }], hosts: ['db1'], covered: ['db1'], waived: true },
    {
      about: 'is covered by a glob',
      by: [{ hosts: ['*1'] }],
      hosts: ['db1', 'web1'],
      covered: ['db1', 'web1'],
      waived: true,
    },
    {
      about: 'of no host in particular is waived where all hosts are covered',
      by: [{ hosts: ['all'] }],
      hosts: [],
      covered: ['web1', 'web2', 'web3', 'web4', 'db1'],
      waived: true,
    },
    {
      about: 'of no host in particular counts where one host is not covered',
      by: [{ hosts: ['web'] }],
      hosts: [],
      covered: [],
      waived: false,
      states: ['unused'],
    },
    {
      about: 'of no host in particular counts without waivers',
      by: [],
      hosts: [],
      covered: [],
      waived: false,
      states: [],
    },
  ])('$about', ({ by, hosts, covered, waived, states = ['used'] }) => {
    expect(applied(by, hosts)).toEqual({ covered, waived, states, warnings: [] });
  });
});

describe('a waiver', () => {
  test.each([
    { about: 'holds on its last day', today: '2026-12-31', state: 'used' },
    { about: 'has expired on the day after', today: '2027-01-01', state: 'expired' },
    { about: 'holds a century before', today: '1926-12-31', state: 'used' },
  ])('$about', ({ today, state }) => {
    const { states, waived } = applied([{}], ['web1'], today);
    expect([states, waived]).toEqual([[state], state === 'used']);
  });

  test.each([
    { about: 'of hosts that have gone is a warning, and holds for the others', hosts: ['gone1', 'web1'], waived: true },
    { about: 'of nothing but what has gone covers nothing', hosts: ['gone1'], waived: false },
    { about: 'that leaves out what there is not covers nothing', hosts: ['web', '!wbe2'], waived: false },
    { about: 'that leaves out what there is not, in one text', hosts: ['web:!wbe2'], waived: false },
    { about: 'that is cut with what there is not covers nothing', hosts: ['web:&gone'], waived: false },
  ])('$about', ({ hosts, waived }) => {
    const found = applied([{ hosts }], ['web1']);
    expect([found.waived, found.warnings.length]).toEqual([waived, 1]);
    expect(found.warnings[0]).toMatch(/^waivers\.yaml:1:3: no host or group of the inventory is (gone1?|wbe2)/);
  });

  test.each([{ pattern: '~(' }, { pattern: '~(a+)+$' }])(
    'with the pattern $pattern is refused with its place or takes no time',
    ({ pattern }) => {
      const apply = () => applied([{ hosts: [pattern] }], ['web1']);
      if (pattern === '~(')
        expect(refusalOf(apply)).toMatchObject({ code: 'compliance/invalid', at: 'waivers.yaml:1:3' });
      else expect(apply().waived).toBe(false);
    },
  );

  test('that has expired is not looked at: no warning of what it names', () =>
    expect(applied([{ hosts: ['gone'], expires: '2020-01-01' }], ['web1'])).toMatchObject({
      states: ['expired'],
      warnings: [],
    }));
});
