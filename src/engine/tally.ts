import type { Basis } from '../core/basis.js';
import { type ErrorCode, EXIT, EXIT_STATUS } from '../core/error.js';
import type { Action, TextDiff } from '../core/module.js';
import type { Finding, NotEvaluated } from '../diagnose/finding.js';
import type { Identity } from '../journal/record.js';
import type { Event, TaskResult } from './events.js';

/** One change that a pass made, or would make. */
export interface TalliedChange {
  readonly task: string;
  readonly module: string;
  readonly at: string;
  readonly why: string;
  readonly diff: readonly TextDiff[];
  readonly actions: readonly Action[];
  readonly become?: Identity | undefined;
}

/** What stopped a host. */
export interface Trouble {
  readonly task: string;
  readonly why: string;
  readonly hint: string | undefined;
  readonly code: ErrorCode | undefined;
  /** A plan that would not be safe, as against a step that went wrong. */
  readonly refused: boolean;
}

/** What one pass over a playbook came to, host by host. */
export interface Tally {
  /** Hosts of all plays, in order. */
  readonly hosts: ReadonlySet<string>;
  readonly changes: ReadonlyMap<string, readonly TalliedChange[]>;
  /** Changes to the cluster itself (a dead lease), not to one of its hosts. */
  readonly clusterChanges: readonly TalliedChange[];
  readonly failed: ReadonlyMap<string, Trouble>;
  readonly unreachable: ReadonlyMap<string, Trouble>;
  /** Hosts that were lost in the middle of a change: how far it came is not known. */
  readonly cutOff: ReadonlySet<string>;
  /** Hosts that failed and were put back as they were. */
  readonly restored: ReadonlySet<string>;
  /** Hosts that a task proved sound, with its words. */
  readonly proven: ReadonlyMap<string, string>;
  /** What a person should know of a host's plan besides its changes. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  /** Tasks that check mode did not run, so that what they would do is not known: where each stands, and its name. */
  readonly notRun: ReadonlyMap<string, string>;
  /** Hosts that the playbook leaves alone, with the reason. */
  readonly leftAlone: ReadonlyMap<string, string>;
  /** Of the last diagnosis; `undefined` where there was none. */
  readonly findings: readonly Finding[] | undefined;
  readonly notEvaluated: readonly NotEvaluated[];
  readonly leasesDeleted: readonly string[];
  /** What the last diagnosis rested on. */
  readonly basis: { readonly hosts: ReadonlyMap<string, Basis>; readonly cluster: Basis };
}

/** What `no_log` leaves to be told of a result. */
function censored(of: TaskResult): TaskResult {
  return { ...of, why: '(no_log)', hint: undefined, diff: [] };
}

/** A tally, and the listener that fills it from a run's events. */
export function newTally(): { tally: Tally; listen(event: Event): void } {
  const hosts = new Set<string>();
  const changes = new Map<string, TalliedChange[]>();
  const clusterChanges: TalliedChange[] = [];
  const failed = new Map<string, Trouble>();
  const unreachable = new Map<string, Trouble>();
  const cutOff = new Set<string>();
  const restored = new Set<string>();
  const proven = new Map<string, string>();
  const notes = new Map<string, readonly string[]>();
  const notRun = new Map<string, string>();
  const leftAlone = new Map<string, string>();
  const leasesDeleted: string[] = [];
  const tally = {
    hosts,
    changes,
    clusterChanges,
    failed,
    unreachable,
    cutOff,
    restored,
    proven,
    notes,
    notRun,
    leftAlone,
    leasesDeleted,
    findings: undefined as readonly Finding[] | undefined,
    notEvaluated: [] as readonly NotEvaluated[],
    basis: { hosts: new Map(), cluster: {} } as Tally['basis'],
  };
  const listenResult = ({ task, module, at, of: result }: Extract<Event, { kind: 'result' }>) => {
    const of = result.noLog ? censored(result) : result;
    const refused = of.result.refused === true || (of.code !== undefined && EXIT_STATUS[of.code] === EXIT.refused);
    const trouble = () => ({ task, why: of.why, hint: of.hint, code: of.code, refused });
    if (of.result.restored === true) {
      restored.add(of.host);
      changes.delete(of.host);
      cutOff.delete(of.host);
      return;
    }
    if (of.result.put_itself_back === true) {
      restored.add(of.host);
      changes.delete(of.host);
      cutOff.delete(of.host);
    }
    if (of.cutOff) cutOff.add(of.host);
    if (Array.isArray(of.result.plan_notes))
      notes.set(of.host, [...(notes.get(of.host) ?? []), ...of.result.plan_notes.map(String)]);
    if (of.result.not_run === true) notRun.set(at, task);
    if (of.result.proven === true) proven.set(of.host, of.why);
    if (of.result.left_alone === true) leftAlone.set(of.host, of.why);
    if (of.status === 'changed' && !of.inRunOnly) {
      const change = { task, module, at, why: of.why, diff: of.diff, actions: of.actions ?? [], become: of.become };
      if (of.result.cluster === true) clusterChanges.push(change);
      else changes.set(of.host, [...(changes.get(of.host) ?? []), change]);
    } else if (of.status === 'failed' && !of.ignored && !failed.has(of.host)) {
      failed.set(of.host, trouble());
    } else if (of.status === 'unreachable' && !of.ignored) {
      unreachable.set(of.host, trouble());
    }
  };
  const listen = (event: Event) => {
    if (event.kind === 'play') for (const host of event.hosts) hosts.add(host);
    if (event.kind === 'result') listenResult(event);
    if (event.kind === 'basis') tally.basis = event;
    if (event.kind === 'rescued') failed.delete(event.host);
    if (event.kind === 'lease-deleted' && event.outcome === 'deleted') leasesDeleted.push(event.subnet);
    if (event.kind === 'findings') {
      tally.findings = event.findings;
      tally.notEvaluated = event.notEvaluated;
    }
  };
  return { tally, listen };
}
