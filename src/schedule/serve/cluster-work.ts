import type { CheckReport } from '../../compliance/report.js';
import { messageOf } from '../../core/error.js';
import { printableLine } from '../../core/text.js';
import { type ClusterMemory, type ClusterStore, NO_MEMORY } from './cluster-memory.js';
import type { ServedCluster } from './config.js';
import { type News, newsOfFailure, newsOfMending, newsOfReport } from './news.js';
import type { Log, Outcome, RunCheck, Timers } from './ports.js';
import { episodeOf, mendingOf } from './remediation.js';
import type { Turns } from './turns.js';

/** What one cluster's work needs of the daemon. */
export interface WorkTools {
  readonly timers: Timers;
  readonly runCheck: RunCheck;
  readonly mend: RunCheck;
  readonly turns: Turns;
  readonly log: Log;
  readonly tell: (news: News, cluster: ServedCluster) => void;
  /** Aborted when the daemon stops. */
  readonly stopping: AbortSignal;
}

/** A report in short, for pages and metrics. */
export type ReportInShort = Pick<CheckReport, 'id' | 'startedAt' | 'seconds' | 'verdict' | 'counts'>;

/** How a cluster stands. Times are milliseconds since 1970. */
export interface ClusterStatus {
  readonly activity: 'idle' | 'waiting' | 'checking' | 'mending';
  /** Since when it is so. */
  readonly since: number;
  readonly lastStart: number | null;
  /** Of the last check, in seconds. */
  readonly lastSeconds: number | null;
  readonly lastExitStatus: number | null;
  /** Why the last check failed to run. */
  readonly failure: string | null;
  readonly latest: ReportInShort | undefined;
  readonly checks: number;
  readonly failures: number;
  /** Times at which the one before had not ended. */
  readonly skipped: number;
  readonly runs: number;
}

/** The checks of one cluster, one at a time: what they came to, what is new in it, what is remembered. */
export class ClusterWork {
  cluster: ServedCluster;
  readonly #tools: WorkTools;
  readonly #store: ClusterStore;
  #memory: ClusterMemory;
  #status: ClusterStatus;
  #work: Promise<void> | undefined;
  #unkept: CheckReport | undefined;

  constructor(cluster: ServedCluster, store: ClusterStore, tools: WorkTools) {
    this.cluster = cluster;
    this.#store = store;
    this.#tools = tools;
    this.#memory = this.#or(NO_MEMORY, () => store.memory());
    const latest = this.#or(undefined, () => store.latest());
    this.#status = {
      activity: 'idle',
      since: tools.timers.now(),
      lastStart: latest === undefined ? null : Date.parse(latest.startedAt),
      lastSeconds: latest?.seconds ?? null,
      lastExitStatus: latest?.verdict.exitStatus ?? null,
      failure: this.#memory.failure,
      latest: latest && inShort(latest),
      ...{ checks: 0, failures: 0, skipped: 0, runs: 0 },
    };
  }

  get status(): ClusterStatus {
    return this.#status;
  }

  get lastSlot(): number | null {
    return this.#memory.lastSlot;
  }

  /** The newest report, also where the disk did not take it: else the same fault were news each time. */
  latest(): CheckReport | undefined {
    return this.#unkept ?? this.#or(undefined, () => this.#store.latest());
  }

  /** Begins a check, unless the one before has not ended. */
  begin(slot: number): void {
    if (this.#work !== undefined) {
      this.#status = { ...this.#status, skipped: this.#status.skipped + 1 };
      this.#tools.log('skipped', { cluster: this.cluster.name, why: `it is ${this.#status.activity} still` });
      return;
    }
    this.#work = this.#turn(slot)
      .catch((error) => this.#complain(error))
      .finally(() => {
        this.#become('idle');
        this.#work = undefined;
      });
  }

  /** Resolves when nothing runs. */
  async ended(): Promise<void> {
    await this.#work;
  }

  async #turn(slot: number): Promise<void> {
    this.#become('waiting');
    const giveBack = await this.#tools.turns.take();
    try {
      if (!this.#tools.stopping.aborted) await this.#check(this.cluster, slot);
    } finally {
      giveBack();
    }
  }

  async #check(cluster: ServedCluster, slot: number): Promise<void> {
    const { timers, runCheck, log, stopping } = this.#tools;
    this.#become('checking');
    log('check began', { cluster: cluster.name });
    const lastStart = timers.now();
    this.#status = { ...this.#status, lastStart };
    const outcome = await runCheck(cluster, stopping);
    if (outcome.kind === 'stopped') return log('check stopped', { cluster: cluster.name });
    const { seconds, exitStatus } = outcome;
    const { checks, failures } = this.#status;
    const failed = outcome.kind === 'failed' ? 1 : 0;
    this.#status = {
      ...this.#status,
      ...{ lastSeconds: seconds, lastExitStatus: exitStatus, checks: checks + 1, failures: failures + failed },
      failure: outcome.kind === 'failed' ? outcome.why : null,
    };
    if (outcome.kind === 'failed') await this.#noteFailure(cluster, outcome, slot);
    else await this.#noteReport(cluster, outcome, slot);
  }

  async #noteFailure(cluster: ServedCluster, { why, exitStatus }: FailedOutcome, slot: number): Promise<void> {
    this.#tools.log('check failed', { cluster: cluster.name, why });
    if (this.#memory.failure === null) this.#tell(cluster, newsOfFailure(why, exitStatus, this.#about(cluster)));
    // A check that did not run saw no finding: no streak goes on over it.
    await this.#remember({ ...this.#memory, lastSlot: slot, failure: why, streaks: {} });
  }

  async #noteReport(cluster: ServedCluster, { report, seconds }: ReportOutcome, slot: number): Promise<void> {
    const { verdict } = report;
    const { name } = cluster;
    this.#tools.log('check ended', { cluster: name, status: verdict.exitStatus, seconds, line: verdict.line });
    const news = newsOfReport(this.latest(), report, this.#memory.failure !== null, this.#about(cluster));
    this.#unkept = (await this.#attempt(() => this.#store.keep(report))) ? undefined : report;
    this.#status = { ...this.#status, latest: inShort(report) };
    if (news !== undefined) this.#tell(cluster, news);
    const { due, ...mending } = mendingOf(this.#memory, report, cluster.remediate);
    const episodes = new Set([...mending.mended, ...due.map(episodeOf)]);
    const memory = { lastSlot: slot, failure: null, streaks: mending.streaks, mended: [...episodes] };
    // What is not on the disk could be mended twice after a restart: then it is not mended at all.
    const isKept = await this.#remember(memory);
    if (due.length > 0 && isKept) await this.#mend(cluster, [...new Set(due.map(({ id }) => id))]);
    if (due.length > 0 && !isKept) this.#memory = { ...memory, mended: mending.mended };
  }

  async #mend(cluster: ServedCluster, ids: readonly string[]): Promise<void> {
    const { log, mend, stopping } = this.#tools;
    if (stopping.aborted) return;
    this.#become('mending');
    this.#status = { ...this.#status, runs: this.#status.runs + 1 };
    log('run began', { cluster: cluster.name, for: ids.join(', ') });
    const asked = await mend(cluster, stopping);
    const why = 'it was asked to stop, as the daemon stops; `fix-flannel runs` shows how far it came';
    const outcome = asked.kind === 'stopped' ? ({ kind: 'failed', why, exitStatus: null, seconds: 0 } as const) : asked;
    const line = outcome.kind === 'failed' ? outcome.why : outcome.report.verdict.line;
    log('run ended', { cluster: cluster.name, status: outcome.exitStatus, line });
    this.#tell(cluster, newsOfMending(ids, outcome, this.#about(cluster)));
  }

  #tell(cluster: ServedCluster, news: News): void {
    this.#tools.log('news', { cluster: cluster.name, kind: news.kind, line: news.line });
    this.#tools.tell(news, cluster);
  }

  #about({ name }: ServedCluster): { cluster: string; now: number } {
    return { cluster: name, now: this.#tools.timers.now() };
  }

  #become(activity: ClusterStatus['activity']): void {
    this.#status = { ...this.#status, activity, since: this.#tools.timers.now() };
  }

  #remember(memory: ClusterMemory): Promise<boolean> {
    this.#memory = memory;
    return this.#attempt(() => this.#store.remember(memory));
  }

  async #attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#complain(error);
      return false;
    }
  }

  #or<T>(otherwise: T, read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.#complain(error);
      return otherwise;
    }
  }

  #complain(error: unknown): void {
    this.#tools.log('trouble', { cluster: this.cluster.name, why: printableLine(messageOf(error)) });
  }
}

type FailedOutcome = Extract<Outcome, { kind: 'failed' }>;
type ReportOutcome = Extract<Outcome, { kind: 'report' }>;

function inShort({ id, startedAt, seconds, verdict, counts }: CheckReport): ReportInShort {
  return { id, startedAt, seconds, verdict, counts };
}
