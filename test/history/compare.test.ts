import { describe, expect, test } from 'vitest';
import type { CheckReport, ReportFinding, ReportHost } from '../../src/compliance/report.js';
import { compareReports, isNews, type Occurrence } from '../../src/history/compare.js';
import { episodes } from '../../src/history/episodes.js';
import { historyRows } from '../../src/history/rows.js';
import { findingWith, hostsOf, reportWith } from '../support/reports.js';

/** A finding of a check on these hosts. */
function on(id: string, hosts: readonly string[], more: Partial<ReportFinding> = {}): ReportFinding {
  const fingerprint = `${id}-${hosts.join()}`;
  return findingWith({ id, hosts, fingerprint, title: `title of ${id}`, because: null, ...more });
}

const waived = (finding: ReportFinding): ReportFinding => ({ ...finding, waivedHosts: finding.hosts });

/** `FF101 node1`, in the order of the report. */
const told = (found: readonly Occurrence[]) => found.map(({ id, host }) => `${id} ${host ?? '-'}`);

function withLost(lost: readonly string[]): ReportHost[] {
  return hostsOf(3).map((host) => (lost.includes(host.name) ? { ...host, status: 'failed' as const } : host));
}

type Told = { [list in 'began' | 'ended' | 'still' | 'otherSeverity' | 'waived' | 'unwaived' | 'notSeen']?: string[] };

const CASES: readonly {
  about: string;
  before: Partial<CheckReport>;
  after: Partial<CheckReport>;
  is: Told & { hostsLost?: string[]; hostsBack?: string[] };
  news: boolean;
}[] = [
  { about: 'nothing and nothing', before: {}, after: {}, is: {}, news: false },
  {
    about: 'a fault that comes',
    before: {},
    after: { findings: [on('FF301', ['node1', 'node2'])] },
    is: { began: ['FF301 node1', 'FF301 node2'] },
    news: true,
  },
  {
    about: 'a fault that goes',
    before: { findings: [on('FF301', ['node1'])] },
    after: {},
    is: { ended: ['FF301 node1'] },
    news: true,
  },
  {
    about: 'a fault that stays, told otherwise',
    before: { findings: [on('FF301', ['node1'])] },
    after: { findings: [on('FF301', ['node1'], { summary: 'other words', evidence: [] })] },
    is: { still: ['FF301 node1'] },
    news: false,
  },
  {
    about: 'a fault that goes from one host to another',
    before: { findings: [on('FF301', ['node1', 'node2'])] },
    after: { findings: [on('FF301', ['node2', 'node3'])] },
    is: { began: ['FF301 node3'], ended: ['FF301 node1'], still: ['FF301 node2'] },
    news: true,
  },
  {
    about: 'a host that is not reached has not been mended',
    before: { findings: [on('FF301', ['node1', 'node2'])] },
    after: { hosts: withLost(['node2']) },
    is: { ended: ['FF301 node1'], notSeen: ['FF301 node2'], hostsLost: ['node2'] },
    news: true,
  },
  {
    about: 'a fault between hosts is not seen where one of them is not reached',
    before: { findings: [on('FF101', ['node1', 'node2'])] },
    after: { hosts: withLost(['node2']) },
    is: { notSeen: ['FF101 node1', 'FF101 node2'], hostsLost: ['node2'] },
    news: true,
  },
  {
    about: 'a host that has left the inventory is not looked for',
    before: { findings: [on('FF301', ['node3'])] },
    after: { hosts: hostsOf(2) },
    is: { notSeen: ['FF301 node3'], hostsLost: ['node3'] },
    news: true,
  },
  {
    about: 'a check that could not look on a host',
    before: { findings: [on('FF301', ['node1', 'node2'])] },
    after: { notEvaluated: [{ id: 'FF301', hosts: ['node2'], why: 'torn' }] },
    is: { ended: ['FF301 node1'], notSeen: ['FF301 node2'] },
    news: true,
  },
  {
    about: 'a check that could not look at all',
    before: { findings: [on('FF301', ['node1'])] },
    after: { notEvaluated: [{ id: 'FF301', hosts: [], why: 'no etcd' }] },
    is: { notSeen: ['FF301 node1'] },
    news: true,
  },
  {
    about: 'a check that is skipped',
    before: { findings: [on('FF301', ['node1'])] },
    after: { checks: [{ id: 'FF301', title: 't', severity: 'error', status: 'skipped', why: null }] },
    is: { notSeen: ['FF301 node1'] },
    news: true,
  },
  {
    about: 'a check that there is no more',
    before: { findings: [on('FF301', ['node1'])] },
    after: { checks: [] },
    is: { notSeen: ['FF301 node1'] },
    news: true,
  },
  {
    about: 'a fault of no host in particular that goes',
    before: { findings: [on('FF103', [])] },
    after: {},
    is: { ended: ['FF103 -'] },
    news: true,
  },
  {
    about: 'a fault of no host in particular is not seen with one host out of sight',
    before: { findings: [on('FF103', [])] },
    after: { hosts: withLost(['node3']) },
    is: { notSeen: ['FF103 -'], hostsLost: ['node3'] },
    news: true,
  },
  {
    about: 'a host that is back',
    before: { hosts: withLost(['node3']) },
    after: {},
    is: { hostsBack: ['node3'] },
    news: true,
  },
  {
    about: 'a waiver that begins',
    before: { findings: [on('FF301', ['node1'])] },
    after: { findings: [waived(on('FF301', ['node1']))] },
    is: { waived: ['FF301 node1'] },
    news: true,
  },
  {
    about: 'a waiver that expires',
    before: { findings: [waived(on('FF301', ['node1']))] },
    after: { findings: [on('FF301', ['node1'])] },
    is: { unwaived: ['FF301 node1'] },
    news: true,
  },
  {
    about: 'a waived fault that comes',
    before: {},
    after: { findings: [waived(on('FF301', ['node1']))] },
    is: { began: ['FF301 node1'] },
    news: false,
  },
  {
    about: 'a fault that is an error now',
    before: { findings: [on('FF103', ['node1'], { severity: 'warn' }), on('FF301', ['node2'])] },
    after: { findings: [on('FF103', ['node1']), on('FF301', ['node2'])] },
    is: { otherSeverity: ['FF103 node1'], still: ['FF301 node2'] },
    news: true,
  },
  {
    about: 'two faults of one check on one host count as the one that weighs more',
    before: { findings: [on('FF103', ['node1'], { severity: 'warn' })] },
    after: {
      findings: [on('FF103', ['node1'], { severity: 'warn' }), waived(on('FF103', ['node1'], { fingerprint: 'x' }))],
    },
    is: { still: ['FF103 node1'] },
    news: false,
  },
  {
    about: 'hosts and checks that are called like prototypes',
    before: {},
    after: { findings: [on('FF301', ['__proto__', 'constructor'])] },
    is: { began: ['FF301 __proto__', 'FF301 constructor'] },
    news: true,
  },
];

describe('between two reports', () => {
  test.each(CASES)('$about', ({ before, after, is, news }) => {
    const [one, other] = [reportWith(before), reportWith(after)];
    const { hostsLost, hostsBack, ...lists } = compareReports(one, other);
    const found = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, told(list)]));
    const none = { began: [], ended: [], still: [], otherSeverity: [], waived: [], unwaived: [], notSeen: [] };
    expect({ ...found, hostsLost, hostsBack }).toEqual({ ...none, hostsLost: [], hostsBack: [], ...is });
    expect(isNews(one, other)).toBe(news);
    expect(isNews(other, other)).toBe(false);
  });

  test('the first one is news unless all is well', () => {
    expect(isNews(undefined, reportWith())).toBe(false);
    expect(isNews(undefined, reportWith({ findings: [on('FF301', ['node1'])] }))).toBe(true);
  });

  test('what is told holds nothing besides', () => {
    const { began } = compareReports(reportWith(), reportWith({ findings: [on('FF301', ['node1'])] }));
    expect(Object.keys(began[0] ?? {}).sort()).toEqual([
      'cluster',
      'host',
      'id',
      'isWaived',
      'severity',
      'summary',
      'title',
    ]);
  });
});

/** Reports of one minute each, the oldest first. */
function inMinutes(...reports: Partial<CheckReport>[]): CheckReport[] {
  return reports.map((fields, at) =>
    reportWith({ ...fields, id: `r${at}`, startedAt: `2026-03-01T00:0${at}:00.000Z` }),
  );
}

describe('episodes', () => {
  const sick = { findings: [on('FF301', ['node1'])] };
  const lost = { hosts: withLost(['node1']) };

  test.each([
    { about: 'begin and end', reports: [{}, sick, sick, {}, {}], are: ['r1 to r3'] },
    { about: 'begin anew', reports: [sick, {}, sick], are: ['r0 to r1', 'r2 on'] },
    { about: 'last while nobody could look', reports: [sick, lost, sick, {}], are: ['r0 to r3'] },
    { about: 'are not ended by a host that was not reached', reports: [sick, lost], are: ['r0 not seen since r0'] },
    { about: 'are none', reports: [{}, lost], are: [] },
  ])('$about', ({ reports, are }) => {
    const all = inMinutes(...reports);
    const nameAt = new Map(all.map(({ id, startedAt }) => [startedAt, id]));
    const words = episodes([...all].reverse()).map(({ beganIn, endedIn, isThere, lastSeenAt }) =>
      endedIn !== null
        ? `${beganIn} to ${endedIn}`
        : isThere
          ? `${beganIn} on`
          : `${beganIn} not seen since ${nameAt.get(lastSeenAt)}`,
    );
    expect(words).toEqual(are);
  });
});

describe('rows', () => {
  async function* newestFirst(reports: readonly CheckReport[], onRead: () => void = () => {}) {
    for (const report of [...reports].reverse()) {
      onRead();
      yield report;
    }
  }
  const reports = inMinutes({}, { findings: [on('FF301', ['node1'])] }, {});

  test('tell each report with what is otherwise than before', async () => {
    const rows = await historyRows(newestFirst(reports), 9);
    expect(rows.map(({ id, changes }) => [id, changes && told([...changes.began, ...changes.ended])])).toEqual([
      ['r2', ['FF301 node1']],
      ['r1', ['FF301 node1']],
      ['r0', null],
    ]);
  });

  test('read one report more than they tell', async () => {
    let read = 0;
    const rows = await historyRows(
      newestFirst(reports, () => {
        read += 1;
      }),
      1,
    );
    expect([rows.map(({ id }) => id), rows[0]?.changes?.ended.length, read]).toEqual([['r2'], 1, 2]);
  });
});
