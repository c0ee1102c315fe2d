import { describe, expect, test } from 'vitest';
import { ageOf, findingTree } from '../../src/formats/html-finding-tree.js';
import { brokenReport, findingWith, reportWith, soundReport } from '../support/reports.js';

/** `FF102<FF101`: because of FF101; more hosts or another cluster behind it. */
function finding(id: string, because: string | null, more: { hosts?: string[]; cluster?: string } = {}) {
  return findingWith({ id, because, fingerprint: `${id}${more.hosts?.join('') ?? ''}${more.cluster ?? ''}`, ...more });
}

describe('findingTree', () => {
  test.each([
    {
      about: 'puts a consequence under its root',
      findings: [finding('FF101', null), finding('FF201', null), finding('FF102', 'FF101')],
      tree: ['FF101: FF102', 'FF201:'],
    },
    {
      about: 'puts what follows from a consequence under the root',
      findings: [finding('FF101', null), finding('FF102', 'FF101'), finding('FF301', 'FF102')],
      tree: ['FF101: FF102 FF301'],
    },
    {
      about: 'finds a root that stands behind',
      findings: [finding('FF102', 'FF101'), finding('FF101', null)],
      tree: ['FF101: FF102'],
    },
    { about: 'keeps one whose root is not there', findings: [finding('FF102', 'FF101')], tree: ['FF102:'] },
    { about: 'keeps one that follows from itself', findings: [finding('FF102', 'FF102')], tree: ['FF102:'] },
    {
      about: 'ends at a circle',
      findings: [finding('FF101', 'FF102'), finding('FF102', 'FF103'), finding('FF103', 'FF102')],
      tree: ['FF101:', 'FF102: FF103'],
    },
    {
      about: 'takes the root on the same hosts',
      findings: [
        finding('FF101', null, { hosts: ['a', 'b'] }),
        finding('FF101', null, { hosts: ['c', 'd'] }),
        finding('FF102', 'FF101', { hosts: ['d'] }),
      ],
      tree: ['FF101:', 'FF101: FF102'],
    },
    {
      about: 'takes no root of another cluster',
      findings: [finding('FF101', null, { cluster: 'one' }), finding('FF102', 'FF101', { cluster: 'two' })],
      tree: ['FF101:', 'FF102:'],
    },
  ])('$about', ({ findings, tree }) => {
    const told = findingTree(findings).map(({ finding: { id }, consequences }) =>
      [`${id}:`, ...consequences.map((consequence) => consequence.id)].join(' '),
    );
    expect(told).toEqual(tree);
  });
});

describe('ageOf', () => {
  const now = findingWith();
  const sick = (id: string) => ({ ...brokenReport(), id });
  const skipped = reportWith({
    id: 'skipped',
    checks: soundReport().checks.map((check) => ({ ...check, status: 'skipped' as const })),
  });

  test.each([
    { about: 'is not known without earlier reports', history: [], age: null },
    { about: 'is not known where none looked', history: [skipped], age: null },
    { about: 'is new where the last report has it not', history: [soundReport(), sick('old')], age: 'new' },
    {
      about: 'reaches back to the first in a row',
      history: [sick('2'), sick('1'), soundReport(), sick('0')],
      age: '1',
    },
    {
      about: 'steps over a report that did not look',
      history: [sick('2'), skipped, sick('1'), soundReport()],
      age: '1',
    },
    { about: 'reaches the oldest report', history: [sick('2'), sick('1')], age: '1' },
  ])('$about', ({ history, age }) => {
    const found = ageOf(now, history);
    expect(found === null ? null : (found.since?.id ?? 'new')).toBe(age);
  });
});
