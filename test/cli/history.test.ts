import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { historyCommands } from '../../src/cli/history-command.js';
import type { CheckReport } from '../../src/compliance/report.js';
import { compareReports } from '../../src/history/compare.js';
import { folderOf } from '../../src/history/history-folder.js';
import { openHistory } from '../../src/history/open-history.js';
import { diffText, historyText, reportHead } from '../../src/report/history-text.js';
import { coloured } from '../../src/report/paint.js';
import { brokenReport, HOSTILE_TEXTS, hostileReport, reportWith, runReport } from '../support/reports.js';

const root = mkdtempSync(join(tmpdir(), 'history-cli-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

/** Sound, then broken, then mended by a run; of one inventory. */
const THREE = [reportWith({ id: '20260301T100000Z-00000001' }), brokenReport(), runReport()];

async function stateWith(reports: Readonly<Record<string, readonly CheckReport[]>>): Promise<string> {
  const state = join(mkdtempSync(join(root, 'state-')), 'state');
  for (const [inventory, all] of Object.entries(reports)) {
    const history = openHistory(state, inventory);
    for (const report of all) await history.add({ ...report, inventory: { name: inventory, path: inventory } });
  }
  return state;
}

async function said(state: string, ...args: string[]): Promise<string> {
  const pieces: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
    pieces.push(String(piece));
    return true;
  });
  try {
    await historyCommands().parseAsync([...args, '--state-folder', state], { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return pieces.join('');
}

describe('history', () => {
  test('lists the reports of the only inventory, the newest first, with what changed', async () => {
    expect(await said(await stateWith({ '/srv/a.yaml': THREE }))).toBe(
      [
        '20260301T150000Z-00000006  2026-03-01 15:00:00Z  run',
        '  Mended: 3 hosts were changed, and nothing is left to plan.',
        '  ended: FF101 on node1, node2, node3; FF102 on node1, node2, node3',
        '20260301T110000Z-00000002  2026-03-01 11:00:00Z  check',
        '  2 errors on 3 hosts.',
        '  began: FF101 on node1, node2, node3; FF102 on node1, node2, node3',
        '20260301T100000Z-00000001  2026-03-01 10:00:00Z  check',
        '  Sound: 3 hosts were looked at, and nothing was found.',
        '',
      ].join('\n'),
    );
  });

  test('takes an inventory, and no more reports than are asked for', async () => {
    const state = await stateWith({ [resolve('a.yaml')]: THREE, '/srv/b.yaml': THREE.slice(0, 1) });
    expect((await said(state, 'a.yaml', '-n', '1')).split('\n')).toHaveLength(4);
    expect(await said(state, 'c.yaml')).toBe(
      'No reports of c.yaml yet. `fix-flannel history` shows whose there are.\n',
    );
  });

  test('lists the inventories where there are several', async () => {
    const text = await said(await stateWith({ '/srv/a.yaml': THREE.slice(0, 1), '/srv/b.yaml': THREE }));
    expect(text.split('\n').filter((line) => line.startsWith('/'))).toEqual([
      '/srv/b.yaml: 3 reports, the newest one',
      '/srv/a.yaml: 1 report, the newest one',
    ]);
  });

  test('is empty at first', async () => expect(await said(await stateWith({}))).toBe('No reports yet.\n'));

  test('tells what is no report', async () => {
    const state = await stateWith({ '/srv/a.yaml': THREE });
    writeFileSync(join(folderOf(state, '/srv/a.yaml'), '20260301T160000Z-00000009.json'), '{');
    expect(await said(state)).toContain('! 20260301T160000Z-00000009.json: it is no JSON\n');
    expect(JSON.parse(await said(state, '--json')).damage).toHaveLength(1);
  });

  test.each([
    { about: 'a number that is none', args: ['-n', '0'] },
    { about: 'a report too many', args: ['show', 'a', 'b'] },
  ])('refuses $about', async ({ args }) => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await expect(said(await stateWith({}), ...args)).rejects.toMatchObject({ name: 'CommanderError' });
  });
});

describe('history show', () => {
  test('shows a report as it was shown then, under its head', async () => {
    const text = await said(await stateWith({ '/srv/a.yaml': THREE }), 'show', '20260301T11');
    expect(text.split('\n').slice(0, 2)).toEqual([
      '20260301T110000Z-00000002  2026-03-01 11:00:00Z  check',
      '  /srv/a.yaml, fix-flannel 0.1.0',
    ]);
    expect(text).toContain('FF101');
    expect(text).toContain('10.0.2.15');
  });

  test('gives the report itself as JSON', async () => {
    const shown = JSON.parse(await said(await stateWith({ '/srv/a.yaml': THREE }), 'show', 'previous', '--json'));
    expect(shown).toEqual({ ...brokenReport(), inventory: { name: '/srv/a.yaml', path: '/srv/a.yaml' } });
  });

  test('asks whose is meant', async () => {
    const state = await stateWith({ [resolve('a.yaml')]: THREE, '/srv/b.yaml': THREE.slice(0, 1) });
    await expect(said(state, 'show', 'latest')).rejects.toMatchObject({ code: 'cli/usage' });
    expect(await said(state, 'show', 'latest', '-i', 'a.yaml')).toContain('20260301T150000Z-00000006');
  });
});

describe('history diff', () => {
  const IDS = ['20260301T10', '20260301T11'];

  test.each([
    { about: 'in their order', args: IDS },
    { about: 'in the other order', args: [...IDS].reverse() },
  ])('tells what began between two, given $about', async ({ args }) => {
    const text = await said(await stateWith({ '/srv/a.yaml': THREE }), 'diff', ...args);
    expect(text.split('\n').slice(4)).toEqual([
      '',
      'began',
      '  ✗ FF101 one public address on several nodes: node1, node2, node3',
      '  ✗ FF102 one subnet on several nodes: node1, node2, node3',
      '',
    ]);
  });

  test('compares the latest with the one before, where nothing is named', async () => {
    const json = JSON.parse(await said(await stateWith({ '/srv/a.yaml': THREE }), 'diff', '--json'));
    expect([json.before.id, json.after.id, json.ended.length, json.began]).toEqual([THREE[1]?.id, THREE[2]?.id, 6, []]);
  });

  test('says so where nothing is otherwise', async () =>
    expect(await said(await stateWith({ '/srv/a.yaml': THREE }), 'diff', 'latest', 'latest')).toContain(
      'Nothing began and nothing ended.',
    ));
});

describe('hostile texts', () => {
  const own = (text: string) => stripVTControlCharacters(text);

  test.each(HOSTILE_TEXTS.map((text, at) => ({ at, text })))('number $at does nothing to a terminal', ({ text }) => {
    const report = hostileReport(text);
    const settings = { paint: coloured, width: 80 };
    const changes = compareReports(reportWith(), report);
    const { still: _, ...less } = changes;
    const lines = [
      ...historyText([{ ...report, changes: less }], settings),
      ...diffText(reportWith(), report, changes, settings),
      ...reportHead(report, settings),
    ];
    for (const line of lines) expect(own(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(lines.length).toBeLessThan(200);
  });
});
