import { describe, expect, test } from 'vitest';
import type { Event, TaskResult } from '../../src/engine/events.js';
import { newTally, type Tally } from '../../src/engine/tally.js';
import { findingOf } from '../report/make.js';

function tallied(...events: Event[]): Tally {
  const { tally, listen } = newTally();
  for (const event of events) listen(event);
  return tally;
}

function result(status: TaskResult['status'], more: Partial<TaskResult> & { task?: string } = {}): Event {
  const { task = 'a task', ...rest } = more;
  const of = { host: 'a', status, why: 'why', result: {}, diff: [], ignored: false, noLog: false, ...rest };
  return { kind: 'result', task, module: 'copy', at: 'site.yaml:1:1', of };
}

const keys = (map: ReadonlyMap<string, unknown>) => [...map.keys()];

describe('newTally', () => {
  test('has each host of all plays once, in their order', () => {
    const play = (...hosts: string[]): Event => ({ kind: 'play', play: 'p', hosts, check: false });
    expect([...tallied(play('b', 'a'), play('a', 'c')).hosts]).toEqual(['b', 'a', 'c']);
  });

  test('has the changes of a host in their order, with the task that made each', () => {
    const tally = tallied(result('changed', { task: 'one', why: 'x' }), result('changed', { task: 'two', why: 'y' }));
    expect(tally.changes.get('a')).toMatchObject([
      { task: 'one', module: 'copy', why: 'x' },
      { task: 'two', module: 'copy', why: 'y' },
    ]);
  });

  test('keeps a change of the cluster apart from those of its hosts', () => {
    const tally = tallied(result('changed', { result: { cluster: true } }));
    expect({ hosts: tally.changes.size, cluster: tally.clusterChanges.length }).toEqual({ hosts: 0, cluster: 1 });
  });

  test.each([
    { about: 'a failure', events: [result('failed')], failed: ['a'], unreachable: [] },
    { about: 'no failure that is ignored', events: [result('failed', { ignored: true })], failed: [], unreachable: [] },
    { about: 'a host out of reach', events: [result('unreachable')], failed: [], unreachable: ['a'] },
    { about: 'nothing of what is in order', events: [result('ok'), result('skipped')], failed: [], unreachable: [] },
    {
      about: 'no failure that was rescued',
      events: [result('failed'), { kind: 'rescued', host: 'a' } as const],
      failed: [],
      unreachable: [],
    },
    {
      about: 'a failure after a rescue',
      events: [result('failed'), { kind: 'rescued', host: 'a' } as const, result('failed')],
      failed: ['a'],
      unreachable: [],
    },
  ])('has $about', ({ events, failed, unreachable }) => {
    const tally = tallied(...events);
    expect({ failed: keys(tally.failed), unreachable: keys(tally.unreachable) }).toEqual({ failed, unreachable });
  });

  test('has the first failure of a host, not those of its rescue', () => {
    const tally = tallied(
      result('failed', { why: 'the cause', hint: 'mend it', code: 'script/failed', result: { refused: true } }),
      result('failed', { why: 'what followed' }),
    );
    expect(tally.failed.get('a')).toEqual({
      task: 'a task',
      why: 'the cause',
      hint: 'mend it',
      code: 'script/failed',
      refused: true,
    });
  });

  test('a host that was put back has no changes, and is still failed', () => {
    const tally = tallied(result('changed'), result('failed'), result('changed', { result: { restored: true } }));
    expect({ changes: keys(tally.changes), restored: [...tally.restored], failed: keys(tally.failed) }).toEqual({
      changes: [],
      restored: ['a'],
      failed: ['a'],
    });
  });

  test('has what a task proved, and what is left alone, in their words', () => {
    const tally = tallied(
      result('ok', { why: 'has its own lease', result: { proven: true } }),
      result('skipped', { host: 'b', why: 'no flanneld', result: { left_alone: true } }),
    );
    expect([...tally.proven, ...tally.leftAlone]).toEqual([
      ['a', 'has its own lease'],
      ['b', 'no flanneld'],
    ]);
  });

  test('counts a lease as deleted only where it was', () => {
    const deleted = (subnet: string, outcome: 'deleted' | 'changed' | 'gone'): Event => ({
      kind: 'lease-deleted',
      subnet,
      outcome,
    });
    expect(tallied(deleted('1', 'changed'), deleted('2', 'deleted'), deleted('3', 'gone')).leasesDeleted).toEqual([
      '2',
    ]);
  });

  test('has the findings of the last diagnosis, and none where there was none', () => {
    const diagnosis = (...findings: ReturnType<typeof findingOf>[]): Event => ({
      kind: 'findings',
      findings,
      notEvaluated: findings.map(({ id, hosts }) => ({ id, hosts, why: 'w' })),
      notes: [],
      sites: [],
    });
    expect(tallied().findings).toBeUndefined();
    const tally = tallied(diagnosis(findingOf()), diagnosis());
    expect({ findings: tally.findings, notEvaluated: tally.notEvaluated }).toEqual({ findings: [], notEvaluated: [] });
  });
});
