import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { neverShow } from '../../src/core/mask.js';
import { folderJournal } from '../../src/journal/folder-journal.js';
import { hostFile } from '../../src/journal/host-file.js';
import { pruneRuns } from '../../src/journal/prune-runs.js';
import { listRuns, readRun } from '../../src/journal/read-runs.js';
import type { HostEntry } from '../../src/journal/record.js';
import { runsInGate } from '../support/in-gate.js';
import { ENDING, file, HEADER, newFolder, stepEntries } from './make.js';

const RUN = HEADER.id;
const STEP = stepEntries(1, [file('/etc/x', 'old\n')], [file('/etc/x', 'new\n')]);
const STATE: HostEntry = { kind: 'state', at: HEADER.startedAt, state: 'done', why: '' };

async function journalled(state: string, hosts: Readonly<Record<string, readonly HostEntry[]>>, ends = true) {
  const journal = folderJournal(state);
  await journal.begin(HEADER);
  for (const [host, entries] of Object.entries(hosts)) for (const entry of entries) await journal.host(host, entry);
  if (ends) await journal.end(ENDING);
  return journal;
}

describe('a run', () => {
  test('reads as it was written', async () => {
    const journal = folderJournal(newFolder());
    await journal.begin(HEADER);
    for (const entry of [...STEP, STATE]) await journal.host('node1', entry);
    await journal.cluster({ at: HEADER.startedAt, what: 'deleted the dead lease 10.1.11.0/24' });
    await journal.end(ENDING);
    const record = journal.record(RUN);
    expect(record).toMatchObject({ header: HEADER, ending: ENDING, damage: [] });
    expect(record.hosts.get('node1')).toEqual([...STEP, STATE]);
    expect(record.cluster.map(({ what }) => what)).toEqual(['deleted the dead lease 10.1.11.0/24']);
  });

  test('has a folder of its own, also where another has its id', async () => {
    const state = newFolder();
    await journalled(state, { node1: STEP });
    const other = folderJournal(state);
    await expect(other.begin({ ...HEADER, by: 'other@here' })).rejects.toMatchObject({ code: 'journal/unwritable' });
    await expect(other.host('node2', STATE)).rejects.toMatchObject({ code: 'journal/unwritable' });
    const { header, hosts } = readRun(state, RUN);
    expect([header.by, [...hosts.keys()]]).toEqual([HEADER.by, ['node1']]);
  });

  test('is listed by when it began, also within one second', async () => {
    const state = newFolder();
    const ids = ['20261124T220000Z-b', '20261124T220000Z-c', '20261124T220000Z-a', '20261124T220001Z-0'];
    for (const [index, id] of ids.entries())
      await folderJournal(state).begin({
        ...HEADER,
        id,
        startedAt: `2026-11-24T22:00:0${index === 3 ? 1 : 0}.00${index}Z`,
      });
    expect(listRuns(state).runs.map(({ header }) => header.id)).toEqual(ids.reverse());
  });

  test.each(['../../x', 'n'.repeat(300), 'a\0b', '', '.', '..', 'A', 'ä/ö', '\ud800', '\ud801', '%41', 'a~b', 'x\ny'])(
    'of the host %j stays in its folder, under a name of its own',
    async (host) => {
      const state = newFolder();
      await journalled(state, { [host]: STEP, node1: STEP, a: STEP });
      expect(readdirSync(join(state, 'runs', RUN, 'hosts'))).toHaveLength(3);
      expect(readdirSync(state)).toEqual(['runs']);
      const { hosts, damage } = readRun(state, RUN);
      expect(damage).toEqual([]);
      expect([...hosts.keys()].sort()).toEqual([host, 'a', 'node1'].sort());
      expect(hosts.get(host)).toEqual(STEP);
    },
  );

  test('masks its words, and keeps contents and paths, which an undo needs', async () => {
    neverShow('hunter2secret');
    const state = newFolder();
    const [before, begin, end] = stepEntries(1, [file('/etc/hunter2secret', 'pw=hunter2secret')], []);
    const entries = [
      before,
      { ...begin, why: 'sets hunter2secret', task: 'hunter2secret' },
      { ...end, why: 'was hunter2secret' },
    ];
    await journalled(state, { node1: entries as HostEntry[] });
    const [was, began, ended] = readRun(state, RUN).hosts.get('node1') ?? [];
    expect(was).toEqual(before);
    expect(began).toMatchObject({ why: 'sets [secret]', task: '[secret]' });
    expect(ended).toMatchObject({ why: 'was [secret]' });
  });
});

describe('who may read it', () => {
  const modeOf = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);
  const allBelow = (folder: string) =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => ({
      entry,
      path: join(entry.parentPath, entry.name),
    }));

  test.each([0o000, 0o022, 0o777])('nobody else, under the umask %o', async (umask) => {
    const state = join(newFolder(), 'deep', 'state');
    const before = process.umask(umask);
    try {
      mkdirSync(join(state, '..'), { mode: 0o755 });
      chmodSync(join(state, '..'), 0o755);
      await journalled(state, { node1: STEP });
    } finally {
      process.umask(before);
    }
    expect(modeOf(state)).toBe('700');
    for (const { entry, path } of allBelow(state))
      expect([path, modeOf(path)]).toEqual([path, entry.isDirectory() ? '700' : '600']);
  });

  test('a folder of our own that is open to others is closed', async () => {
    const state = newFolder();
    chmodSync(state, 0o777);
    await journalled(state, {});
    expect(modeOf(state)).toBe('700');
  });

  test.each([
    { about: 'a link', make: (path: string) => symlinkSync(newFolder(), path), why: 'it is a link' },
    { about: 'a file', make: (path: string) => writeFileSync(path, ''), why: 'it is no folder' },
  ])('$about is refused as a state folder', async ({ make, why }) => {
    const state = join(newFolder(), 'state');
    make(state);
    await expect(journalled(state, {})).rejects.toMatchObject({
      code: 'journal/unwritable',
      message: expect.stringContaining(why),
    });
    expect(() => listRuns(state)).toThrow(why);
  });

  test.runIf(process.getuid?.() === 0)("another user's folder is refused", async () => {
    const state = newFolder();
    chownSync(state, 65534, 65534);
    await expect(journalled(state, {})).rejects.toMatchObject({
      code: 'journal/unwritable',
      message: expect.stringContaining('another user'),
    });
  });

  test("a link in the place of a host's file is not followed", async () => {
    const state = newFolder();
    const journal = await journalled(state, {}, false);
    const other = join(newFolder(), 'other');
    symlinkSync(other, join(state, 'runs', RUN, 'hosts', hostFile('node1')));
    await expect(journal.host('node1', STATE)).rejects.toMatchObject({ code: 'journal/unwritable' });
    expect(existsSync(other)).toBe(false);
  });
});

describe('damage', () => {
  test('a last line that is torn at any byte is told, and the lines before it are read', async () => {
    const state = newFolder();
    await journalled(state, { node1: STEP });
    const path = join(state, 'runs', RUN, 'hosts', hostFile('node1'));
    const whole = readFileSync(path);
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    let tried = 0;
    for (let size = whole.length - 1; size > lastLine; size--, tried++) {
      truncateSync(path, size);
      const record = readRun(state, RUN);
      expect(record.damage).toEqual(['node1.ndjson: the last line is torn']);
      expect(record.hosts.get('node1')).toEqual(STEP.slice(0, -1));
    }
    expect(tried).toBe(whole.length - lastLine - 1);
    truncateSync(path, lastLine);
    expect(readRun(state, RUN).damage).toEqual([]);
  });

  test('a file that is torn at any byte never throws, and what is left of it is a beginning', async () => {
    const state = newFolder();
    await journalled(state, { node1: STEP });
    const path = join(state, 'runs', RUN, 'hosts', hostFile('node1'));
    const whole = readFileSync(path);
    for (let size = whole.length; size >= 0; size -= 7) {
      truncateSync(path, size);
      const entries = readRun(state, RUN).hosts.get('node1') ?? [];
      expect(STEP.slice(0, entries.length)).toEqual(entries);
    }
  });

  test.each([
    {
      about: 'a content that is missing',
      spoil: (folder: string, image: string) => truncateSync(join(folder, 'images', image), 0),
      says: /^the content [0-9a-f]{12} is changed$/,
    },
    {
      about: 'a line that is no entry',
      spoil: (folder: string) =>
        writeFileSync(join(folder, 'hosts', 'node1.ndjson'), '{"host":"node1"}\n{"kind":"before"}\n'),
      says: /line 2 cannot be read/,
    },
    {
      about: 'an ending that is torn',
      spoil: (folder: string) => writeFileSync(join(folder, 'end.json'), '{'),
      says: /^end.json cannot be read$/,
    },
  ])('$about is told', async ({ spoil, says }) => {
    const state = newFolder();
    await journalled(state, { node1: STEP });
    const folder = join(state, 'runs', RUN);
    const [image = ''] = readdirSync(join(folder, 'images'));
    spoil(folder, image);
    expect(readRun(state, RUN).damage).toEqual([expect.stringMatching(says)]);
  });

  test('without a header there is no run to read', async () => {
    const state = newFolder();
    await journalled(state, {});
    writeFileSync(join(state, 'runs', RUN, 'run.json'), '{"id":7}');
    expect(() => readRun(state, RUN)).toThrow(expect.objectContaining({ code: 'journal/damaged' }));
    expect(listRuns(state)).toMatchObject({ runs: [], damage: [expect.stringContaining(RUN)] });
  });

  test('whatever stands in a file, a reader never throws', async () => {
    const state = newFolder();
    await journalled(state, { node1: STEP });
    const path = join(state, 'runs', RUN, 'hosts', 'node1.ndjson');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.array(fc.json()).map((all) => all.join('\n')),
        ),
        (text) => {
          writeFileSync(path, text);
          expect(() => readRun(state, RUN)).not.toThrow();
        },
      ),
      { numRuns: runsInGate(200) },
    );
  });
});

describe('a disk that takes no more', () => {
  const NAMESPACE = ['-r', '-m', '--propagation', 'private'];
  const canMount = spawnSync('unshare', [...NAMESPACE, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

  /** Writes entries to a file system of 128 KB until one is refused; prints what it was refused with, and what follows. */
  const FILLER = `
import { folderJournal } from './folder-journal.mjs';
const journal = folderJournal('/mnt/state');
await journal.begin(${JSON.stringify(HEADER)});
const note = { kind: 'note', at: 'now', note: { text: 'x'.repeat(3000) } };
const codes = [];
for (let n = 0; n < 100 && codes.length < 3; n++) await journal.host('node' + (n % 2), note).catch(({ code, message }) => codes.push([code, /disk is full/.test(message)]));
console.log(JSON.stringify(codes));
`;

  test.runIf(canMount)(
    'stops a run with what to do, and takes nothing after that; what was written can be read',
    async () => {
      const folder = newFolder();
      const { build } = await import('esbuild');
      const entry = join(import.meta.dirname, '../../src/journal/folder-journal.ts');
      await build({
        entryPoints: [entry],
        bundle: true,
        platform: 'node',
        format: 'esm',
        outfile: join(folder, 'folder-journal.mjs'),
        logLevel: 'error',
      });
      writeFileSync(join(folder, 'filler.mjs'), FILLER);
      const steps = `mount -t tmpfs -o size=128k none /mnt && "$1" "$2"/filler.mjs; cp -r /mnt/state "$2"`;
      const ran = spawnSync('unshare', [...NAMESPACE, 'sh', '-c', steps, 'sh', process.execPath, folder], {
        encoding: 'utf8',
      });
      expect([ran.stderr, ran.stdout.trim()]).toEqual([
        '',
        JSON.stringify(Array(3).fill(['journal/unwritable', true])),
      ]);
      const record = readRun(join(folder, 'state'), RUN);
      expect(record.damage.length).toBeLessThanOrEqual(1);
      const written = [...record.hosts.values()].flat();
      expect(written.length).toBeGreaterThan(20);
    },
  );

  test('a folder that is taken away stops it too, for good', async () => {
    const state = newFolder();
    const journal = await journalled(state, {}, false);
    rmSync(join(state, 'runs', RUN, 'hosts'), { recursive: true });
    await expect(journal.host('node1', STATE)).rejects.toMatchObject({ code: 'journal/unwritable' });
    mkdirSync(join(state, 'runs', RUN, 'hosts'));
    await expect(journal.host('node2', STATE)).rejects.toMatchObject({ code: 'journal/unwritable' });
    await journal.end(ENDING);
  });
});

describe('many at once', () => {
  test('entries of one host never mix, and all of them are there', async () => {
    const state = newFolder();
    const journal = folderJournal(state);
    await journal.begin(HEADER);
    const notes = Array.from(
      { length: 40 },
      (_, n): HostEntry => ({ kind: 'note', at: HEADER.startedAt, note: { n, text: 'x'.repeat(2000) } }),
    );
    const hosts = Array.from({ length: 20 }, (_, n) => `node${n}`);
    await Promise.all(hosts.flatMap((host) => notes.map((note) => journal.host(host, note))));
    const record = readRun(state, RUN);
    expect(record.damage).toEqual([]);
    for (const host of hosts) expect(record.hosts.get(host)).toEqual(notes);
  });

  test('the same content is kept once, whoever had it', async () => {
    const state = newFolder();
    const journal = folderJournal(state);
    await journal.begin(HEADER);
    await Promise.all(Array.from({ length: 30 }, (_, n) => journal.host(`node${n}`, STEP[0] as HostEntry)));
    expect(readdirSync(join(state, 'runs', RUN, 'images'))).toHaveLength(1);
    expect(readRun(state, RUN).damage).toEqual([]);
  });
});

describe('finding a run', () => {
  const ids = ['20261124T220000Z-3f9a', '20261124T220000Z-4444', '20261125T000000Z-0001'];
  async function three() {
    const state = newFolder();
    for (const id of ids) {
      const journal = folderJournal(state);
      await journal.begin({ ...HEADER, id });
      await journal.end(ENDING);
    }
    return state;
  }

  test('the beginning of an id is enough where no other run has it', async () => {
    const state = await three();
    expect(readRun(state, '20261125').header.id).toBe(ids[2]);
    expect(listRuns(state).runs.map(({ header }) => header.id)).toEqual([...ids].reverse());
  });

  test.each([
    { id: '20261124', says: '2 runs start with', hint: '3f9a' },
    { id: '20261125T000000Z-0002', says: 'there is no run', hint: 'Did you mean 20261125T000000Z-0001' },
    { id: 'nonsense', says: 'there is no run nonsense', hint: 'fix-flannel runs list' },
    { id: '', says: 'there is no run', hint: 'fix-flannel runs list' },
    { id: '../runs/20261125T000000Z-0001', says: 'there is no run', hint: 'Did you mean' },
  ])('$id: $says', async ({ id, says, hint }) => {
    const state = await three();
    expect(() => readRun(state, id)).toThrow(
      expect.objectContaining({
        code: 'journal/unknown-run',
        message: expect.stringContaining(says),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test('a state folder that is not there has no runs', () => {
    expect(listRuns('/nowhere/at/all')).toEqual({ runs: [], damage: [] });
  });
});

test('old runs go, but never one that is young, among the newest, or did not end', async () => {
  const state = newFolder();
  const now = Date.parse('2026-11-25T00:00:00Z');
  const ids = ['old-1', 'old-2-not-ended', 'old-3', 'young-4', 'young-5'];
  for (const [index, id] of ids.entries()) {
    const journal = folderJournal(state);
    await journal.begin({ ...HEADER, id: `${index}-${id}` });
    if (!id.includes('not-ended')) await journal.end(ENDING);
    const ended = join(state, 'runs', `${index}-${id}`, 'end.json');
    const seconds = now / 1000 - (id.startsWith('old') ? 31 : 29) * 24 * 3600;
    if (existsSync(ended)) utimesSync(ended, seconds, seconds);
  }
  expect(pruneRuns(state, { keepRuns: 3, now })).toEqual(['0-old-1']);
  expect(pruneRuns(state, { keepRuns: 1, now })).toEqual(['2-old-3']);
  expect(listRuns(state).runs.map(({ header }) => header.id)).toEqual(['4-young-5', '3-young-4', '1-old-2-not-ended']);
});
