import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunOptions } from '../../src/core/connection.js';
import { FixError } from '../../src/core/error.js';
import { change, run, unchanged } from '../../src/core/module.js';
import { type Script, sh } from '../../src/core/script.js';
import type { World } from '../../src/engine/run.js';
import { type MemoryLockStore, memoryLockStore } from '../../src/etcd/memory-lock.js';
import { memoryRegistry } from '../../src/etcd/memory-registry.js';
import type { RegistrySpec } from '../../src/flannel/registry.js';
import type { Journal } from '../../src/journal/journal.js';
import { defineFleetModule, type FleetOutcome, sameForAll } from '../../src/modules/fleet-module.js';
import { findModule } from '../../src/modules/index.js';
import { connectLocal } from '../../src/transport/connect-local.js';
import { memoryJournal } from '../support/memory-journal.js';
import { runText } from '../support/run-playbook.js';

const SPEC: RegistrySpec = {
  store: 'v2',
  endpoints: ['http://127.0.0.1:1'],
  prefix: '/network',
  tls: undefined,
  deadlineMs: 100,
};

/** A fleet module that names an etcd and has one host change. */
const fleet = defineFleetModule({
  name: 'flannel_diagnose',
  about: '',
  example: '',
  args: z.strictObject({}),
  async plan(_, hosts) {
    const outcomes = new Map(hosts.map(({ name }) => [name, unchanged('fine')] as const));
    const changed = change('touch it', { actions: [run(sh`:`, { touches: {} })] });
    return { outcomes: new Map([...outcomes, ['a', changed]]), registries: [{ spec: SPEC, via: 'a' }] };
  },
});

const PLAYBOOK = `
- hosts: all
  gather_facts: false
  tasks:
    - name: Look
      flannel_diagnose:
    - name: Then
      command: echo then
`;

function worldOf(store: MemoryLockStore, more: Partial<World> = {}): Partial<World> {
  return {
    openLock: () => store.open(),
    findModule: (name) => (name === fleet.name ? fleet : findModule(name)),
    ...more,
  };
}

const OTHER = JSON.stringify({
  run: 'other',
  by: 'somebody@elsewhere',
  pid: 4,
  process: '',
  since: '2026-11-24T22:00:00Z',
  why: 'fix-flannel run inventory.yaml',
});

describe('a dead lease', () => {
  const leases = defineFleetModule({
    name: 'flannel_leases',
    about: '',
    example: '',
    args: z.strictObject({}),
    async plan(_, hosts, tools): Promise<FleetOutcome> {
      const table = await tools.withRegistry(SPEC, 'a', (registry) => registry.leases());
      const actions = table.leases.map((lease) => ({ kind: 'delete-lease' as const, registry: SPEC, via: 'a', lease }));
      return { outcomes: sameForAll(hosts, change('delete', { actions: [], result: { cluster: true } })), actions };
    },
  });
  const LEASES = `
- hosts: a
  gather_facts: false
  tasks: [ { name: Leases, flannel_leases: } ]`;

  const remove = async (journal: Journal, more: Partial<World> = {}) => {
    const value = { PublicIP: '10.0.2.15' };
    const registry = memoryRegistry({ leases: { '10.1.11.0-24': { value, ttlSeconds: 60 } } });
    const ran = await runText(LEASES, {
      world: worldOf(memoryLockStore(), {
        openRegistry: () => registry,
        findModule: (name) => (name === leases.name ? leases : findModule(name)),
        journal,
        ...more,
      }),
    });
    return { ...ran, left: (await registry.leases()).leases.length };
  };

  test('is written down before it is deleted, and after', async () => {
    const journal = memoryJournal();
    const { left } = await remove(journal);
    expect(left).toBe(0);
    expect(journal.clusterEntries.map(({ what }) => what)).toEqual([
      'delete the dead lease 10.1.11.0/24 of 10.0.2.15',
      'deleted the dead lease 10.1.11.0/24 of 10.0.2.15',
    ]);
  });

  test('stays where that cannot be written down', async () => {
    const full = new FixError('journal/unwritable', 'the disk is full', { hint: 'Make room.' });
    const { left, verdict } = await remove({ ...memoryJournal(), cluster: () => Promise.reject(full) });
    expect([left, verdict.kind]).toEqual([1, 'failed']);
  });
});

describe('the lock of a cluster', () => {
  test('is held while a run changes things, and given back', async () => {
    const store = memoryLockStore();
    const held: (string | undefined)[] = [];
    const { verdict } = await runText(PLAYBOOK, {
      world: worldOf(store),
      onEvent: (event) => {
        if (event.kind === 'result') held.push(store.value());
      },
    });
    expect(verdict.kind).toBe('mended');
    // The first three are of the plan, which holds nothing.
    expect(held.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    expect(held.at(-1)).toContain('"run":"test"');
    expect(store.value()).toBeUndefined();
  });

  test('is not taken by a check', async () => {
    const store = memoryLockStore();
    const opened: unknown[] = [];
    await runText(PLAYBOOK, {
      check: true,
      world: worldOf(store, {
        openLock: () => {
          opened.push(1);
          return store.open();
        },
      }),
    });
    expect(opened).toEqual([]);
  });

  test('that another run holds keeps everything as it is', async () => {
    const store = memoryLockStore();
    store.overwrite(OTHER, 60);
    const events: string[] = [];
    const outcome = runText(PLAYBOOK, {
      world: worldOf(store),
      onEvent: (event) => void (event.kind === 'result' && events.push(event.task)),
    });
    await expect(outcome).rejects.toMatchObject({
      code: 'lock/held',
      message: expect.stringContaining('somebody@elsewhere'),
    });
    expect(events).toEqual(['Look', 'Look', 'Look', 'Then', 'Then', 'Then']);
    expect(store.value()).toBe(OTHER);
  });

  test('of a run whose process is gone is taken over', async () => {
    const store = memoryLockStore();
    store.overwrite(OTHER, 60);
    const { verdict, events } = await runText(PLAYBOOK, { world: worldOf(store, { isGone: () => true }) });
    expect(verdict.kind).toBe('mended');
    expect(events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []))).toEqual([
      expect.stringContaining('that process has ended'),
    ]);
  });

  test('is waited for as long as the run may', async () => {
    const store = memoryLockStore();
    store.overwrite(OTHER, 60);
    let slept = 0;
    const sleep = async () => {
      slept++;
      if (slept === 3) store.overwrite(undefined);
    };
    const { verdict } = await runText(PLAYBOOK, { lockWaitMs: 60_000, world: worldOf(store, { sleep }) });
    expect(verdict.kind).toBe('mended');
    expect(slept).toBe(3);
  });

  test('is waited for no longer once a stop is asked for: that is no failure', async () => {
    const store = memoryLockStore();
    store.overwrite(OTHER, 60);
    const { verdict } = await runText(PLAYBOOK, {
      lockWaitMs: 60_000,
      world: worldOf(store),
      onEvent: (event, stop) => void (event.kind === 'warning' && stop.ask()),
    });
    expect(verdict).toMatchObject({ kind: 'interrupted', exitStatus: 130 });
    expect(verdict.line).toBe('Interrupted; nothing was changed.');
  });

  test('that cannot be reached keeps everything as it is', async () => {
    const store = memoryLockStore();
    store.failWith(new FixError('etcd/no-quorum', 'no quorum', { hint: 'Bring a member back.' }));
    const journal = { begun: false };
    const outcome = runText(PLAYBOOK, {
      world: worldOf(store),
      onEvent: (event) => {
        if (event.kind === 'batch') journal.begun = true;
      },
    });
    await expect(outcome).rejects.toMatchObject({ code: 'etcd/no-quorum' });
  });

  test('that goes in the middle stops the run before its next change', async () => {
    const store = memoryLockStore();
    let seen = 0;
    let clock = 0;
    const { trace, result } = await runText(PLAYBOOK, {
      world: worldOf(store, { elapsedMs: () => clock }),
      onEvent: (event) => {
        // The last of the three that Look changed or looked at for real: from then on this process was frozen.
        if (event.kind === 'result' && event.task === 'Look' && ++seen === 6) clock += 3_600_000;
      },
    });
    expect(trace.filter((line) => line.includes('Then')).slice(3)).toEqual([
      'a Then: failed',
      'b Then: failed',
      'c Then: failed',
    ]);
    expect(result('a', 'Look')).toMatchObject({ changed: true });
  });

  /** While a script or a new connection is on its way, this process stands still for longer than any lock lives. */
  const frozenOnTheWay = async (tasks: string, isOnItsWay: (text: string | undefined) => boolean) => {
    const store = memoryLockStore();
    const targetLockFolder = join(mkdtempSync(join(tmpdir(), 'hold-')), 'lock');
    let clock = 0;
    const freeze = () => {
      if (clock > 0) return;
      clock += 3_600_000;
      for (const name of readdirSync(targetLockFolder)) {
        if (/^\d+$/.test(name)) writeFileSync(join(targetLockFolder, name), '1 1 test\n{}\n');
      }
    };
    let connections = 0;
    const connect = async (host: string) => {
      if (++connections > 1 && isOnItsWay(undefined)) freeze();
      const connection = await connectLocal(host);
      return {
        ...connection,
        run: (script: Script, options: RunOptions) => {
          if (isOnItsWay(script.text)) freeze();
          return connection.run(script, options);
        },
      };
    };
    const ran = await runText(PLAYBOOK + tasks, {
      inventory: 'all: { vars: { ansible_connection: local }, hosts: { a: } }\n',
      targetLockFolder,
      world: worldOf(store, { elapsedMs: () => clock, connect }),
    });
    rmSync(dirname(targetLockFolder), { recursive: true });
    return ran;
  };

  test('that goes while a script is on its way keeps the host from being taken again for it', async () => {
    const ran = await frozenOnTheWay('', (text) => /\becho'? '?then\b/.test(text ?? ''));
    expect(ran.trace.at(-1)).toBe('a Then: failed');
    expect(ran.result('a', 'Look')).toMatchObject({ changed: true });
    const last = ran.events.filter((event) => event.kind === 'result').at(-1);
    expect(last).toMatchObject({ of: { code: 'lock/lost' } });
  });

  test('that goes while a connection is opened keeps what it was opened for from being done', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'hold-')), 'guards');
    const at = (state: string, more = '') => `commit_confirmed: { state: ${state}, folder: ${folder}${more} }`;
    const tasks = `    - name: Arm
      ${at('armed', `, files: [${folder}.x]`)}
    - name: Confirm
      ${at('confirmed')}
`;
    const ran = await frozenOnTheWay(tasks, (text) => text === undefined);
    expect(ran.trace.slice(-2)).toEqual(['a Arm: ok', 'a Confirm: failed']);
    expect(existsSync(join(folder, 'test'))).toBe(true);
    await runText(`
- hosts: a
  gather_facts: false
  tasks:
    - ${at('cleared')}`);
    rmSync(dirname(folder), { recursive: true });
  });

  test('is held by one of many runs at a time, and by none after them', async () => {
    const store = memoryLockStore();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        runText(PLAYBOOK, {
          inventory: 'all: { vars: { ansible_connection: local }, hosts: { a: } }\n',
          world: worldOf(store),
        }),
      ),
    );
    const held = outcomes.filter((one) => one.status === 'rejected' && one.reason.code === 'lock/held');
    const done = outcomes.filter((one) => one.status === 'fulfilled');
    expect(held.length + done.length).toBe(8);
    expect(done.length).toBeGreaterThanOrEqual(1);
    expect(store.value()).toBeUndefined();
  });
});
