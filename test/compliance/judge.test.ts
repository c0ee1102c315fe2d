import { describe, expect, test } from 'vitest';
import { judge, type Waived } from '../../src/compliance/judge.js';
import { NO_PROFILE, type Profile } from '../../src/compliance/profile.js';
import type { ReportHost } from '../../src/compliance/report.js';
import type { Check } from '../../src/diagnose/check.js';
import type { Finding } from '../../src/diagnose/finding.js';
import type { SiteSurvey } from '../../src/diagnose/survey.js';
import { pictureOf } from '../support/reports.js';

const check = (id: string, severity: Check['severity'], more: Partial<Check> = {}): Check => ({
  id,
  title: id,
  severity,
  about: '',
  look: () => ({ findings: [], notEvaluated: [] }),
  ...more,
});
const CHECKS = [check('E1', 'error'), check('W1', 'warn'), check('S1', 'error', { readsNoHost: true })];

const finding = (id: string, hosts: readonly string[], more: Partial<Finding> = {}): Finding => ({
  id,
  title: id,
  severity: id.startsWith('W') ? 'warn' : 'error',
  cause: 'cause',
  hosts,
  summary: 'summary',
  evidence: [],
  mend: 'mend',
  ...more,
});

const host = (name: string, status: ReportHost['status'] = 'evaluated'): ReportHost => ({
  name,
  at: 'inventory.yaml:1:1',
  status,
  why: null,
  hint: null,
});

interface Given {
  readonly findings?: readonly Finding[];
  readonly site?: Partial<SiteSurvey>;
  readonly sites?: readonly SiteSurvey[];
  readonly hosts?: readonly ReportHost[];
  readonly profile?: Partial<Profile>;
  /** By the id of a check. */
  readonly waived?: Readonly<Record<string, readonly string[]>>;
}

function judged({ findings = [], site, sites, hosts = [host('a'), host('b')], profile, waived = {} }: Given) {
  const survey: SiteSurvey = {
    picture: pictureOf([]),
    findings,
    notEvaluated: [],
    looked: CHECKS.map(({ id }) => id),
    notFor: new Map(),
    ...site,
  };
  const waivers: Waived = { waivedHosts: ({ id }) => waived[id] ?? [], states: () => [] };
  const all = { checks: CHECKS, sites: sites ?? [survey], hosts, profile: { ...NO_PROFILE, ...profile }, waivers };
  const { checks, verdict } = judge(all);
  return { lines: checks.map(({ id, status }) => `${id} ${status}`).join(', '), exit: verdict.exitStatus, verdict };
}

describe('what checks come to', () => {
  test.each<{ about: string; given: Given; lines: string; exit: number }>([
    { about: 'nothing found', given: {}, lines: 'E1 passed, W1 passed, S1 passed', exit: 0 },
    {
      about: 'an error',
      given: { findings: [finding('E1', ['a'])] },
      lines: 'E1 failed, W1 passed, S1 passed',
      exit: 2,
    },
    {
      about: 'a warning',
      given: { findings: [finding('W1', ['a'])] },
      lines: 'E1 passed, W1 warned, S1 passed',
      exit: 0,
    },
    {
      about: 'a warning where warnings count',
      given: { findings: [finding('W1', ['a'])], profile: { failOn: 'warn' } },
      lines: 'E1 passed, W1 warned, S1 passed',
      exit: 2,
    },
    {
      about: 'a warning that the profile calls an error',
      given: { findings: [finding('W1', ['a'])], profile: { severities: { W1: 'error' } } },
      lines: 'E1 passed, W1 failed, S1 passed',
      exit: 2,
    },
    {
      about: 'an error that is waived on all of its hosts',
      given: { findings: [finding('E1', ['a', 'b'])], waived: { E1: ['b', 'a'] } },
      lines: 'E1 waived, W1 passed, S1 passed',
      exit: 0,
    },
    {
      about: 'an error that is waived on one of two',
      given: { findings: [finding('E1', ['a', 'b'])], waived: { E1: ['a'] } },
      lines: 'E1 failed, W1 passed, S1 passed',
      exit: 2,
    },
    {
      about: 'a check that was blind',
      given: { site: { notEvaluated: [{ id: 'W1', hosts: ['a'], why: 'no ping' }] } },
      lines: 'E1 passed, W1 not-evaluated, S1 passed',
      exit: 3,
    },
    {
      about: 'a check that found something on one host and was blind on another',
      given: {
        findings: [finding('E1', ['a'])],
        site: { notEvaluated: [{ id: 'E1', hosts: ['b'], why: 'no ping' }] },
      },
      lines: 'E1 failed, W1 passed, S1 passed',
      exit: 2,
    },
    {
      about: 'a host that could not be asked',
      given: { hosts: [host('a'), host('b', 'not evaluated')] },
      lines: 'E1 not-evaluated, W1 not-evaluated, S1 passed',
      exit: 3,
    },
    {
      about: 'a host without flannel',
      given: { hosts: [host('a'), host('b', 'no flannel')] },
      lines: 'E1 passed, W1 passed, S1 passed',
      exit: 0,
    },
    {
      about: 'no flannel anywhere',
      given: { sites: [], hosts: [host('a', 'no flannel')] },
      lines: 'E1 not-evaluated, W1 not-evaluated, S1 not-evaluated',
      exit: 3,
    },
    {
      about: 'a profile that leaves a check out',
      given: { profile: { skip: ['E1'] }, site: { looked: ['W1', 'S1'] } },
      lines: 'E1 skipped, W1 passed, S1 passed',
      exit: 0,
    },
    {
      about: 'a profile that asks for one',
      given: { profile: { only: ['W1'] }, site: { looked: ['W1'] } },
      lines: 'E1 skipped, W1 passed, S1 skipped',
      exit: 0,
    },
    {
      about: 'a check that is not for such a cluster',
      given: { site: { looked: ['E1', 'W1'], notFor: new Map([['S1', 'it has no etcd']]) } },
      lines: 'E1 passed, W1 passed, S1 skipped',
      exit: 0,
    },
  ])('$about', ({ given, lines, exit }) => {
    expect(judged(given)).toMatchObject({ lines, exit });
  });

  test('roots come first, errors before warnings, what is waived last', () => {
    const { findings } = judge({
      checks: CHECKS,
      sites: [
        {
          picture: pictureOf([]),
          findings: [
            finding('W1', ['a']),
            finding('E1', ['b'], { because: 'E1' }),
            finding('S1', ['b']),
            finding('E1', ['a']),
          ],
          notEvaluated: [],
          looked: ['E1', 'W1', 'S1'],
          notFor: new Map(),
        },
      ],
      hosts: [host('a'), host('b')],
      profile: NO_PROFILE,
      waivers: { waivedHosts: ({ id, hosts }) => (id === 'S1' ? hosts : []), states: () => [] },
    });
    expect(findings.map(({ id, hosts }) => `${id} ${hosts}`)).toEqual(['E1 a', 'W1 a', 'E1 b', 'S1 b']);
  });

  test('a fault has the same fingerprint whatever the order of its hosts, and another one on other hosts', () => {
    const printOf = (...hosts: string[]) => judgedFindings(finding('E1', hosts))[0]?.fingerprint;
    expect(printOf('a', 'b')).toBe(printOf('b', 'a'));
    expect(printOf('a', 'b')).not.toBe(printOf('a'));
    expect(printOf('a')).toMatch(/^[0-9a-f]{16}$/);
  });
});

function judgedFindings(...findings: Finding[]) {
  const survey = { picture: pictureOf([]), findings, notEvaluated: [], looked: ['E1'], notFor: new Map() };
  const waivers: Waived = { waivedHosts: () => [], states: () => [] };
  return judge({ checks: CHECKS, sites: [survey], hosts: [], profile: NO_PROFILE, waivers }).findings;
}
