import { describe, expect, test } from 'vitest';
import { checkText } from '../../src/report/check-text.js';
import { plain } from '../../src/report/paint.js';
import {
  brokenReport,
  HOSTILE_TEXTS,
  hostileReport,
  largeReport,
  notEvaluatedReport,
  runReport,
  soundReport,
  waivedReport,
} from '../support/reports.js';

const lines = (report: Parameters<typeof checkText>[0], more: Partial<Parameters<typeof checkText>[1]> = {}) =>
  checkText(report, { paint: plain, width: 100, verbosity: 0, ...more });

describe('a report for people', () => {
  test('of a sound cluster is what was looked at, and the verdict', () => {
    expect(lines(soundReport())).toMatchInlineSnapshot(`
      [
        "flannel v0.11.0 on 3 hosts, etcd v2 /kubernetes/network, network 10.0.0.0/8, 3 leases",
        "",
        "Sound: 3 hosts were looked at, and nothing was found.",
      ]
    `);
  });

  test('of the shared address says the fault, its cause and its cure in under ten lines', () => {
    const told = lines(brokenReport());
    const finding = told.slice(told.findIndex((line) => line.startsWith('✗ FF101')));
    expect(finding.slice(0, finding.indexOf('')).length).toBeLessThan(10);
    expect(told).toMatchInlineSnapshot(`
      [
        "flannel v0.11.0 on 3 hosts, etcd v2 /kubernetes/network, network 10.1.0.0/16, 1 lease",
        "",
        "✗ FF101 node1, node2, node3: all publish 10.0.2.15 (eth0), and all hold 10.1.11.0/24",
        "    cause: gateway-interface ambiguity",
        "      · node1, node2, node3: default route by eth0, which has 10.0.2.15",
        "      · etcd: one lease for 10.0.2.15: 10.1.11.0/24",
        "    mend:  name each node's own interface with -iface, clear flannel's run state, restart flanneld",
        "  and 1 that follows (-v shows it)",
        "",
        "2 errors on 3 hosts.",
        "→ fix-flannel plan inventory.yaml shows what would mend it",
      ]
    `);
  });

  test('in short is a line a finding, and the verdict', () => {
    expect(lines(brokenReport(), { short: true })).toMatchInlineSnapshot(`
      [
        "✗ FF101 node1, node2, node3: all publish 10.0.2.15 (eth0), and all hold 10.1.11.0/24",
        "2 errors on 3 hosts.",
      ]
    `);
  });

  test('of hosts that could not be asked says them once, with the next step', () => {
    expect(lines(notEvaluatedReport())).toMatchInlineSnapshot(`
      [
        "flannel v0.11.0 on 3 hosts, etcd v2 /kubernetes/network, network 10.0.0.0/8, 3 leases",
        "",
        "? node2: cannot reach 10.9.9.2:22: connection refused",
        "  → Is sshd running there?",
        "",
        "? FF101 not evaluated on node2: the host could not be read",
        "? FF103 not evaluated on node1, node2: the leases were not read: no answer from 10.9.9.9:2379",
        "? FF104 not evaluated: the network configuration was not read",
        "",
        "Not everything could be looked at.",
      ]
    `);
  });

  test('tells an expired waiver always, the others where more is asked for', () => {
    const [few, all] = [lines(waivedReport()).join('\n'), lines(waivedReport(), { verbosity: 1 }).join('\n')];
    expect(few).toMatch(/waiver expired/);
    expect(few).not.toMatch(/- waived FF103/);
    expect(all).toMatch(/- waived FF103 until 2026-12-31 by ops@example\.net/);
  });

  test('with -v has a line for each check', () => {
    const told = lines(soundReport(), { verbosity: 1 });
    for (const { id } of soundReport().checks)
      expect(told.filter((line) => line.startsWith(`✓ ${id} `))).toHaveLength(1);
  });

  test('of a run names no plan to make', () => {
    expect(lines(runReport()).join('\n')).not.toContain('fix-flannel plan');
  });

  test.each([40, 60, 100])('fits %d columns', (width) => {
    for (const report of [soundReport(), brokenReport(), notEvaluatedReport(), largeReport(60)]) {
      for (const line of lines(report, { width })) {
        // A word that is longer than the line stays whole.
        if (line.trim().includes(' ')) expect(line.length, line).toBeLessThanOrEqual(Math.max(width, 76));
      }
    }
  });

  test.each(HOSTILE_TEXTS.map((text) => ({ text })))('drives no terminal with $text', ({ text }) => {
    for (const line of lines(hostileReport(text), { verbosity: 2 })) {
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    }
  });
});
