import { describe, expect, test } from 'vitest';
import { type ErrorCode, EXIT_STATUS } from '../../src/core/error.js';
import type { Tally } from '../../src/engine/tally.js';
import { verdictOfPlan, verdictOfRun } from '../../src/engine/verdict.js';
import { changeOf, findingOf, tallyOf, trouble } from '../report/make.js';

const hosts = new Set(['a', 'b', 'c']);
const of = (...names: string[]) => new Map(names.map((name) => [name, [changeOf('writes x')]]));
const stopped = (code?: ErrorCode, ...names: string[]) =>
  new Map((names.length > 0 ? names : ['a']).map((name) => [name, trouble('no', { code })]));
const refused = new Map([['b', trouble('two candidates', { refused: true })]]);
const blind = [{ id: 'FF104', hosts: ['a'], why: 'etcd is down' }];
const dead = [changeOf('deletes a dead lease')];

interface Row {
  readonly about: string;
  readonly tally: Partial<Tally>;
  readonly kind: string;
  readonly status: number;
  readonly line: string;
}

describe('a pass that changed nothing', () => {
  test.each<Row>([
    { about: 'nothing to do', tally: {}, kind: 'sound', status: 0, line: 'Sound: 3 hosts, nothing to change.' },
    {
      about: 'warnings alone',
      tally: { findings: [findingOf({ severity: 'warn' })] },
      kind: 'sound',
      status: 0,
      line: 'Sound: 3 hosts, nothing to change (1 warning).',
    },
    {
      about: 'a check that could not look',
      tally: { notEvaluated: blind },
      kind: 'not-evaluated',
      status: 3,
      line: '1 check not evaluated; the rest of 3 hosts is sound.',
    },
    {
      about: 'findings that nothing mends, over a check that could not look',
      tally: { findings: [findingOf()], notEvaluated: blind },
      kind: 'findings',
      status: 2,
      line: '1 finding on 3 hosts that this playbook does not mend.',
    },
    {
      about: 'changes, over the findings that call for them',
      tally: { changes: of('a', 'b'), findings: [findingOf(), findingOf()] },
      kind: 'planned',
      status: 2,
      line: '2 hosts of 3 would change; 2 findings; nothing was changed.',
    },
    {
      about: 'a change in etcd alone',
      tally: { clusterChanges: dead },
      kind: 'planned',
      status: 2,
      line: 'Only etcd would change; 0 findings; nothing was changed.',
    },
    {
      about: 'a host out of reach, over changes of the others',
      tally: { changes: of('a'), unreachable: stopped('ssh/unreachable', 'c') },
      kind: 'not-evaluated',
      status: 3,
      line: '1 of 3 hosts not evaluated; nothing was changed.',
    },
    {
      about: 'a step that went wrong',
      tally: { failed: stopped('script/failed') },
      kind: 'not-evaluated',
      status: 2,
      line: '1 of 3 hosts not evaluated; nothing was changed.',
    },
    {
      about: 'a refusal, over all else',
      tally: { failed: refused, unreachable: stopped('ssh/unreachable', 'c'), changes: of('a') },
      kind: 'refused',
      status: 4,
      line: 'Refused for 1 host of 3; nothing was changed.',
    },
  ])('$about', ({ tally, kind, status, line }) => {
    expect(verdictOfPlan(tallyOf({ hosts, ...tally }))).toMatchObject({ kind, exitStatus: status, line });
  });
});

describe('a pass that could change hosts', () => {
  test.each<Row>([
    { about: 'nothing changed', tally: {}, kind: 'sound', status: 0, line: 'Sound: 3 hosts, nothing to change.' },
    {
      about: 'hosts changed',
      tally: { changes: of('a', 'b', 'c') },
      kind: 'mended',
      status: 0,
      line: 'Done. 3 hosts: 3 changed, 0 failed.',
    },
    {
      about: 'a dead lease deleted and nothing else',
      tally: { clusterChanges: dead, leasesDeleted: ['10.1.2.0/24'] },
      kind: 'mended',
      status: 0,
      line: 'Done. 3 hosts: 0 changed, 0 failed, 1 dead lease deleted.',
    },
    {
      about: 'findings that remain',
      tally: { changes: of('a'), findings: [findingOf()] },
      kind: 'findings',
      status: 2,
      line: '1 finding remains. 3 hosts: 1 changed, 0 failed.',
    },
    {
      about: 'warnings that remain',
      tally: { changes: of('a'), findings: [findingOf({ severity: 'warn' })] },
      kind: 'mended',
      status: 0,
      line: 'Done. 3 hosts: 1 changed, 0 failed.',
    },
    {
      about: 'a check that could not look at the end',
      tally: { changes: of('a'), notEvaluated: blind },
      kind: 'not-evaluated',
      status: 3,
      line: '1 check not evaluated. 3 hosts: 1 changed, 0 failed.',
    },
    {
      about: 'a host that failed with others changed',
      tally: { changes: of('a'), failed: stopped('script/failed', 'b') },
      kind: 'partly-applied',
      status: 5,
      line: 'Left partly applied. 3 hosts: 1 changed, 1 failed.',
    },
    {
      about: 'a host that failed and was put back, with nothing else changed',
      tally: { failed: stopped('script/failed', 'a'), restored: new Set(['a']) },
      kind: 'failed',
      status: 2,
      line: 'Failed. 3 hosts: 0 changed, 1 failed, 1 put back.',
    },
    {
      about: 'refusals alone',
      tally: { failed: refused },
      kind: 'refused',
      status: 4,
      line: 'Refused. 3 hosts: 0 changed, 1 failed; nothing was changed.',
    },
    {
      about: 'a refusal beside another failure',
      tally: { failed: new Map([...refused, ...stopped('script/failed', 'a')]) },
      kind: 'failed',
      status: 2,
      line: 'Failed. 3 hosts: 0 changed, 2 failed.',
    },
    {
      about: 'hosts out of reach',
      tally: { unreachable: stopped('ssh/auth', 'a', 'b') },
      kind: 'failed',
      status: 3,
      line: 'Failed. 3 hosts: 0 changed, 0 failed, 2 unreachable.',
    },
  ])('$about', ({ tally, kind, status, line }) => {
    expect(verdictOfRun(tallyOf({ hosts, ...tally }), 'done')).toMatchObject({ kind, exitStatus: status, line });
  });

  test('a stop is told over all else', () => {
    const tally = tallyOf({ hosts, changes: of('a'), failed: stopped('script/failed', 'b'), findings: [findingOf()] });
    expect(verdictOfRun(tally, 'stopped')).toMatchObject({
      kind: 'interrupted',
      exitStatus: 130,
      line: 'Interrupted. 3 hosts: 1 changed, 1 failed; no host is half done.',
    });
  });

  test.each<{ about: string; codes: (ErrorCode | undefined)[]; status: number }>([
    { about: 'our own fault weighs most', codes: ['ssh/auth', 'script/failed', 'template/failed'], status: 1 },
    { about: 'a failure weighs more than a host out of reach', codes: ['ssh/auth', 'script/timeout'], status: 2 },
    { about: 'trouble without a code is a failure', codes: [undefined, 'ssh/lost'], status: 2 },
    { about: 'hosts out of reach alone', codes: ['ssh/auth', 'ssh/lost', 'become/password'], status: 3 },
  ])('of several troubles: $about', ({ codes, status }) => {
    const failed = new Map(codes.map((code, index) => [`host${index}`, trouble('no', { code })]));
    expect(verdictOfRun(tallyOf({ hosts, failed }), 'failed').exitStatus).toBe(status);
  });
});

test('counts hosts, and findings by their severity', () => {
  const findings = [findingOf(), findingOf({ severity: 'warn' }), findingOf({ severity: 'warn' })];
  const tally = tallyOf({ hosts, findings, changes: of('a', 'b'), unreachable: stopped('ssh/lost', 'c') });
  expect(verdictOfPlan(tally)).toMatchObject({
    hosts: 3,
    changed: 2,
    failed: 0,
    unreachable: 1,
    findings: 1,
    warnings: 2,
  });
});

test.each(Object.keys(EXIT_STATUS) as ErrorCode[])('a run that %s stopped never ends as sound', (code) => {
  expect(verdictOfRun(tallyOf({ hosts, failed: stopped(code) }), 'failed').exitStatus).not.toBe(0);
  expect(verdictOfPlan(tallyOf({ hosts, failed: stopped(code) })).exitStatus).not.toBe(0);
});
