import type { CheckReport } from '../../../src/compliance/report.js';
import { type ClusterMemory, type ClusterStore, NO_MEMORY } from '../../../src/schedule/serve/cluster-memory.js';
import type { ServeConfig, ServedCluster, WebhookTarget } from '../../../src/schedule/serve/config.js';
import { Daemon } from '../../../src/schedule/serve/daemon.js';
import type { News } from '../../../src/schedule/serve/news.js';
import type { Outcome, RunCheck } from '../../../src/schedule/serve/ports.js';
import { soundReport } from '../../support/reports.js';
import { FakeTime } from './fake-time.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** A whole hour. */
export const START = Date.parse('2026-03-01T10:00:00Z');

export const HOOK: WebhookTarget = { url: 'https://hooks.test/x', kind: 'plain', headers: {}, timeoutMs: 1000 };

/** A cluster that is looked at every five minutes, with some of it otherwise. */
export function clusterWith(fields: Partial<ServedCluster> = {}): ServedCluster {
  return {
    name: 'prod',
    inventory: '/etc/fix-flannel/prod.yaml',
    when: { kind: 'every', ms: 5 * MINUTE },
    jitterMs: 0,
    timeoutMs: 10 * MINUTE,
    options: { ofCheck: [], ofRun: [] },
    reports: [],
    webhooks: [],
    remediate: undefined,
    ...fields,
  };
}

export function configWith(fields: Partial<ServeConfig> = {}): ServeConfig {
  return {
    clusters: [clusterWith()],
    listen: { address: '127.0.0.1', port: 0, token: undefined },
    stateFolder: '/nowhere',
    atOnce: 4,
    webhooks: [HOOK],
    ...fields,
  };
}

/** What is on the disk, without a disk. */
export class MemoryStore implements ClusterStore {
  kept: ClusterMemory = NO_MEMORY;
  report: CheckReport | undefined;
  isFull = false;

  memory(): ClusterMemory {
    return this.kept;
  }

  async remember(memory: ClusterMemory): Promise<void> {
    if (this.isFull) throw new Error('the disk is full');
    this.kept = memory;
  }

  latest(): CheckReport | undefined {
    return this.report;
  }

  async keep(report: CheckReport): Promise<void> {
    if (this.isFull) throw new Error('the disk is full');
    this.report = report;
  }
}

export interface Began {
  readonly cluster: string;
  /** Minutes after the start. */
  readonly minute: number;
}

/** A daemon in made-up time over made-up clusters: what it does is written down. */
export class MadeUpDaemon {
  readonly time: FakeTime;
  readonly stores: Map<string, MemoryStore>;
  readonly checks: Began[] = [];
  readonly runs: Began[] = [];
  readonly news: News[] = [];
  readonly events: { event: string; cluster: unknown }[] = [];
  /** How long a check takes. */
  seconds = 10;
  /** What a check sees at a minute; `dies`: it leaves no report. */
  sees: (cluster: string, minute: number) => CheckReport | 'dies' = () => soundReport();
  random = 0;
  readonly daemon: Daemon;

  constructor(config: ServeConfig, { time = new FakeTime(START), stores = new Map<string, MemoryStore>() } = {}) {
    this.time = time;
    this.stores = stores;
    this.daemon = new Daemon(config, {
      timers: time,
      random: () => this.random,
      runCheck: this.#play(this.checks),
      mend: this.#play(this.runs),
      storeOf: (name) => this.store(name),
      messengerOf: (target) => ({
        ...{ target, failures: 0 },
        send: (news: News) => void this.news.push(news),
        close: async () => {},
      }),
      log: (event, { cluster }) => void this.events.push({ event, cluster }),
    });
  }

  store(name: string): MemoryStore {
    const store = this.stores.get(name) ?? new MemoryStore();
    this.stores.set(name, store);
    return store;
  }

  /** The minutes at which checks of a cluster began. */
  minutes(cluster = 'prod'): number[] {
    return this.checks.filter((one) => one.cluster === cluster).map(({ minute }) => minute);
  }

  #play(list: Began[]): RunCheck {
    return ({ name }, signal) => {
      const minute = (this.time.now() - START) / MINUTE;
      list.push({ cluster: name, minute });
      const seen = this.sees(name, minute);
      return new Promise<Outcome>((resolve) => {
        const cancel = this.time.after(this.seconds * 1000, () => resolve(outcomeOf(seen, this.seconds)));
        signal.addEventListener('abort', () => {
          cancel();
          resolve({ kind: 'stopped' });
        });
      });
    };
  }
}

function outcomeOf(seen: CheckReport | 'dies', seconds: number): Outcome {
  if (seen === 'dies') return { kind: 'failed', why: 'it was ended by SIGSEGV', exitStatus: null, seconds };
  return { kind: 'report', report: seen, exitStatus: seen.verdict.exitStatus, seconds };
}
