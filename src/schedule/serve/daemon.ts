import { setMaxListeners } from 'node:events';
import type { ClusterStore } from './cluster-memory.js';
import { type ClusterStatus, ClusterWork } from './cluster-work.js';
import { type ServeConfig, type ServedCluster, shownTarget, type WebhookTarget } from './config.js';
import type { News } from './news.js';
import type { Log, RunCheck, Timers } from './ports.js';
import { ScheduleLoop } from './schedule-loop.js';
import { Turns } from './turns.js';

/** Where news goes: a webhook, or a test. */
export interface Messenger {
  readonly target: WebhookTarget;
  readonly failures: number;
  send(news: News): void;
  close(withinMs: number): Promise<void>;
}

/** What the daemon needs of the world. */
export interface DaemonPorts {
  readonly timers: Timers;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly runCheck: RunCheck;
  readonly mend: RunCheck;
  readonly storeOf: (name: string) => ClusterStore;
  readonly messengerOf: (target: WebhookTarget) => Messenger;
  readonly log: Log;
}

/** A cluster, how it stands, and what comes next. */
export interface ServedStatus {
  readonly cluster: ServedCluster;
  readonly status: ClusterStatus;
  /** Milliseconds since 1970. */
  readonly due: number | undefined;
  readonly isOverdue: boolean;
}

const MESSAGES_END_WITHIN_MS = 10_000;

/** Checks clusters when they are due, and tells what is new. */
export class Daemon {
  readonly #ports: DaemonPorts;
  readonly #loop: ScheduleLoop;
  readonly #turns: Turns;
  readonly #stopping = new AbortController();
  readonly #works = new Map<string, ClusterWork>();
  /** Taken out of the configuration while a check of them runs. */
  readonly #leaving = new Map<string, ClusterWork>();
  #messengers = new Map<string, Messenger>();
  #config: ServeConfig;

  constructor(config: ServeConfig, ports: DaemonPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#turns = new Turns(config.atOnce);
    // Every check that runs listens; up to a hundred do at once.
    setMaxListeners(0, this.#stopping.signal);
    const { timers, random } = ports;
    this.#loop = new ScheduleLoop({
      ...{ timers, random },
      onDue: ({ name }, slot) => this.#works.get(name)?.begin(slot),
    });
    this.#follow(config);
  }

  get config(): ServeConfig {
    return this.#config;
  }

  /** Goes on with another configuration. What runs now is let end as it began. */
  reload(config: ServeConfig): void {
    this.#turns.resize(config.atOnce - this.#config.atOnce);
    this.#follow(config);
  }

  /** Begins nothing more, asks what runs to stop, waits for it, and sends what is still to be sent. */
  async stop(): Promise<void> {
    this.#loop.stop();
    this.#stopping.abort();
    await Promise.all([...this.#works.values(), ...this.#leaving.values()].map((work) => work.ended()));
    await Promise.all([...this.#messengers.values()].map((one) => one.close(MESSAGES_END_WITHIN_MS)));
  }

  /** Every cluster, in the order of the configuration. */
  statuses(): ServedStatus[] {
    return this.#config.clusters.flatMap(({ name }) => this.find(name)?.served ?? []);
  }

  find(name: string): { readonly work: ClusterWork; readonly served: ServedStatus } | undefined {
    const work = this.#works.get(name);
    if (work === undefined) return undefined;
    const { cluster, status } = work;
    return { work, served: { cluster, status, due: this.#loop.due(name), isOverdue: this.#isOverdue(work) } };
  }

  /** Messages lost so far, by where they should have gone. */
  messengers(): readonly { readonly to: string; readonly failures: number }[] {
    return [...this.#messengers.values()].map(({ target, failures }) => ({ to: shownTarget(target), failures }));
  }

  /** Whether clusters are checked as they should be. */
  health(): { readonly isAlive: boolean; readonly overdue: readonly string[] } {
    const overdue = this.statuses().filter(({ isOverdue }) => isOverdue);
    return { isAlive: this.#loop.isAlive(), overdue: overdue.map(({ cluster }) => cluster.name) };
  }

  /** It waits for its turn, or for a check that does not end, for more than two periods. */
  #isOverdue({ cluster: { name, timeoutMs }, status: { activity, since } }: ClusterWork): boolean {
    if (activity === 'idle' || activity === 'mending') return false;
    const allowed = activity === 'checking' ? timeoutMs : 0;
    return this.#ports.timers.now() - since > allowed + 2 * this.#loop.period(name);
  }

  #follow(config: ServeConfig): void {
    this.#config = config;
    this.#renewMessengers(config);
    const names = new Set(config.clusters.map(({ name }) => name));
    for (const [name, work] of this.#works) if (!names.has(name)) this.#dismiss(name, work);
    for (const cluster of config.clusters) {
      // One that left and comes back may still be checked: it is never checked twice at once.
      const known = this.#works.get(cluster.name) ?? this.#leaving.get(cluster.name);
      if (known !== undefined) known.cluster = cluster;
      this.#leaving.delete(cluster.name);
      this.#works.set(cluster.name, known ?? this.#workOf(cluster));
    }
    this.#loop.setClusters(config.clusters, (name) => this.#works.get(name)?.lastSlot ?? null);
  }

  #workOf(cluster: ServedCluster): ClusterWork {
    const { timers, runCheck, mend, storeOf, log } = this.#ports;
    return new ClusterWork(cluster, storeOf(cluster.name), {
      ...{ timers, runCheck, mend, log, turns: this.#turns, stopping: this.#stopping.signal },
      tell: (news, { webhooks }) => {
        // An address that stands in both lists is told once.
        const keys = new Set([...this.#config.webhooks, ...webhooks].map((target) => JSON.stringify(target)));
        for (const key of keys) this.#messengers.get(key)?.send(news);
      },
    });
  }

  #dismiss(name: string, work: ClusterWork): void {
    this.#works.delete(name);
    this.#leaving.set(name, work);
    void work.ended().then(() => {
      if (this.#leaving.get(name) === work) this.#leaving.delete(name);
    });
  }

  /** One messenger an address, also where several clusters name it. */
  #renewMessengers({ webhooks, clusters }: ServeConfig): void {
    const before = this.#messengers;
    this.#messengers = new Map();
    for (const target of [...webhooks, ...clusters.flatMap((cluster) => cluster.webhooks)]) {
      const key = JSON.stringify(target);
      this.#messengers.set(key, before.get(key) ?? this.#ports.messengerOf(target));
    }
    for (const [key, one] of before) if (!this.#messengers.has(key)) void one.close(MESSAGES_END_WITHIN_MS);
  }
}
