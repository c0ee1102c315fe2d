import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Event } from '../../src/engine/events.js';
import { readFacts } from '../../src/engine/gather.js';
import { remediate } from '../../src/engine/remediate.js';
import type { RunSettings, World } from '../../src/engine/run.js';
import { StopRequest } from '../../src/engine/stop-request.js';
import type { Tally } from '../../src/engine/tally.js';
import type { Verdict } from '../../src/engine/verdict.js';
import { memoryRegistry } from '../../src/etcd/memory-registry.js';
import { loadInventory } from '../../src/inventory/index.js';
import { noJournal } from '../../src/journal/journal.js';
import type { RunHeader } from '../../src/journal/record.js';
import { findModule } from '../../src/modules/index.js';
import { readPlaybook } from '../../src/playbook/load-playbook.js';
import { connectLocal } from '../../src/transport/connect-local.js';

export interface Ran {
  readonly verdict: Verdict;
  readonly events: readonly Event[];
  /** `host task: status`, in the order in which it happened. */
  readonly trace: readonly string[];
  readonly planned: Tally | undefined;
  /** The result of a task on a host. */
  result(host: string, task: string): Record<string, unknown>;
}

export interface RunText extends Partial<Omit<RunSettings, 'inventory' | 'playbook'>> {
  readonly inventory?: string;
  readonly world?: Partial<World>;
  readonly onEvent?: (event: Event, stop: StopRequest) => void;
  /** Files beside the playbook, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

const THREE = `all:
  vars: { ansible_connection: local }
  hosts: { a: , b: , c: }
  children:
    web: { hosts: { a: , b: } }
`;

/** Runs a playbook's text on hosts that are all this machine, each with a real open shell. */
export async function runText(playbook: string, given: RunText = {}): Promise<Ran> {
  const { inventory = THREE, world, onEvent, files = {}, ...settings } = given;
  const folder = mkdtempSync(join(tmpdir(), 'fix-flannel-run-'));
  try {
    writeFileSync(join(folder, 'inventory.yaml'), inventory);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const file = join(folder, 'playbook.yaml');
    const read = readPlaybook(playbook, file, knows);
    return await runLoaded(loadInventory(join(folder, 'inventory.yaml')), read, { ...settings, world, onEvent });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same with an inventory and a playbook that are read already. */
export async function runLoaded(
  inventory: RunSettings['inventory'],
  playbook: RunSettings['playbook'],
  {
    world,
    onEvent,
    ...settings
  }: Omit<RunText, 'inventory' | 'files' | 'world' | 'onEvent'> & {
    world?: RunText['world'] | undefined;
    onEvent?: RunText['onEvent'] | undefined;
  } = {},
): Promise<Ran> {
  const events: Event[] = [];
  let planned: Tally | undefined;
  const stop = new StopRequest();
  const verdict = await remediate(
    { ...defaults(), ...settings, inventory, playbook },
    { ...localWorld(), ...world },
    {
      event: (event) => {
        events.push(event);
        onEvent?.(event, stop);
      },
      planned: (tally) => {
        planned = tally;
      },
      approve: async () => true,
    },
    stop,
  );
  return {
    verdict,
    events,
    planned,
    trace: events.flatMap(traceOf),
    result: (host, task) => resultOf(events, host, task),
  };
}

export function knows(name: string): boolean {
  return findModule(name) !== undefined;
}

export function defaults() {
  return {
    check: false,
    limit: undefined,
    extraVars: {},
    tags: [],
    skipTags: [],
    forks: 5,
    scriptTimeoutMs: 10_000,
    header: HEADER,
    lockTtlSeconds: 30,
    targetLockFolder: join(LOCKS, 'lock'),
    lockWaitMs: 0,
  };
}

/** Apart from the locks of other test files, and of real runs on this machine. */
const LOCKS = mkdtempSync(join(tmpdir(), 'fix-flannel-locks-'));
process.on('exit', () => rmSync(LOCKS, { recursive: true, force: true }));

/** What a journal would say of a test's run. */
export const HEADER: RunHeader = {
  id: 'test',
  kind: 'run',
  inventory: 'inventory.yaml',
  playbook: 'playbook.yaml',
  tags: [],
  skipTags: [],
  by: 'tester@here',
  pid: process.pid,
  startedAt: '2026-11-24T22:00:00Z',
  version: '0.0.0',
};

export function localWorld(): World {
  return {
    connect: (host) => connectLocal(host),
    openRegistry: () => memoryRegistry(),
    readFacts,
    etcdHealth: async () => ({ members: [], quorum: true, clientCertificateEnds: undefined, v2: 'unknown' }),
    whereIsConfig: async () => 'nowhere',
    canReach: async () => true,
    findModule,
    readFile: (path) => readFileSync(path),
    saveFile: (path, content) => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    },
    ask: async () => undefined,
    lookups: {},
    now: Date.now,
    nonce: () => randomBytes(12).toString('hex'),
    sleep: async () => {},
    journal: noJournal,
    openLock: () => {
      throw new Error('no lock in this test');
    },
    holder: (run) => ({
      run,
      by: 'tester@here',
      pid: process.pid,
      process: '',
      since: '2026-11-24T22:00:00Z',
      why: 'test',
    }),
    isGone: () => undefined,
    elapsedMs: () => performance.now(),
  };
}

function traceOf(event: Event): string[] {
  if (event.kind === 'result')
    return [`${event.of.host} ${event.task}: ${event.of.status}${event.of.ignored ? ' (ignored)' : ''}`];
  return event.kind === 'rescued' ? [`${event.host} rescued`] : [];
}

function resultOf(events: readonly Event[], host: string, task: string): Record<string, unknown> {
  for (const event of events) {
    if (event.kind === 'result' && event.of.host === host && event.task === task) return { ...event.of.result };
  }
  throw new Error(`no result of ${task} on ${host}`);
}
