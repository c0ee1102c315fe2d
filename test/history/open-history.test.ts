import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { CheckReport } from '../../src/compliance/report.js';
import { findReport } from '../../src/history/find-report.js';
import { folderOf, pruneReports } from '../../src/history/history-folder.js';
import { allHistories, openHistory } from '../../src/history/open-history.js';
import type { StoredReport } from '../../src/history/stored-report.js';
import { runsInGate } from '../support/in-gate.js';
import { brokenReport, HOSTILE_TEXTS, hostileReport, madeUpReports, reportWith } from '../support/reports.js';

const root = mkdtempSync(join(tmpdir(), 'history-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newState = () => join(mkdtempSync(join(root, 'state-')), 'state');

const INVENTORY = '/srv/inventory.yaml';

/** `20260301T000000Z-0000000a`: the time so many seconds after midnight, and the number. */
function idOf(number: number, seconds = number): string {
  const time = new Date(Date.UTC(2026, 2, 1) + seconds * 1000).toISOString();
  return `${time.replace(/[-:]|\.\d+/g, '')}-${number.toString(16).padStart(8, '0')}`;
}

function report(number: number, seconds = number): CheckReport {
  const startedAt = new Date(Date.UTC(2026, 2, 1) + seconds * 1000 + number).toISOString();
  return reportWith({ id: idOf(number, seconds), startedAt });
}

const idsOf = (reports: readonly CheckReport[]) => reports.map(({ id }) => id);
const filesOf = (state: string) => readdirSync(folderOf(state, INVENTORY)).sort();

async function historyOf(state: string, ...numbers: number[]) {
  const history = openHistory(state, INVENTORY);
  for (const number of numbers) await history.add(report(number));
  return history;
}

describe('a history', () => {
  test('that is not there yet is empty, and reading it makes no folder', async () => {
    const state = newState();
    const history = openHistory(state, INVENTORY);
    expect([await history.latest(5), await history.ids(), history.damaged()]).toEqual([[], [], []]);
    expect([await allHistories(state), existsSync(state)]).toEqual([[], false]);
  });

  test('gives back what was added, the newest first', async () => {
    const history = await historyOf(newState(), 2, 1, 3);
    expect(await history.latest(2)).toEqual([report(3), report(2)]);
    expect(idsOf(await history.latest(0))).toEqual([]);
    expect(await history.ids()).toEqual([idOf(3), idOf(2), idOf(1)]);
  });

  test('tells apart what began within one second', async () => {
    const history = openHistory(newState(), INVENTORY);
    for (const number of [2, 9, 5]) await history.add(report(number, 1));
    expect(idsOf(await history.latest(9))).toEqual([idOf(9, 1), idOf(5, 1), idOf(2, 1)]);
  });

  test('keeps inventories apart', async () => {
    const state = newState();
    await historyOf(state, 1);
    await openHistory(state, 'host1,host2').add(report(2));
    expect(idsOf(await openHistory(state, INVENTORY).latest(9))).toEqual([idOf(1)]);
    expect(await allHistories(state)).toHaveLength(2);
  });

  test.each(madeUpReports())('keeps a report that is $about as it is', async ({ report: made }) => {
    const kept = { ...made, id: idOf(1) };
    const history = openHistory(newState(), INVENTORY);
    await history.add(kept);
    expect(await history.latest(1)).toEqual([kept]);
  });

  test('takes no report whose id could be a path', async () => {
    const history = openHistory(newState(), INVENTORY);
    for (const id of ['', '../x', 'x/y', `${idOf(1)}.json`])
      await expect(history.add({ ...report(1), id })).rejects.toThrow(RangeError);
  });

  test('is checked field by field: the schema and the type agree', () => {
    // A field of the type that the schema does not know, or knows otherwise, does not compile.
    const fits = (made: Mutable<CheckReport>): Known<z.input<typeof StoredReport>> => made;
    const same = (made: Known<z.input<typeof StoredReport>>): Mutable<CheckReport> => made;
    expect([fits, same]).toHaveLength(2);
  });
});

type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T;
/** Without what a loose object allows besides. */
type Known<T> = T extends readonly (infer Item)[]
  ? Known<Item>[]
  : T extends object
    ? { [Key in keyof T as string extends Key ? never : Key]: Known<T[Key]> }
    : T;

describe('one report', () => {
  test.each([
    { about: 'its id', name: idOf(2), is: idOf(2) },
    { about: 'the beginning of its id', name: '20260301T000003', is: idOf(3) },
    { about: 'latest', name: 'latest', is: idOf(3) },
    { about: 'previous', name: 'previous', is: idOf(2) },
  ])('is found by $about', async ({ name, is }) => {
    const history = await historyOf(newState(), 1, 2, 3);
    expect((await history.get(name)).id).toBe(is);
  });

  test.each([
    { about: 'no id', name: '', says: 'there is no report', hint: 'fix-flannel history' },
    { about: 'an id like another', name: `${idOf(2).slice(0, -1)}f`, says: 'there is no report', hint: idOf(2) },
    { about: 'a beginning that several have', name: '2026', says: '3 reports start with 2026', hint: idOf(3) },
    { about: 'a path', name: '../../etc/passwd', says: 'there is no report ../../etc', hint: 'history' },
  ])('is not found by $about', async ({ name, says, hint }) => {
    const history = await historyOf(newState(), 1, 2, 3);
    await expect(history.get(name)).rejects.toMatchObject({
      code: 'journal/unknown-run',
      message: expect.stringContaining(says),
      hint: expect.stringContaining(hint),
    });
  });

  test('has no previous one where it is the only one', async () =>
    expect((await historyOf(newState(), 1)).get('previous')).rejects.toMatchObject({ code: 'journal/unknown-run' }));

  test('is found among several inventories, but not the latest one', async () => {
    const state = newState();
    await historyOf(state, 1);
    await openHistory(state, '/srv/other.yaml').add(report(2));
    const all = await allHistories(state);
    expect((await findReport(all, '20260301T000002')).id).toBe(idOf(2));
    await expect(findReport(all, 'latest')).rejects.toMatchObject({ code: 'cli/usage' });
    await expect(findReport(all, '2026')).rejects.toMatchObject({ message: '2 reports start with 2026' });
    await expect(findReport([], 'latest')).rejects.toMatchObject({ code: 'journal/unknown-run' });
  });
});

describe('what is no report', () => {
  const broken = brokenReport();
  test.each([
    { about: 'an empty file', text: '', why: 'it is empty' },
    { about: 'a torn one', text: JSON.stringify(report(9)).slice(0, 500), why: 'it is no JSON' },
    { about: 'another JSON', text: '{"schema":"other"}', why: 'it is no report of this version' },
    { about: 'null', text: 'null', why: 'it is no report of this version' },
    {
      about: 'a later version',
      text: JSON.stringify({ ...report(9), schema: 'fix-flannel/report/2' }),
      why: 'of this version',
    },
    { about: "another's", text: JSON.stringify(report(8)), why: `it is report ${idOf(8)}` },
    { about: 'without a field', text: JSON.stringify({ ...report(9), counts: {} }), why: 'counts.hosts does not fit' },
    {
      about: 'with a host that is none',
      text: JSON.stringify({ ...report(9), findings: [{ ...broken.findings[0], hosts: [1] }] }),
      why: 'findings.0.hosts.0',
    },
    { about: 'of no time', text: JSON.stringify({ ...report(9), startedAt: 'soon' }), why: 'startedAt' },
  ])('is passed over and told: $about', async ({ text, why }) => {
    const state = newState();
    const history = await historyOf(state, 1);
    writeFileSync(join(folderOf(state, INVENTORY), `${idOf(9)}.json`), text);
    expect(idsOf(await history.latest(9))).toEqual([idOf(1)]);
    expect(history.damaged()).toEqual([expect.stringContaining(why)]);
    await expect(history.get(idOf(9))).rejects.toMatchObject({ code: 'journal/damaged' });
  });

  test('is passed over: links, folders, pipes of other names, and what a writer has not placed yet', async () => {
    const state = newState();
    const history = await historyOf(state, 1);
    const folder = folderOf(state, INVENTORY);
    symlinkSync('/etc/passwd', join(folder, `${idOf(5)}.json`));
    mkdirSync(join(folder, `${idOf(6)}.json`));
    writeFileSync(join(folder, 'notes\u001b[2J.txt'), 'mine');
    writeFileSync(join(folder, `${idOf(7)}.json.0123456789ab.new`), '{');
    expect(idsOf(await history.latest(9))).toEqual([idOf(1)]);
    expect(history.damaged()).toHaveLength(3);
    expect(history.damaged().join()).not.toContain('\u001b');
  });

  test('a field that a later version has added stays', async () => {
    const state = newState();
    const history = await historyOf(state, 1);
    writeFileSync(join(folderOf(state, INVENTORY), `${idOf(2)}.json`), JSON.stringify({ ...report(2), mood: 'good' }));
    expect(await history.latest(1)).toEqual([{ ...report(2), mood: 'good' }]);
  });
});

describe('who may read it', () => {
  const modeOf = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);

  test.each([0o000, 0o022, 0o777])('nobody else, under the umask %o', async (umask) => {
    const state = newState();
    const before = process.umask(umask);
    try {
      await historyOf(state, 1);
    } finally {
      process.umask(before);
    }
    const folder = folderOf(state, INVENTORY);
    expect([state, join(state, 'history'), folder].map(modeOf)).toEqual(['700', '700', '700']);
    expect(modeOf(join(folder, `${idOf(1)}.json`))).toBe('600');
  });

  test('a folder that is open to others is closed', async () => {
    const state = newState();
    await historyOf(state, 1);
    chmodSync(folderOf(state, INVENTORY), 0o777);
    await historyOf(state, 2);
    expect(modeOf(folderOf(state, INVENTORY))).toBe('700');
  });

  test.each([
    {
      about: 'a link',
      make: (path: string) => symlinkSync(mkdtempSync(join(root, 'other-')), path),
      why: 'it is a link',
    },
    { about: 'a file', make: (path: string) => writeFileSync(path, ''), why: 'it is no folder' },
  ])('$about in the place of the history is refused, for writing and for reading', async ({ make, why }) => {
    const state = newState();
    await historyOf(state, 1);
    rmSync(join(state, 'history'), { recursive: true });
    make(join(state, 'history'));
    const refusal = { code: 'journal/unwritable', message: expect.stringContaining(why) };
    await expect(historyOf(state, 2)).rejects.toMatchObject(refusal);
    await expect(openHistory(state, INVENTORY).latest(1)).rejects.toMatchObject(refusal);
    await expect(allHistories(state)).rejects.toMatchObject(refusal);
  });

  test.runIf(process.getuid?.() === 0)("another user's folder is not written into; root may read it", async () => {
    const state = newState();
    await historyOf(state, 1);
    chownSync(folderOf(state, INVENTORY), 65534, 65534);
    const refusal = { code: 'journal/unwritable', message: expect.stringContaining('another user') };
    await expect(historyOf(state, 2)).rejects.toMatchObject(refusal);
    expect(await openHistory(state, INVENTORY).latest(5)).toHaveLength(1);
  });

  test('a folder that cannot be made says that the report is not kept, and where', async () => {
    const file = join(mkdtempSync(join(root, 'state-')), 'file');
    writeFileSync(file, '');
    await expect(historyOf(join(file, 'state'), 1)).rejects.toMatchObject({
      code: 'journal/unwritable',
      message: expect.stringContaining('cannot keep the report in'),
      hint: expect.stringContaining('--state-folder'),
    });
  });
});

describe('how much is kept', () => {
  const hour = 3600 * 1000;

  test('the newest ones, and what was placed within the last minutes', async () => {
    const state = newState();
    const old = { keep: 2, now: () => Date.now() + hour };
    await historyOf(state, 1, 2, 3, 4);
    expect(filesOf(state)).toHaveLength(4);
    await openHistory(state, INVENTORY, old).add(report(5));
    expect(filesOf(state)).toEqual([`${idOf(4)}.json`, `${idOf(5)}.json`]);
    await openHistory(state, INVENTORY, { keep: 2 }).add(report(3));
    expect(filesOf(state)).toHaveLength(3);
  });

  test('at least one', async () => {
    const state = newState();
    await historyOf(state, 1, 2);
    await pruneReports(folderOf(state, INVENTORY), { keep: 0, now: Date.now() + hour });
    expect(filesOf(state)).toEqual([`${idOf(2)}.json`]);
  });

  test('nothing that is foreign goes, and of what killed writers left only what is a day old', async () => {
    const state = newState();
    await historyOf(state, 1, 2);
    const folder = folderOf(state, INVENTORY);
    const [fresh, stale] = ['0123456789ab', 'ba9876543210'].map((nonce) => `${idOf(9)}.json.${nonce}.new`) as [
      string,
      string,
    ];
    for (const name of [fresh, stale, 'README', `${idOf(0)}.json.bak`]) writeFileSync(join(folder, name), '');
    for (const name of [stale, 'README', `${idOf(0)}.json.bak`]) utimesSync(join(folder, name), 1, 1);
    expect(await pruneReports(folder, { keep: 2, now: Date.now() })).toBe(1);
    expect(filesOf(state)).toEqual([`${idOf(0)}.json.bak`, `${idOf(1)}.json`, `${idOf(2)}.json`, fresh, 'README']);
  });

  const MANY = runsInGate(10_000);

  test(`${MANY} reports are cut down to 500 in seconds`, async () => {
    const state = newState();
    await historyOf(state, 0);
    const folder = folderOf(state, INVENTORY);
    for (let number = 1; number < MANY; number += 1) writeFileSync(join(folder, `${idOf(number)}.json`), '');
    expect(await pruneReports(folder, { keep: 500, now: Date.now() + hour })).toBe(MANY - 500);
    expect(filesOf(state)).toEqual(Array.from({ length: 500 }, (_, at) => `${idOf(MANY - 500 + at)}.json`));
  }, 120_000);
});

describe('several processes at once', () => {
  const program = join(root, 'writer.mjs');
  const base = join(root, 'report.json');
  beforeAll(() => {
    writeFileSync(base, JSON.stringify(report(0)));
    const source = `
import { openHistory } from ${JSON.stringify(join(import.meta.dirname, '..', '..', 'src', 'history', 'open-history.ts'))};
import { readFileSync } from 'node:fs';
const [state, inventory, keep, base, heads] = process.argv.slice(2);
const report = JSON.parse(readFileSync(base, 'utf8'));
const history = openHistory(state, inventory, { keep: Number(keep), now: () => Date.now() + 3600_000 });
process.stdout.write('ready');
for (const [id, startedAt] of JSON.parse(heads)) {
  await history.add({ ...report, id, startedAt, profile: 'x'.repeat(200_000) });
  process.stdout.write('.');
}`;
    buildSync({
      stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
      ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile: program },
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
  });

  function writer(state: string, keep: number, numbers: readonly number[]) {
    const heads = JSON.stringify(numbers.map((number) => report(number)).map(({ id, startedAt }) => [id, startedAt]));
    const child = spawn(process.execPath, [program, state, INVENTORY, String(keep), base, heads], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const said = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    child.stdout.resume();
    return { child, ended, said };
  }

  test('all that two writers add is there, whole', async () => {
    const state = newState();
    const numbers = Array.from({ length: 16 }, (_, at) => at + 1);
    const writers = [numbers.filter((one) => one % 2 === 0), numbers.filter((one) => one % 2 === 1)].map((own) =>
      writer(state, 100, own),
    );
    expect(await Promise.all(writers.map(({ ended }) => ended))).toEqual([0, 0]);
    const history = openHistory(state, INVENTORY);
    expect(idsOf(await history.latest(99))).toEqual(numbers.map((number) => idOf(number)).reverse());
    expect(history.damaged()).toEqual([]);
  }, 120_000);

  test('two that also delete, and one that reads, come to the newest ones, and none of them fails', async () => {
    const state = newState();
    const numbers = Array.from({ length: 20 }, (_, at) => at + 1);
    const writers = [0, 1].map((part) =>
      writer(
        state,
        5,
        numbers.filter((one) => one % 2 === part),
      ),
    );
    const ends = Promise.all(writers.map(({ ended }) => ended));
    const history = openHistory(state, INVENTORY);
    let isOver = false;
    void ends.then(() => {
      isOver = true;
    });
    while (!isOver)
      for (const { id, profile } of await history.latest(5)) expect([id, profile?.length]).toEqual([id, 200_000]);
    expect(await ends).toEqual([0, 0]);
    expect(history.damaged()).toEqual([]);
    const left = await history.ids();
    expect(left.slice(0, 1)).toEqual([idOf(20)]);
    expect(left.length).toBeGreaterThanOrEqual(5);
    expect(left.length).toBeLessThan(20);
  }, 120_000);

  test('one that is killed leaves whole reports, and no file that is read as one', async () => {
    const state = newState();
    const numbers = Array.from({ length: 200 }, (_, at) => at + 1);
    for (let round = 0; round < runsInGate(5); round += 1) {
      const { child, said, ended } = writer(state, 1000, numbers);
      await said;
      await new Promise((resolve) => setTimeout(resolve, 20 + round * 17));
      child.kill('SIGKILL');
      await ended;
      const history = openHistory(state, INVENTORY);
      const kept = await history.latest(1000);
      expect(history.damaged()).toEqual([]);
      for (const { profile } of kept) expect(profile).toHaveLength(200_000);
    }
    expect(filesOf(state).length).toBeGreaterThan(0);
  }, 120_000);
});

test('hostile texts are not cut, and what is written is one line of JSON', async () => {
  for (const text of HOSTILE_TEXTS) {
    const state = newState();
    await openHistory(state, INVENTORY).add({ ...hostileReport(text), id: idOf(1) });
    const written = readFileSync(join(folderOf(state, INVENTORY), `${idOf(1)}.json`), 'utf8');
    expect(written.split('\n')).toHaveLength(2);
  }
});
