import fc from 'fast-check';
import { marked } from 'marked';
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5';
import { describe, expect, test } from 'vitest';
import type { CheckReport } from '../../src/compliance/report.js';
import { withoutControls } from '../../src/core/printable.js';
import { json } from '../../src/formats/json.js';
import { junit } from '../../src/formats/junit.js';
import { markdown } from '../../src/formats/markdown.js';
import { nagios } from '../../src/formats/nagios.js';
import { ndjson } from '../../src/formats/ndjson.js';
import { prometheus } from '../../src/formats/prometheus.js';
import { sarif } from '../../src/formats/sarif.js';
import { HOSTILE_TEXTS, hostileReport, madeUpReports, soundReport } from '../support/reports.js';
import { recordedReports } from './recorded-reports.js';
import { junitComplaints, prometheusSamples, promtoolComplaints, sarifValidator } from './validators.js';

const REPORTS = [...madeUpReports(), ...recordedReports()];
const sarifComplaints = sarifValidator();

/** Texts of any characters, halves of pairs too, and of the pieces that formats are made of. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 20 }),
  fc.constantFrom(...HOSTILE_TEXTS),
  fc
    .array(
      fc.constantFrom(...'\\|`*_[]()<>#&!~$"\'{}=,;:/%@ \n\r\t\0-+.1a', ']]>', '<!--', '](', 'www.', 'http://', '```'),
      {
        maxLength: 14,
      },
    )
    .map((parts) => parts.join('')),
);

/** A report each of whose free texts is another one of these. */
const anyReport = fc.array(anyText, { minLength: 12, maxLength: 12 }).map(reportOf);

const PLACE = '\uf8ff';

function reportOf(texts: readonly string[]): CheckReport {
  let next = 0;
  const filled = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replaceAll(PLACE, () => texts[next++ % texts.length] as string);
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item)]));
  };
  return filled(hostileReport(PLACE)) as CheckReport;
}

/** Slow machines run fewer processes, each with many reports. */
const BATCHES = { numRuns: 8 };
const RUNS = { numRuns: 60 };

describe('JSON says just what the report says', () => {
  test('of any text', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const text = json.render(report, []);
        expect(JSON.parse(text)).toEqual(report);
        expect(withoutControls(text)).toBe(text);
      }),
      RUNS,
    );
  });
});

describe('NDJSON is one JSON object a line', () => {
  const kindsOf = (report: CheckReport) => {
    const text = ndjson.render(report, []);
    expect(text.endsWith('\n')).toBe(true);
    expect(withoutControls(text)).toBe(text);
    return text
      .slice(0, -1)
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  test.each(REPORTS)('of a report that is $about', ({ report }) => {
    const lines = kindsOf(report);
    const parts = (kind: string) => lines.filter((line) => line.kind === kind).map(({ kind: _, ...part }) => part);
    expect(lines[0]).toMatchObject({ kind: 'report', report: report.kind, schema: report.schema, id: report.id });
    expect(lines.at(-1)).toMatchObject({ kind: 'verdict', verdict: report.verdict.kind, counts: report.counts });
    expect(parts('check')).toEqual(report.checks);
    expect(parts('finding')).toEqual(report.findings);
    expect(parts('not-evaluated')).toEqual(report.notEvaluated);
    expect(parts('host')).toEqual(report.hosts);
    expect(parts('change')).toEqual(report.changes);
    expect(parts('waiver')).toEqual(report.waivers);
    expect(parts('cluster')).toEqual(report.clusters);
    expect(parts('before')).toEqual(report.before ?? []);
  });

  test('of any text', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        expect(kindsOf(report).at(-1).kind).toBe('verdict');
      }),
      RUNS,
    );
  });
});

describe('JUnit is valid by its schema', () => {
  test('of all made-up and recorded reports', () => {
    expect(junitComplaints(REPORTS.map(({ report }) => junit.render(report, [])))).toBe('');
  });

  test('and xmllint complains of what is not', () => {
    const good = junit.render(soundReport(), []);
    expect(junitComplaints([good.replace('failures=', 'failed=')])).toMatch('failed');
    expect(junitComplaints([good.replace('</testsuites>', '')])).toMatch('testsuites');
  });

  test('of any text', () => {
    fc.assert(
      fc.property(fc.array(anyReport, { minLength: 15, maxLength: 15 }), (reports) => {
        expect(junitComplaints(reports.map((report) => junit.render(report, [])))).toBe('');
      }),
      BATCHES,
    );
  });
});

describe('SARIF is valid by the schema of SARIF 2.1.0', () => {
  test.each(REPORTS)('of a report that is $about', ({ report }) => {
    expect(sarifComplaints(JSON.parse(sarif.render(report, [])))).toEqual([]);
  });

  test('and the schema complains of what is not', () => {
    const log = JSON.parse(sarif.render(soundReport(), []));
    expect(sarifComplaints({ ...log, version: '2.0.0' })).not.toEqual([]);
    log.runs[0].tool.driver.rules[0].id = 7;
    expect(sarifComplaints(log)).not.toEqual([]);
  });

  test('of any text', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        expect(sarifComplaints(JSON.parse(sarif.render(report, [])))).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('metrics are those of Prometheus', () => {
  test.each(REPORTS.filter(({ about }) => !about.startsWith('hostile')))(
    'promtool takes them of a report that is $about',
    ({ report }) => {
      expect(promtoolComplaints(prometheus.render(report, []))).toBe('');
    },
  );

  test('promtool takes all hostile texts, and complains of what is wrong', () => {
    const text = prometheus.render(reportOf(HOSTILE_TEXTS), []);
    expect(promtoolComplaints(text)).toBe('');
    expect(promtoolComplaints(prometheus.render(hostileReport(HOSTILE_TEXTS.join('')), []))).toBe('');
    expect(promtoolComplaints(text.replace('{inventory="', '{inventory='))).not.toBe('');
  });

  test('of any text, which stands in the labels', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const samples = prometheusSamples(prometheus.render(report, []));
        const inventories = new Set(samples.map(({ labels }) => labels.inventory));
        expect([...inventories]).toEqual([withoutControls(report.inventory.name)]);
      }),
      RUNS,
    );
  });
});

describe('Nagios gets one line of state and numbers', () => {
  const check = (report: CheckReport) => {
    const text = nagios.render(report, []);
    const [first, ...more] = text.split('\n');
    expect(first).toMatch(/^FLANNEL (?:OK|WARNING|CRITICAL|UNKNOWN) - [^|]*\| errors=[0-9]+;;0;0 [^|]*$/);
    expect(more.join('')).not.toContain('|');
    expect(text.replaceAll('\n', '')).toBe(withoutControls(text).replaceAll('\n', ''));
    expect(Buffer.byteLength(text)).toBeLessThan(8000);
  };

  test.each(REPORTS)('of a report that is $about', ({ report }) => check(report));
  test('of any text', () => fc.assert(fc.property(anyReport, check), RUNS));
});

describe('Markdown holds no markup but its own', () => {
  const OWN = new Set('h1 h2 h3 p ul li pre code table thead tbody tr th td strong'.split(' '));

  const check = (report: CheckReport) => {
    const { tags, rows } = rendered(markdown.render(report, []));
    expect([...tags].filter((tag) => !OWN.has(tag))).toEqual([]);
    const hosts = rows.slice(-report.hosts.length).map((cells) => cells[0]);
    if (report.hosts.length <= 100) expect(hosts).toEqual(report.hosts.map(({ name }) => oneLine(name)));
    expect(rows.every((cells) => [2, 3, 4, 7].includes(cells.length))).toBe(true);
  };

  test.each(REPORTS)('of a report that is $about', ({ report }) => check(report));
  test('of any text', () => fc.assert(fc.property(anyReport, check), RUNS));
});

/** As a browser would show it. */
function oneLine(text: string): string {
  return withoutControls(text).replace(/\s+/g, ' ').trim();
}

/** What a renderer makes of Markdown: the elements in it, and the texts of its tables' cells. */
function rendered(text: string): { tags: Set<string>; rows: string[][] } {
  const tags = new Set<string>();
  const rows: string[][] = [];
  const visit = (node: DefaultTreeAdapterTypes.Node) => {
    if ('tagName' in node) {
      tags.add(node.tagName);
      if (node.tagName === 'tr') rows.push([]);
      if (node.tagName === 'td' || node.tagName === 'th') rows.at(-1)?.push(oneLine(textOf(node)));
    }
    if ('childNodes' in node) for (const child of node.childNodes) visit(child);
  };
  visit(parseFragment(marked.parse(text, { async: false, gfm: true })));
  return { tags, rows };
}

function textOf(node: DefaultTreeAdapterTypes.Node): string {
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}
