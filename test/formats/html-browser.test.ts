import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckReport } from '../../src/compliance/report.js';
import { html } from '../../src/formats/html.js';
import { type Browser, openBrowser, type Page, show } from '../support/browser.js';
import { cpuMsOf } from '../support/cpu.js';
import {
  brokenReport,
  HOSTILE_TEXTS,
  hostileReport,
  largeReport,
  notEvaluatedReport,
  reportWith,
  runReport,
  soundReport,
  waivedReport,
} from '../support/reports.js';

// What a reader sees, in a real browser. A page may take long to appear on a machine that has other work.
const PATIENCE = 120_000;

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
}, PATIENCE);
afterAll(() => browser?.close());

type Options = Parameters<Browser['newPage']>[0];

/** A page for each set of options, which shows one report after the other: a new one takes seconds. */
const pages = new Map<string, Page>();

async function shown(report: CheckReport, options: Options = {}, history: readonly CheckReport[] = []) {
  const key = JSON.stringify(options);
  const page = pages.get(key) ?? (await browser.newPage(options));
  pages.set(key, page);
  return { page, misdeeds: await show(page, html.render(report, history)) };
}

describe('a page', { timeout: PATIENCE }, () => {
  test.each([
    { about: 'sound', report: soundReport(), word: 'Sound' },
    { about: 'broken', report: brokenReport(), word: 'Faults found' },
    { about: 'waived', report: waivedReport(), word: 'Warnings' },
    { about: 'not evaluated', report: notEvaluatedReport(), word: 'Not evaluated' },
    { about: 'of 500 nodes', report: largeReport(), word: 'Faults found' },
    { about: 'of a run', report: runReport(), word: 'Mended' },
    ...HOSTILE_TEXTS.slice(3, 5).map((text) => ({ about: text, report: hostileReport(text), word: 'Faults found' })),
  ])('that is $about shows its verdict and findings, complains of nothing and asks for nothing', async (row) => {
    const { page, misdeeds } = await shown(row.report, {}, [brokenReport(), soundReport()]);
    expect(await page.isVisible('.verdict .word')).toBe(true);
    expect(await page.textContent('.verdict .word')).toBe(row.word);
    expect(await page.evaluate('document.querySelectorAll("article").length')).toBe(row.report.findings.length);
    expect(await page.evaluate(HIDDEN_CARDS)).toBe(0);
    expect(misdeeds).toEqual({ complaints: [], requests: [] });
  });

  test('is no wider than the screen of a telephone', async () => {
    for (const report of [largeReport(50), hostileReport('wide'.repeat(500))]) {
      const { page } = await shown(report, { viewport: { width: 360, height: 640 } });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    }
  });

  test('of 500 nodes is small, quickly made, and not a tangle', async () => {
    expect(await cpuMsOf(() => html.render(largeReport(), [brokenReport()]))).toBeLessThan(6000);
    expect(html.render(largeReport(), []).length).toBeLessThan(600_000);
    const { page } = await shown(largeReport());
    expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(20_000);
    expect(await page.evaluate('document.querySelectorAll(".cell title").length')).toBe(498);
  });

  test('lets no other script or style run', async () => {
    const { page, misdeeds } = await shown(soundReport());
    await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      const style = document.createElement('style');
      style.textContent = 'h1 { color: rgb(1, 2, 3) }';
      const image = new Image();
      image.src = 'http://elsewhere.test/x.png';
      document.body.append(script, style, image);
    }`);
    expect(await page.evaluate('window.ran ?? null')).toBeNull();
    expect(await page.evaluate('getComputedStyle(document.querySelector("h1")).color')).not.toBe('rgb(1, 2, 3)');
    expect(misdeeds.requests).toEqual([]);
    expect(misdeeds.complaints.length).toBeGreaterThanOrEqual(2);
  });

  test('says everything without scripts', async () => {
    const { page } = await shown(brokenReport(), { javaScriptEnabled: false });
    expect(await page.textContent('.verdict .word')).toBe('Faults found');
    expect(await page.isVisible('#hosts ~ .scroll table')).toBe(true);
    expect(await page.isVisible('#filter')).toBe(false);
  });
});

const HIDDEN_CARDS =
  'Array.from(document.querySelectorAll("article")).filter((card) => !card.checkVisibility()).length';

describe('the keyboard', { timeout: PATIENCE }, () => {
  test('reaches the way past the head, links, summaries, tables and the filter, and shows where it is', async () => {
    const { page } = await shown(runReport(), {}, [brokenReport()]);
    const stops = await stopsOf(page, 40);
    expect(stops[0]).toMatchObject({ tag: 'a', text: 'Skip to the report' });
    expect(stops.filter(({ outline }) => outline === 'none')).toEqual([]);
    const texts = stops.map(({ tag, text }) => `${tag} ${text}`);
    expect(texts).toContain('a Findings');
    expect(texts).toContain('summary The same as a table');
    expect(texts).toContain('summary node1 1 change');
    expect(texts).toContain('input filter-words');
    expect(texts).toContain('div Hosts of the inventory');
  });

  test('skips the head', async () => {
    const { page } = await shown(soundReport());
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  test('opens and closes what a summary hides', async () => {
    const { page } = await shown(brokenReport());
    await page.evaluate('document.querySelector("figure + details > summary").focus()');
    expect(await page.isVisible('figure + details table')).toBe(false);
    await page.keyboard.press('Enter');
    expect(await page.isVisible('figure + details table')).toBe(true);
  });

  test('filters the hosts by all words that are written', async () => {
    const { page } = await shown(largeReport(100));
    await page.fill('#filter-words', '10.200.11.0 NODE8');
    expect(await page.textContent('#filter-count')).toBe('1 of 100 hosts');
    expect(await page.evaluate(VISIBLE_ROWS)).toEqual(['node8']);
    await page.fill('#filter-words', '');
    expect(await page.textContent('#filter-count')).toBe('100 of 100 hosts');
  });
});

const VISIBLE_ROWS = `Array.from(document.querySelectorAll('#hosts ~ .scroll tbody tr'))
  .filter((row) => row.checkVisibility()).map((row) => row.cells[0].textContent)`;

interface Stop {
  readonly tag: string;
  readonly text: string;
  readonly outline: string;
}

async function stopsOf(page: Page, presses: number): Promise<Stop[]> {
  const stops: Stop[] = [];
  for (let press = 0; press < presses; press += 1) {
    await page.keyboard.press('Tab');
    stops.push((await page.evaluate(STOP)) as Stop);
    if (stops.at(-1)?.tag === 'body') return stops.slice(0, -1);
  }
  return stops;
}

const STOP = `(() => {
  const at = document.activeElement;
  const text = at.getAttribute('aria-label') ?? (at.id || at.textContent);
  return { tag: at.localName, text, outline: getComputedStyle(at).outlineStyle };
})()`;

describe('texts stand out from their ground by 4.5 or more', { timeout: PATIENCE }, () => {
  const { waivers, findings } = waivedReport();
  const report = reportWith({
    ...runReport(),
    ...{ waivers, notEvaluated: notEvaluatedReport().notEvaluated, hosts: notEvaluatedReport().hosts },
    findings: [...brokenReport().findings, ...findings],
  });

  test.each([
    { colorScheme: 'light', ground: 'rgb(255, 255, 255)' },
    { colorScheme: 'dark', ground: 'rgb(15, 20, 25)' },
  ] as const)('$colorScheme', async ({ colorScheme, ground }) => {
    const { page } = await shown(report, { colorScheme }, [waivedReport()]);
    const { texts, faint, page: under } = (await page.evaluate(CONTRASTS)) as Contrasts;
    expect(texts).toBeGreaterThan(250);
    expect(faint).toEqual([]);
    expect(under).toBe(ground);
  });
});

interface Contrasts {
  readonly texts: number;
  readonly faint: readonly string[];
  readonly page: string;
}

/** Each text against what it stands on: the nearest ground that is painted, in a drawing its frame and its head. */
const CONTRASTS = `(() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).map((part) => (part / 255 <= 0.04045 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const groundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (numbers(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const groundsOf = (element) => {
    const box = element.closest('svg.box');
    if (box === null) return [groundOf(element)];
    return Array.from(box.querySelectorAll('.frame, .fill-error'), (part) => getComputedStyle(part).fill);
  };
  const own = (element) => Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.data.trim() !== '');
  const texts = Array.from(document.querySelectorAll('body *')).filter(
    (element) => own(element) && !['script', 'title'].includes(element.localName) && !element.matches('.skip'),
  );
  const faint = texts.flatMap((element) => {
    const style = getComputedStyle(element);
    const color = element.localName === 'text' ? style.fill : style.color;
    return groundsOf(element)
      .filter((ground) => contrast(color, ground) < 4.5)
      .map((ground) => element.localName + '.' + element.getAttribute('class') + ' ' + color + ' on ' + ground + ': ' + element.textContent);
  });
  return { texts: texts.length, faint, page: getComputedStyle(document.body).backgroundColor };
})()`;

describe('paper', { timeout: PATIENCE }, () => {
  test('has pages, more of a large cluster', async () => {
    const sizes = [];
    for (const report of [brokenReport(), largeReport(150)]) {
      const { page } = await shown(report);
      sizes.push(pagesOf(await page.pdf({ format: 'A4' })));
    }
    const [small = 0, large = 0] = sizes;
    expect(small).toBeGreaterThanOrEqual(2);
    expect(small).toBeLessThanOrEqual(6);
    expect(large).toBeGreaterThan(small);
    expect(large).toBeLessThan(60);
  });

  test('shows what is closed, has no filter, and is light, without scripts too', async () => {
    const { page } = await shown(brokenReport(), { colorScheme: 'dark', javaScriptEnabled: false });
    expect(await page.isVisible('figure + details table')).toBe(false);
    await page.emulateMedia({ media: 'print' });
    expect(await page.isVisible('figure + details table')).toBe(true);
    expect(await page.isVisible('nav')).toBe(false);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
  });
});

function pagesOf(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0;
}
