import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { inventoryOf } from '../../src/recording/kept-inventory.js';
import { readRecording } from '../../src/recording/read-folder.js';
import type { Recording } from '../../src/recording/recording.js';
import { writeRecording } from '../../src/recording/write-folder.js';
import { runsInGate } from '../support/in-gate.js';
import { capturedRecording } from './captured-recording.js';
import { diagnosed } from './diagnosed.js';

const scratch = mkdtempSync(join(tmpdir(), 'fix-flannel-folder-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Where the machine has much else to do. */
const SLOW = { timeout: 120_000 };

let count = 0;
let folder = '';
beforeEach(() => {
  folder = join(scratch, `recording ${++count}`);
});

const HOW = { nonce: 'abc', force: false };
const broken = capturedRecording('broken');

/** The broken cluster with other names for its hosts. */
function renamed(names: readonly string[]): Recording {
  const [answers] = broken.hosts.values();
  const hosts = names.map((name) => ({ name, groups: [], vars: {}, at: 'inventory.yaml:1:1' }));
  return {
    ...broken,
    inventory: { name: 'x', groups: [{ name: 'all', hosts: names, ownHosts: names, children: [] }], hosts },
    hosts: new Map(names.map((name) => [name, answers ?? []])),
  };
}

describe('writing', () => {
  test('only its owner may look into it', () => {
    writeRecording(folder, broken, HOW);
    const modes = ['', 'hosts', 'etcd', 'manifest.json', 'etcd/1.json'].map(
      (name) => statSync(join(folder, name)).mode,
    );
    expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual(['700', '700', '700', '600', '600']);
  });

  test('names of hosts choose no path', () => {
    const names = [
      '../../x',
      '/etc/passwd',
      'a\u0000b',
      'con',
      'x'.repeat(300),
      '.',
      '..',
      'ä ö\n',
      'CON',
      '-rf',
      '__proto__',
    ];
    writeRecording(folder, renamed(names), HOW);
    expect(readdirSync(scratch).filter((name) => !name.startsWith('recording '))).toEqual([]);
    const files = readdirSync(join(folder, 'hosts'));
    expect(files).toHaveLength(names.length);
    for (const file of files) expect(file).toMatch(/^\d{5}-[A-Za-z0-9._-]{0,60}\.json$/);
    expect([...readRecording(folder).hosts.keys()]).toEqual(names);
  });

  test('any names of hosts come back', SLOW, () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 5 }), (names) => {
        writeRecording(folder, renamed(names), { ...HOW, force: true });
        const read = readRecording(folder);
        expect(read.damage).toEqual([]);
        expect([...read.hosts.keys()]).toEqual(names);
        expect([...inventoryOf(read).hosts.keys()]).toEqual(names);
      }),
      { numRuns: runsInGate(10) },
    );
  });

  const write = (name: string) => writeFileSync(join(folder, name), 'mine');
  test.each([
    { about: 'a folder with files of somebody else', make: () => write('photo.jpg'), force: true, why: 'photo.jpg' },
    { about: 'a folder that only looks like one', make: () => write('manifest.json'), force: true, why: 'not empty' },
    { about: 'an earlier recording', make: () => writeRecording(folder, broken, HOW), force: false, why: '--force' },
  ])('$about is left as it is', ({ make, force, why }) => {
    mkdirSync(folder, { recursive: true });
    make();
    const before = readdirSync(folder);
    const thrown = errorOf(() => writeRecording(folder, broken, { ...HOW, force }));
    expect(thrown).toMatchObject({ code: 'cli/usage' });
    expect(`${thrown.message} ${(thrown as { hint?: string }).hint}`).toContain(why);
    expect(readdirSync(folder)).toEqual(before);
  });

  test('a link and a file are no folder', () => {
    symlinkSync(scratch, folder);
    expect(() => writeRecording(folder, broken, HOW)).toThrow('it is no folder');
  });

  test('an earlier recording is replaced as a whole, where that is asked for', () => {
    writeRecording(folder, renamed(['one', 'two', 'three', 'four']), HOW);
    writeRecording(folder, broken, { ...HOW, force: true });
    expect([...readRecording(folder).hosts.keys()]).toEqual(['node1', 'node2', 'node3']);
    expect(readdirSync(scratch).filter((name) => /abc/.test(name))).toEqual([]);
  });

  test('what cannot be written leaves nothing behind', () => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), '');
    const inside = join(folder, 'file', 'below');
    expect(errorOf(() => writeRecording(inside, broken, HOW))).toMatchObject({ code: 'recording/invalid' });
    expect(existsSync(inside)).toBe(false);
  });
});

describe('reading', () => {
  const put = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
  const manifest = () => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  const firstHost = () => join('hosts', readdirSync(join(folder, 'hosts')).sort()[0] as string);
  beforeEach(() => {
    writeRecording(folder, broken, HOW);
  });

  test.each<{ about: string; spoil: () => void; why: RegExp }>([
    { about: 'a manifest that is cut short', spoil: () => put('manifest.json', '{"format":'), why: /is no JSON/ },
    { about: 'one of another program', spoil: () => put('manifest.json', { version: 1 }), why: /something else/ },
    {
      about: 'one of a newer program',
      spoil: () => put('manifest.json', { ...manifest(), version: 2, x: 1 }),
      why: /newer version/,
    },
    {
      about: 'one with a time that is none',
      spoil: () => put('manifest.json', { ...manifest(), gatheredAt: 'now' }),
      why: /gatheredAt/,
    },
    {
      about: 'one that is nested without end',
      spoil: () => put('manifest.json', deep(manifest())),
      why: /nested too deep|manifest.json/,
    },
    { about: 'one that names a host twice', spoil: () => put('manifest.json', twice(manifest())), why: /node1 twice/ },
    {
      about: "one with variables that are not flannel's",
      spoil: () => put('manifest.json', withVars(manifest())),
      why: /vars/,
    },
    { about: 'one that is a link', spoil: () => link('manifest.json', '/etc/passwd'), why: /is a link/ },
    { about: 'none', spoil: () => rmSync(join(folder, 'manifest.json')), why: /there is no such file/ },
  ])('$about is refused', ({ spoil, why }) => {
    spoil();
    const thrown = errorOf(() => readRecording(folder));
    expect(thrown.name).toBe('FixError');
    expect(thrown.message).toMatch(why);
  });

  test.each<{ about: string; spoil: () => void; why: RegExp; missing?: number }>([
    { about: 'cut short', spoil: () => put(firstHost(), '{"host":"node1"'), why: /is no JSON/ },
    {
      about: 'of something else',
      spoil: () => put(firstHost(), { host: 'node1', answers: [{ fact: 'x' }] }),
      why: /answers\.0/,
    },
    {
      about: 'of a host that is not listed',
      spoil: () => put(firstHost(), { host: 'evil', answers: [] }),
      why: /not in the manifest/,
    },
    {
      about: 'of a host that another file is of',
      spoil: () => put('hosts/00009-again.json', { host: 'node2', answers: [] }),
      why: /node2 too/,
      missing: 0,
    },
    { about: 'a link', spoil: () => link(firstHost(), '/etc/hostname'), why: /is a link/ },
    { about: 'missing', spoil: () => rmSync(join(folder, firstHost())), why: /^$/ },
  ])('a file of a host that is $about: the others are evaluated', async ({ spoil, why, missing = 1 }) => {
    spoil();
    const recording = readRecording(folder);
    expect(recording.damage.join('')).toMatch(why);
    const { tally, findings } = await diagnosed(recording);
    expect(findings.map(({ id }) => id)).toContain('FF101');
    expect([...tally.unreachable.keys(), ...tally.failed.keys()]).toHaveLength(missing);
  });

  test('an etcd file that is damaged leaves the leases unread', async () => {
    put('etcd/1.json', { store: 'v9' });
    const { notEvaluated } = await diagnosed(readRecording(folder));
    expect(notEvaluated.map(({ id }) => id)).toContain('FF104');
  });

  test('any bytes in any file are refused or told, and nothing else is thrown', SLOW, () => {
    const files = ['manifest.json', firstHost(), 'etcd/1.json'];
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (file, text) => {
        const before = readFileSync(join(folder, file));
        put(file, text);
        try {
          expect(readRecording(folder).damage).toHaveLength(1);
        } catch (error) {
          expect(error).toMatchObject({ name: 'FixError', code: 'recording/invalid' });
          expect(file).toBe('manifest.json');
        } finally {
          writeFileSync(join(folder, file), before);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("a template in somebody else's recording is a text", async () => {
    const given = manifest();
    for (const host of given.inventory.hosts) host.vars = { flannel_iface: "{{ lookup('env', 'HOME') }}" };
    put('manifest.json', given);
    const recording = readRecording(folder);
    const value = inventoryOf(recording).hosts.get('node1')?.vars.flannel_iface;
    expect(String(value)).toBe("{{ lookup('env', 'HOME') }}");
    const { tally } = await diagnosed(recording);
    expect(JSON.stringify([...tally.failed])).not.toContain(process.env.HOME ?? '/root');
  });

  function link(name: string, to: string): void {
    rmSync(join(folder, name));
    symlinkSync(to, join(folder, name));
  }
});

interface Given {
  inventory: { hosts: { name: string; vars: object }[] };
}

function twice(given: Given): Given {
  given.inventory.hosts.push(given.inventory.hosts[0] as Given['inventory']['hosts'][number]);
  return given;
}

function withVars(given: Given): Given {
  for (const host of given.inventory.hosts) host.vars = { ansible_connection: 'local' };
  return given;
}

function deep(given: Given): string {
  const depth = 200_000;
  return JSON.stringify(given).replace('"vars":{}', `"vars":{"flannel_x":${'['.repeat(depth)}${']'.repeat(depth)}}`);
}

function errorOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
