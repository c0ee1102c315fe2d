import { describe, expect, test } from 'vitest';
import type { CheckReport } from '../../src/compliance/report.js';
import { junit } from '../../src/formats/junit.js';
import { markdown } from '../../src/formats/markdown.js';
import { nagios } from '../../src/formats/nagios.js';
import { prometheus } from '../../src/formats/prometheus.js';
import { sarif } from '../../src/formats/sarif.js';
import {
  brokenReport,
  CLUSTER,
  findingWith,
  hostsOf,
  largeReport,
  notEvaluatedReport,
  reportWith,
  runReport,
  soundReport,
  waivedReport,
} from '../support/reports.js';
import { prometheusSamples, xpath } from './validators.js';

describe('junit', () => {
  const outcomeOf = (report: CheckReport, name: string) =>
    xpath(junit.render(report, []), `name(//testcase[starts-with(@name, "${name}")]/*[1])`).trim();
  const failedRun: CheckReport['verdict'] = { kind: 'failed', exitStatus: 5, line: 'node2 was put back.' };

  test.each([
    { about: 'a check that passed', report: soundReport(), name: 'FF101', outcome: '' },
    { about: 'an error', report: brokenReport(), name: 'FF101', outcome: 'failure' },
    { about: 'a warning that does not count', report: waivedReport(), name: 'FF201', outcome: 'system-out' },
    { about: 'what is waived', report: waivedReport(), name: 'FF103', outcome: 'skipped' },
    { about: 'a check that could not look', report: notEvaluatedReport(), name: 'FF103', outcome: 'error' },
    { about: 'a host that was looked at', report: soundReport(), name: 'node1', outcome: '' },
    { about: 'a host that cannot be reached', report: notEvaluatedReport(), name: 'node2', outcome: 'error' },
    { about: 'a host without flannel', report: notEvaluatedReport(), name: 'bastion', outcome: 'skipped' },
    { about: 'the verdict of a sound cluster', report: soundReport(), name: 'verdict', outcome: 'system-out' },
    { about: 'the verdict of a sick one', report: brokenReport(), name: 'verdict', outcome: 'failure' },
    { about: 'the verdict where not all was seen', report: notEvaluatedReport(), name: 'verdict', outcome: 'error' },
    { about: 'a run that failed', report: reportWith({ verdict: failedRun }), name: 'verdict', outcome: 'failure' },
  ])('$about is "$outcome"', ({ report, name, outcome }) => {
    expect(outcomeOf(report, name)).toBe(outcome);
  });

  test('a warning is a failure where it made the exit status', () => {
    const finding = findingWith({ id: 'FF201', severity: 'warn' });
    const verdict = { kind: 'findings', exitStatus: 2, line: 'Not sound: 1 warning.' } as const;
    expect(outcomeOf(reportWith({ findings: [finding], verdict }), 'FF201')).toBe('failure');
  });

  test('the numbers are those of the cases', () => {
    const text = junit.render(notEvaluatedReport(), []);
    for (const [attribute, element] of [
      ['tests', 'testcase'],
      ['errors', 'error'],
      ['failures', 'failure'],
      ['skipped', 'skipped'],
    ]) {
      expect(xpath(text, `number(/testsuites/@${attribute}) = count(//${element})`).trim()).toBe('true');
      expect(xpath(text, `count(//testsuite[@${attribute} != count(.//${element})])`).trim()).toBe('0');
    }
  });

  test('the failure tells hosts, evidence and cure', () => {
    const text = xpath(junit.render(brokenReport(), []), 'string(//failure[1])');
    expect(text).toContain('- etcd: one lease for 10.0.2.15: 10.1.11.0/24');
    expect(text).toContain("mend: name each node's own interface");
  });
});

describe('sarif', () => {
  const runOf = (report: CheckReport) => JSON.parse(sarif.render(report, [])).runs[0];
  const uriAt = (at: string) => {
    const [host] = hostsOf(1);
    const report = reportWith({ hosts: [{ ...host!, at }], findings: [findingWith({ hosts: ['node1'] })] });
    const { physicalLocation } = runOf(report).results[0].locations[0];
    return physicalLocation && [physicalLocation.artifactLocation.uri, physicalLocation.region];
  };

  test('a result stands at the lines of its hosts and has its fingerprint', () => {
    const [first] = runOf(brokenReport()).results;
    expect(first).toMatchObject({ ruleId: 'FF101', ruleIndex: 0, level: 'error' });
    expect(first.partialFingerprints).toEqual({ 'fixFlannel/v1': '0101010101010101' });
    expect(
      first.locations.map(
        (location: { physicalLocation: { region: { startLine: number } } }) =>
          location.physicalLocation.region.startLine,
      ),
    ).toEqual([3, 4, 5]);
  });

  test.each([
    { at: 'inventory.yaml:7:9', place: ['inventory.yaml', { startLine: 7, startColumn: 9 }] },
    { at: 'sites/a b#c.yaml:7', place: ['sites/a%20b%23c.yaml', { startLine: 7 }] },
    { at: '/etc/f/hosts:1:1', place: ['file:///etc/f/hosts', { startLine: 1, startColumn: 1 }] },
    { at: 'C:odd:name.yaml:12:3', place: ['C%3Aodd%3Aname.yaml', { startLine: 12, startColumn: 3 }] },
    { at: 'inventory.yaml:0:1', place: ['inventory.yaml%3A0', { startLine: 1 }] },
    { at: 'the command line', place: undefined },
    { at: ':3:4', place: undefined },
    { at: '', place: undefined },
  ])('$at', ({ at, place }) => {
    expect(uriAt(at)).toEqual(place);
  });

  test('what is waived is suppressed with its reason; what is waived in part is not', () => {
    const [dead, gateway] = runOf(waivedReport()).results;
    expect(dead.suppressions).toEqual([
      { kind: 'external', justification: 'goes by itself (ops@example.net, until 2026-12-31)' },
    ]);
    expect(gateway.suppressions).toBeUndefined();
  });

  test('what was not looked at is a notification, never a result', () => {
    const run = runOf(notEvaluatedReport());
    expect(run.results).toEqual([]);
    expect(run.invocations[0]).toMatchObject({ executionSuccessful: true, exitCode: 3 });
    expect(
      run.invocations[0].toolExecutionNotifications.map(
        ({ level, associatedRule }: { level: string; associatedRule?: { id: string } }) => [level, associatedRule?.id],
      ),
    ).toEqual([
      ['error', undefined],
      ['warning', 'FF101'],
      ['warning', 'FF103'],
      ['warning', 'FF104'],
    ]);
  });

  test('a finding of no host stands at a node of its cluster', () => {
    const report = reportWith({ findings: [findingWith({ hosts: [] })] });
    expect(runOf(report).results[0].locations[0].logicalLocations[0].name).toBe('node1');
  });

  test('braces and links of data are no braces and links of a message', () => {
    const report = reportWith({ findings: [findingWith({ summary: 'see {0} [here](http://example.net)' })] });
    expect(runOf(report).results[0].message.text.split('\n')[0]).toBe('see {{0}} [here] (http://example.net)');
  });
});

describe('prometheus', () => {
  const sampleValue = (report: CheckReport, name: string, labels = {}, history: readonly CheckReport[] = []) =>
    prometheusSamples(prometheus.render(report, history)).find(
      (sample) =>
        sample.name === `fix_flannel_${name}` &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )?.value;
  const seconds = (report: CheckReport) => Date.parse(report.startedAt) / 1000 + report.seconds;

  test.each([
    { report: brokenReport(), id: 'FF101', severity: 'error', value: 1, waived: 0 },
    { report: soundReport(), id: 'FF101', severity: 'error', value: 0, waived: 0 },
    { report: waivedReport(), id: 'FF103', severity: 'warn', value: 0, waived: 1 },
    { report: waivedReport(), id: 'FF201', severity: 'warn', value: 1, waived: 0 },
  ])('$report.verdict.kind: $id $value', ({ report, id, severity, value, waived }) => {
    const labels = { id, severity, cluster: CLUSTER, inventory: 'inventory.yaml' };
    expect(sampleValue(report, 'findings', labels)).toBe(value);
    expect(sampleValue(report, 'findings_waived', labels)).toBe(waived);
  });

  test('a series stays when its finding goes', () => {
    const series = (report: CheckReport) =>
      prometheusSamples(prometheus.render(report, [])).map(({ name, labels }) => JSON.stringify([name, labels]));
    expect(series(brokenReport())).toEqual(series(soundReport()));
  });

  test.each([
    { about: 'of this check, where it is sound', report: soundReport(), history: [], last: soundReport() },
    { about: 'of warnings too', report: waivedReport(), history: [soundReport()], last: waivedReport() },
    {
      about: 'of the newest sound one before',
      report: brokenReport(),
      history: [notEvaluatedReport(), runReport(), soundReport()],
      last: runReport(),
    },
    { about: '0 where there is none', report: brokenReport(), history: [notEvaluatedReport()], last: undefined },
  ])('the last success is the time $about', ({ report, history, last }) => {
    const expected = last === undefined ? 0 : seconds(last);
    expect(sampleValue(report, 'last_success_timestamp_seconds', {}, history)).toBeCloseTo(expected, 3);
    expect(sampleValue(report, 'last_check_timestamp_seconds', {}, history)).toBeCloseTo(seconds(report), 3);
  });

  test('numbers of the check', () => {
    const report = notEvaluatedReport();
    expect(sampleValue(report, 'exit_status')).toBe(3);
    expect(sampleValue(report, 'hosts')).toBe(3);
    expect(sampleValue(report, 'hosts_evaluated')).toBe(1);
    expect(sampleValue(report, 'duration_seconds')).toBe(1.42);
    expect(sampleValue(report, 'checks', { status: 'not-evaluated' })).toBe(3);
    expect(sampleValue(report, 'check_evaluated', { id: 'FF101' })).toBe(0);
    expect(sampleValue(report, 'check_evaluated', { id: 'FF102' })).toBe(1);
  });
});

describe('nagios', () => {
  const verdict = { kind: 'failed', exitStatus: 5, line: 'node2 was put back.' } as const;

  test.each([
    { about: 'sound', report: soundReport(), state: 'OK' },
    { about: 'mended', report: runReport(), state: 'OK' },
    { about: 'warnings', report: waivedReport(), state: 'WARNING' },
    { about: 'findings', report: brokenReport(), state: 'CRITICAL' },
    { about: 'not all seen', report: notEvaluatedReport(), state: 'UNKNOWN' },
    { about: 'a failed run', report: reportWith({ kind: 'run', verdict }), state: 'CRITICAL' },
    { about: 'a failed check', report: reportWith({ verdict }), state: 'UNKNOWN' },
  ])('$about is $state', ({ report, state }) => {
    expect(nagios.render(report, [])).toMatch(new RegExp(`^FLANNEL ${state} - `));
  });

  test('the whole of it', () => {
    expect(nagios.render(brokenReport(), [])).toBe(
      [
        'FLANNEL CRITICAL - 2 errors on 3 hosts. | errors=2;;0;0 warnings=0;0;;0 waived=0;;;0 not_evaluated=0;;;0 evaluated=3;;;0;3 time=1.42s;;;0',
        'ERROR FF101 node1, node2, node3: all publish 10.0.2.15 (eth0), and all hold 10.1.11.0/24 (gateway-interface ambiguity)',
        'ERROR FF102 node1, node2, node3: all hold 10.1.11.0/24 (gateway-interface ambiguity)\n',
      ].join('\n'),
    );
  });

  test('more lines than Nagios takes are counted', () => {
    const findings = Array.from({ length: 300 }, (_, at) => findingWith({ summary: `fault ${at}: ${'x'.repeat(80)}` }));
    const text = nagios.render(reportWith({ findings }), []);
    expect(Buffer.byteLength(text)).toBeLessThan(8000);
    expect(text).toMatch(/\nand [0-9]+ lines more\n$/);
  });
});

describe('markdown', () => {
  test('of the broken cluster: verdict, findings with evidence and cure', () => {
    const text = markdown.render(brokenReport(), []);
    expect(text).toMatch(/^# flannel: 2 errors on 3 hosts\.\n/);
    expect(text).toContain('### FF101 one public address on several nodes (error)');
    expect(text).toContain('```text\nnode1: default route by eth0, which has 10.0.2.15\n');
    expect(text).toContain('- Follows from: FF101');
    expect(text).toContain('| node1 | inventory.yaml:3:5 | **evaluated, with findings** |');
  });

  test('an expired waiver says so', () => {
    expect(markdown.render(waivedReport(), [])).toContain('| FF105 | all | **expired** | old etcd |');
  });

  test('500 nodes fit a ticket: those with findings are named, the others counted', () => {
    const text = markdown.render(largeReport(), []);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('| node5 |');
    expect(text).toContain('498 more hosts with nothing to tell.');
    expect(text).not.toContain('| node6 |');
  });

  test('a run tells what it changed', () => {
    expect(markdown.render(runReport(), [])).toContain(
      '| node1 | Set the interface of flanneld | flanneld.service names no interface | /etc/systemd/system/flanneld.service |',
    );
  });
});
