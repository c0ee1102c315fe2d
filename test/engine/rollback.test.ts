import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../src/engine/events.js';
import { remediate } from '../../src/engine/remediate.js';
import { hostsToUndo, type RollbackChoice, rollbackPlaybook } from '../../src/engine/rollback.js';
import { StopRequest } from '../../src/engine/stop-request.js';
import type { Verdict } from '../../src/engine/verdict.js';
import { loadInventory } from '../../src/inventory/index.js';
import { folderJournal } from '../../src/journal/folder-journal.js';
import { listRuns, readRun } from '../../src/journal/read-runs.js';
import type { HostEntry, RunRecord } from '../../src/journal/record.js';
import { unfinishedUndos } from '../../src/journal/unfinished-undos.js';
import { absent, file, HEADER, newFolder, stepEntries } from '../journal/make.js';
import { defaults, localWorld, runText } from '../support/run-playbook.js';

const folder = newFolder('fix-flannel-rollback-');
const state = join(folder, 'state');
/** The folder as the run on the two hosts left it, which each test begins with. */
const after = newFolder('fix-flannel-rollback-after-');
let site: Verdict;
beforeAll(async () => {
  mkdirSync(join(folder, 'a'));
  mkdirSync(join(folder, 'b'));
  for (const host of ['a', 'b']) {
    writeFileSync(join(folder, host, 'old'), `old of ${host}\n`);
    chmodSync(join(folder, host, 'old'), 0o640);
  }
  site = (await siteRun()).verdict;
  execFileSync('cp', ['-a', `${folder}/.`, after]);
}, 60_000);
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  execFileSync('cp', ['-a', `${after}/.`, folder]);
});

const INVENTORY = 'all:\n  vars: { ansible_connection: local }\n  hosts: { a: , b: }\n';
const text = (host: string, name: string) => readFileSync(join(folder, host, name), 'utf8');

/** Three files on two hosts, and something that cannot be undone. */
function siteRun(): ReturnType<typeof runText> {
  const playbook = `
- hosts: all
  serial: 1
  tasks:
    - copy: { dest: "${folder}/{{ inventory_hostname }}/old", content: "new\\n", mode: "0600" }
    - copy: { dest: "${folder}/{{ inventory_hostname }}/made", content: "made\\n" }
    - file: { path: "${folder}/{{ inventory_hostname }}/d/e", state: directory }
    - name: a command
      command: "true"
`;
  return runText(playbook, {
    inventory: INVENTORY,
    header: { ...HEADER, id: 'run-1' },
    world: { journal: folderJournal(state) },
  });
}

async function rollBack(
  run: string,
  { id = 'undo-1', check = false, ...choice }: RollbackChoice & { id?: string; check?: boolean } = {},
) {
  writeFileSync(join(folder, 'inventory.yaml'), INVENTORY);
  const rollback = rollbackPlaybook(readRun(state, run), loadInventory(join(folder, 'inventory.yaml')), choice);
  const events: Event[] = [];
  const verdict = await remediate(
    {
      ...defaults(),
      check,
      planFirst: true,
      inventory: rollback.inventory,
      playbook: rollback.playbook,
      header: { ...HEADER, id, kind: 'rollback', of: run },
    },
    { ...localWorld(), findModule: rollback.findModule, journal: folderJournal(state) },
    { event: (event) => events.push(event), planned: () => {}, approve: async () => true },
    new StopRequest(),
  );
  const reasons = events.flatMap((event) => (event.kind === 'result' ? [`${event.of.host}: ${event.of.why}`] : []));
  return { verdict, reasons, events };
}

test('takes over guards left behind before it puts anything back: one that fired later would undo that', async () => {
  writeFileSync(join(folder, 'inventory.yaml'), INVENTORY);
  const { playbook, findModule } = rollbackPlaybook(
    readRun(state, 'run-1'),
    loadInventory(join(folder, 'inventory.yaml')),
  );
  const [first] = playbook.plays.flatMap(({ steps }) => steps);
  expect(first).toMatchObject({ module: 'commit_confirmed', args: { state: 'cleared' }, ignoreErrors: true });
  expect(findModule('commit_confirmed')?.name).toBe('commit_confirmed');
});

describe('a run on two hosts', () => {
  test('is undone, the last host first, and the undo can be undone', async () => {
    expect(site.kind).toBe('mended');
    expect(hostsToUndo(readRun(state, 'run-1'))).toEqual(['b', 'a']);
    const { verdict, events } = await rollBack('run-1');
    expect(verdict).toMatchObject({ kind: 'mended', changed: 2, failed: 0 });
    expect(events.flatMap((event) => (event.kind === 'batch' ? event.hosts : []))).toEqual(['b', 'a']);
    for (const host of ['a', 'b']) {
      expect(text(host, 'old')).toBe(`old of ${host}\n`);
      expect(statSync(join(folder, host, 'old')).mode & 0o7777).toBe(0o640);
      expect([existsSync(join(folder, host, 'made')), existsSync(join(folder, host, 'd'))]).toEqual([false, false]);
    }
    expect((await rollBack('run-1', { id: 'undo-2' })).verdict.kind).toBe('sound');
    expect((await rollBack('undo-1', { id: 'undo-3' })).verdict.kind).toBe('mended');
    expect([text('a', 'old'), text('a', 'made'), existsSync(join(folder, 'a', 'd', 'e'))]).toEqual([
      'new\n',
      'made\n',
      true,
    ]);
    expect(listRuns(state).runs.map(({ header, hosts }) => [header.id, hosts.changed])).toEqual([
      ['undo-3', 2],
      ['undo-1', 2],
      ['run-1', 2],
    ]);
  }, 60_000);

  test('is refused as a whole, file by file, where somebody has changed one since', async () => {
    writeFileSync(join(folder, 'a', 'old'), 'mine\n');
    const { verdict, reasons } = await rollBack('run-1');
    expect(verdict).toMatchObject({ kind: 'refused', exitStatus: 4 });
    expect(reasons.join('\n')).toMatch(
      /a: nothing is put back, as 1 file cannot be: .*\/a\/old: changed since: digest/,
    );
    expect([text('a', 'old'), text('b', 'old'), existsSync(join(folder, 'b', 'made'))]).toEqual([
      'mine\n',
      'new\n',
      true,
    ]);
    expect((await rollBack('run-1', { only: new Set(['b']) })).verdict.kind).toBe('mended');
    expect([text('a', 'old'), text('b', 'old')]).toEqual(['mine\n', 'old of b\n']);
  }, 60_000);

  test('is only looked at by a check', async () => {
    const { verdict, reasons } = await rollBack('run-1', { check: true });
    expect(verdict.kind).toBe('planned');
    expect(reasons.filter((why) => why.includes('put back'))).toHaveLength(2);
    expect(text('a', 'old')).toBe('new\n');
    expect(listRuns(state).runs).toHaveLength(1);
  }, 60_000);
});

describe('what there is to undo', () => {
  const inventory = () => {
    writeFileSync(join(folder, 'inventory.yaml'), INVENTORY);
    return loadInventory(join(folder, 'inventory.yaml'));
  };
  const recordOf = (hosts: Readonly<Record<string, readonly HostEntry[]>>): RunRecord => ({
    header: HEADER,
    ending: undefined,
    hosts: new Map(Object.entries(hosts)),
    cluster: [],
    damage: [],
  });
  const step = stepEntries(1, [absent('/etc/x')], [file('/etc/x', 'x')]);

  test('a host that the inventory lacks is named before anything is done', () => {
    expect(() => rollbackPlaybook(recordOf({ gone: step }), inventory())).toThrow(
      expect.objectContaining({
        code: 'inventory/unknown-host',
        message: expect.stringContaining('gone'),
        hint: expect.stringContaining('--limit'),
      }),
    );
    expect(rollbackPlaybook(recordOf({ gone: step, a: step }), inventory(), { only: new Set(['a']) }).hosts).toEqual([
      'a',
    ]);
  });

  test('a host that nothing was done to is left out', () => {
    const idle: HostEntry = { kind: 'state', at: HEADER.startedAt, state: 'done', why: '' };
    expect(rollbackPlaybook(recordOf({ a: [idle], b: step }), inventory()).hosts).toEqual(['b']);
  });

  test('each identity that changed something has a task of its own, the one with units last', () => {
    const root = { method: 'sudo', user: 'root' };
    const [before, ...rest] = step as [Extract<HostEntry, { kind: 'before' }>, ...HostEntry[]];
    const units = [{ name: 'x.service', active: 'active', enabled: 'enabled' }];
    const asRoot = { ...before, become: root, image: { files: [], units } };
    const { playbook } = rollbackPlaybook(recordOf({ a: [asRoot, before, ...rest] }), inventory());
    expect(playbook.plays.at(-1)?.steps.map(({ vars }) => vars)).toEqual([
      { ansible_become: false },
      { ansible_become: true, ansible_become_user: 'root', ansible_become_method: 'sudo' },
    ]);
  });
});

test('an undo that did not come to its end is known, until a later one does', async () => {
  const write = async (id: string, entries: readonly HostEntry[]) => {
    const journal = folderJournal(state);
    await journal.begin({ ...HEADER, id, kind: 'rollback', of: 'run-1' });
    for (const entry of entries) await journal.host('a', entry);
  };
  const step = stepEntries(1, [absent('/etc/x')], [file('/etc/x', 'x')]);
  rmSync(state, { recursive: true });
  await write('1', step.slice(0, 2));
  expect([...unfinishedUndos(state, 'run-1')]).toEqual(['a']);
  expect([...unfinishedUndos(state, 'another')]).toEqual([]);
  await write('2', [...step, { kind: 'state', at: HEADER.startedAt, state: 'done', why: '' }]);
  expect([...unfinishedUndos(state, 'run-1')]).toEqual([]);
});
