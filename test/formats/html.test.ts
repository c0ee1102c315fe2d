import fc from 'fast-check';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { describe, expect, test } from 'vitest';
import type { CheckReport } from '../../src/compliance/report.js';
import { withoutControls } from '../../src/core/printable.js';
import { html } from '../../src/formats/html.js';
import { runsInGate } from '../support/in-gate.js';
import {
  brokenReport,
  findingWith,
  HOSTILE_TEXTS,
  hostileReport,
  largeReport,
  madeUpReports,
  reportWith,
  runReport,
  soundReport,
  waivedReport,
} from '../support/reports.js';
import { recordedReports } from './recorded-reports.js';

type Element = DefaultTreeAdapterTypes.Element;

const REPORTS = [...madeUpReports(), ...recordedReports()];

function pageOf(report: CheckReport, history: readonly CheckReport[] = []): Element[] {
  return elementsIn(parse(html.render(report, history)));
}

/** All elements below a node, in the order of the page. */
function elementsIn(node: DefaultTreeAdapterTypes.Node): Element[] {
  if (!('childNodes' in node)) return [];
  return node.childNodes.flatMap((child) => ('tagName' in child ? [child, ...elementsIn(child)] : []));
}

function textOf(node: DefaultTreeAdapterTypes.Node): string {
  if ('value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
}

function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((one) => one.name === name)?.value;
}

function hasClass(element: Element, name: string): boolean {
  return attribute(element, 'class')?.split(' ').includes(name) ?? false;
}

/** The section with this heading, without line breaks and blanks that nobody sees. */
function section(report: CheckReport, id: string, history: readonly CheckReport[] = []): string {
  const found = pageOf(report, history).find((element) => attribute(element, 'aria-labelledby') === id);
  return found === undefined ? '' : textOf(found).replace(/\s+/g, ' ').trim();
}

describe('a page for everybody', () => {
  test.each(REPORTS)('of a report that is $about', ({ report }) => {
    const page = pageOf(report, [soundReport()]);
    const all = (...names: string[]) => page.filter(({ tagName }) => names.includes(tagName));
    expect(all('html').map((root) => attribute(root, 'lang'))).toEqual(['en']);
    expect(textOf(all('title')[0] as Element)).toContain('fix-flannel');
    expect(all('h1', 'main', 'nav', 'header', 'footer')).toHaveLength(5);

    const levels = all('h1', 'h2', 'h3', 'h4', 'h5').map(({ tagName }) => Number(tagName.slice(1)));
    expect(levels[0]).toBe(1);
    expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([]);

    const ids = page.map((element) => attribute(element, 'id')).filter((id) => id !== undefined);
    expect(new Set(ids).size).toBe(ids.length);
    const named = page.flatMap((element) => [
      attribute(element, 'aria-labelledby'),
      attribute(element, 'for'),
      attribute(element, 'href')?.replace(/^#|^data:,$/, ''),
    ]);
    expect(named.filter((id) => id !== undefined && id !== '' && !ids.includes(id))).toEqual([]);

    for (const table of all('table')) {
      const inner = elementsIn(table);
      expect(inner.filter(({ tagName }) => tagName === 'caption')).toHaveLength(1);
      expect(inner.filter((cell) => cell.tagName === 'th' && attribute(cell, 'scope') === undefined)).toEqual([]);
    }
    const unnamed = all('svg').filter(
      (drawing) => attribute(drawing, 'aria-hidden') !== 'true' && attribute(drawing, 'aria-label') === undefined,
    );
    expect(unnamed).toEqual([]);
    expect(all('details').filter((part) => elementsIn(part)[0]?.tagName !== 'summary')).toEqual([]);
  });
});

describe('a hostile text', () => {
  /** The page's elements with the names of their attributes, without the lines of a diff: they come with the text. */
  const skeleton = (text: string) => {
    const report = hostileReport(text);
    const nodes = report.clusters.flatMap((cluster) =>
      cluster.nodes.map((node) => ({ ...node, status: 'flannel' as const })),
    );
    const clusters = report.clusters.map((cluster) => ({ ...cluster, nodes: [...nodes, ...nodes] }));
    return pageOf({ ...report, clusters: [...clusters, ...(report.before ?? [])] }, [report])
      .filter(({ parentNode }) => parentNode !== null && !('attrs' in parentNode && hasClass(parentNode, 'diff')))
      .map(({ tagName, attrs }) => [tagName, ...attrs.map(({ name }) => name)].join(' '));
  };
  const plain = skeleton('plain');

  test.each(HOSTILE_TEXTS)('makes no element and no attribute: %j', (text) => {
    expect(skeleton(text)).toEqual(plain);
  });

  test('of any kind makes none, and is shown as it is', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        ...HOSTILE_TEXTS.slice(0, -1),
        '<',
        '>',
        '"',
        "'",
        '&',
        '<!--',
        '</title>',
        '</script>',
        '</style>',
        '\r',
        '\0',
      ),
    );
    const anyText = fc.array(piece, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(anyText, (text) => {
        expect(skeleton(text)).toEqual(plain);
        const heading = pageOf(hostileReport(text)).find(({ tagName }) => tagName === 'h1') as Element;
        expect(textOf(heading)).toBe(withoutControls(text));
      }),
      { numRuns: runsInGate(60) },
    );
  });

  test.each(REPORTS)('cannot name a file, an address or a script: $about', ({ report }) => {
    const page = pageOf(report, [report]);
    const attributes = page.flatMap(({ attrs }) => attrs);
    const links = attributes.filter(({ name }) => name === 'href').map(({ value }) => value);
    expect(links.filter((link) => !/^#[a-z-]+$|^data:,$/.test(link))).toEqual([]);
    expect(attributes.filter(({ name }) => /^on|^src|^style$|^action/.test(name))).toEqual([]);
    expect(page.filter(({ tagName }) => tagName === 'script' || tagName === 'style')).toHaveLength(2);
  });
});

describe('the verdict', () => {
  test.each([
    { about: 'sound', report: soundReport(), words: 'Sound Sound: 3 hosts were looked at' },
    { about: 'broken', report: brokenReport(), words: 'Faults found 2 errors on 3 hosts.' },
    { about: 'mended', report: runReport(), words: 'Mended Mended: 3 hosts were changed' },
  ])('says that it is $about, of what, when, and how long it took', ({ report, words }) => {
    const header = pageOf(report).find(({ tagName }) => tagName === 'header') as Element;
    const text = textOf(header).replace(/\s+/g, ' ');
    expect(text).toContain(words);
    expect(text).toContain('inventory.yaml');
    expect(text).toMatch(/2026-03-01 1\d:00 UTC/);
    expect(text).toMatch(/Took\d/);
  });

  test('of a word that this version does not know is shown as it is', () => {
    const kind = 'toString' as CheckReport['verdict']['kind'];
    const page = pageOf(reportWith({ verdict: { kind, exitStatus: 0, line: 'x' } }));
    expect(page.filter((element) => hasClass(element, 'word')).map(textOf)).toEqual(['toString']);
  });
});

describe('findings', () => {
  test('stand under their root, with cause, evidence and cure', () => {
    const text = section(brokenReport(), 'findings');
    expect(text).toMatch(
      /FF101 .*gateway-interface ambiguity.*one lease for 10\.0\.2\.15.*1 finding follows from this.*FF102 /,
    );
    expect(text).toContain("name each node's own interface with -iface");
    expect(section(soundReport(), 'findings')).toBe('Findings Nothing was found.');
  });

  test('that are waived say who waived them, why, and until when', () => {
    const text = section(waivedReport(), 'findings');
    expect(text).toContain('Waived goes by itself (ops@example.net, until 2026-12-31)');
    expect(text).toContain('Waived on 1 of 2 hostsa laboratory (ops@example.net, until 2026-12-31)');
    const cards = pageOf(waivedReport()).filter(({ tagName }) => tagName === 'article');
    expect(cards.map((card) => hasClass(card, 'muted-card'))).toEqual([true, false]);
    expect(section(waivedReport(), 'waivers')).toContain('expired');
  });

  test('of many hosts show some and keep the others behind a summary', () => {
    const hosts = largeReport().hosts.map(({ name }) => name);
    expect(section(reportWith({ findings: [findingWith({ hosts })] }), 'findings')).toContain('488 more');
  });

  test('are new, or since a report', () => {
    expect(section(brokenReport(), 'findings', [soundReport()])).toContain('new: the report before');
    expect(section(brokenReport(), 'findings', [brokenReport(), soundReport()])).toContain(
      'since 2026-03-01 11:00 UTC',
    );
  });
});

describe('a run', () => {
  test('shows the cluster before and after', () => {
    const text = section(runReport(), 'picture');
    expect(text).toMatch(/Before.*3 nodes share what each should have alone.*After.*3 nodes whose subnet and address/);
  });

  test('shows the lines that it changed', () => {
    const text = section(runReport(), 'changes');
    expect(text).toContain('-ExecStart=/usr/local/bin/flanneld \\');
    expect(text).toContain('+ExecStart=/usr/local/bin/flanneld -iface=eth1 \\');
    expect(section(runReport(), 'changes')).toContain('/etc/systemd/system/flanneld.service');
    expect(section(soundReport(), 'changes')).toBe('');
  });

  test.each([
    { about: 'a file that is the same', before: 'a\n', after: 'a\n', text: 'No line differs.' },
    { about: 'a new file', before: '', after: 'a\n', text: '+a' },
    { about: 'a last line without its end', before: 'a', after: 'a\n', text: '\\ No newline at end of file' },
    { about: 'a carriage return', before: 'a\r\n', after: 'a\n', text: '-a\\x0d' },
    {
      about: 'a file that is another one',
      before: Array.from({ length: 5000 }, (_, at) => `old ${at}\n`).join(''),
      after: Array.from({ length: 5000 }, (_, at) => `new ${at}\n`).join(''),
      text: 'More than 2000 lines differ: not shown.',
    },
  ])('tells of $about', ({ before, after, text }) => {
    const change = { host: 'node1', task: 'task', why: 'why', diffs: [{ path: '/etc/x', before, after }] };
    expect(section({ ...runReport(), changes: [change] }, 'changes')).toContain(text);
  });
});

describe('history', () => {
  test('draws a bar for each report, the newest last, and lists them, the newest first', () => {
    const history = [brokenReport(), waivedReport(), soundReport()];
    const page = pageOf(soundReport(), history);
    const trend = page.find((element) => hasClass(element, 'trend')) as Element;
    const bars = elementsIn(trend).filter(({ tagName }) => tagName === 'g');
    expect(bars.map((bar) => textOf(bar).replace(/^.*Z: /, ''))).toEqual([
      '0 errors, 0 warnings',
      '0 errors, 1 warnings',
      '2 errors, 0 warnings',
      '0 errors, 0 warnings',
    ]);
    expect(section(soundReport(), 'history', history)).toMatch(/Sound.*Faults found.*Warnings.*Sound/);
  });

  test('names what is gone since the last report', () => {
    const text = section(soundReport(), 'history', [brokenReport()]);
    expect(text).toContain('Gone since the report before this one:FF101 node1, node2, node3: all publish');
    const blind = reportWith({ checks: [] });
    expect(section(blind, 'history', [brokenReport()])).not.toContain('Gone');
  });

  test('says that there is none', () => {
    expect(section(soundReport(), 'history')).toBe('History No earlier report of this inventory was kept.');
  });

  test('of a thousand reports is cut', () => {
    const history = Array.from({ length: 1000 }, (_, at) => ({ ...brokenReport(), id: `old-${at}` }));
    const text = section(soundReport(), 'history', history);
    expect(text).toContain('The last 30 of 1001 reports');
    expect(text).not.toContain('old-40');
  });
});

test('the hosts have what is known of them, and the findings that count', () => {
  expect(section(brokenReport(), 'hosts')).toContain(
    'node1evaluatedFF101 FF10210.1.11.0/2410.0.2.15 (eth0, default route)',
  );
  expect(section(waivedReport(), 'hosts')).toMatch(/node1evaluated10\..*node2evaluated10\..*node3evaluatedFF201/);
});
