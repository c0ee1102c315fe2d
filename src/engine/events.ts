import type { Basis } from '../core/basis.js';
import type { ErrorCode } from '../core/error.js';
import type { Action, Fields, TextDiff } from '../core/module.js';
import type { Finding, NotEvaluated } from '../diagnose/finding.js';
import type { SiteSurvey } from '../diagnose/survey.js';
import type { Identity } from '../journal/record.js';

export type TaskStatus = 'ok' | 'changed' | 'skipped' | 'failed' | 'unreachable';

/** What became of one task on one host. */
export interface TaskResult {
  readonly host: string;
  readonly status: TaskStatus;
  /** In words: what was changed, why it was not, what went wrong. */
  readonly why: string;
  readonly hint?: string | undefined;
  /** What kind of trouble it was, where it was an error of ours. */
  readonly code?: ErrorCode | undefined;
  readonly result: Fields;
  readonly diff: readonly TextDiff[];
  /** What was planned or done. Its scripts may hold secrets: no report shows them. */
  readonly actions?: readonly Action[];
  /** Who these are done as, where that is not the login's user. */
  readonly become?: Identity | undefined;
  /** The host was lost while this was changing it. */
  readonly cutOff?: boolean;
  /** It failed, and the playbook says to go on. */
  /** It counts as changed, though nothing on any host is: a host or a group joined the run. */
  readonly inRunOnly?: boolean | undefined;
  readonly ignored: boolean;
  readonly noLog: boolean;
  /** The host that it was done on, where that is another one, and that host's address. */
  readonly delegated?: { readonly name: string; readonly address: string } | undefined;
  /** Of a loop: what became of each item. */
  readonly items?: readonly ItemOfLoop[] | undefined;
  /** Its module was asked to say nothing where all is well (`assert` with `quiet`). */
  readonly quiet?: boolean | undefined;
}

/** One item of a loop, with what it is called in output. */
export type ItemOfLoop = Pick<TaskResult, 'status' | 'why' | 'result' | 'diff' | 'delegated'> & {
  readonly label?: unknown;
};

/** What the engine tells whoever watches, in the order in which it happens. */
export type Event =
  /** Before the first play: the playbook's file, and how many plays it has. */
  | { readonly kind: 'playbook'; readonly file: string; readonly plays: number }
  | { readonly kind: 'play'; readonly play: string; readonly hosts: readonly string[]; readonly check: boolean }
  | { readonly kind: 'batch'; readonly hosts: readonly string[]; readonly index: number; readonly of: number }
  | {
      readonly kind: 'task';
      readonly task: string;
      readonly module: string;
      readonly at: string;
      readonly handler: boolean;
    }
  | {
      readonly kind: 'result';
      readonly task: string;
      readonly module: string;
      readonly at: string;
      readonly of: TaskResult;
    }
  | { readonly kind: 'rescued'; readonly host: string }
  /** It will be tried again, so many times at most. */
  | {
      readonly kind: 'retry';
      readonly host: string;
      readonly task: string;
      readonly left: number;
      readonly delegated?: TaskResult['delegated'];
    }
  /** A task asked for a handler, which is named as it was written. */
  | { readonly kind: 'notified'; readonly host: string; readonly handler: string }
  /** A play's pattern matches no host, or no host of it is left after a task: the play ends. */
  | { readonly kind: 'no-hosts'; readonly why: 'none matched' | 'none left' }
  /** Steps of a file join the play, for these hosts; those of a role do so without a word, as with Ansible. */
  | { readonly kind: 'included'; readonly what: string; readonly hosts: readonly string[]; readonly label?: unknown }
  | {
      readonly kind: 'findings';
      readonly findings: readonly Finding[];
      readonly notEvaluated: readonly NotEvaluated[];
      readonly notes: readonly string[];
      readonly sites: readonly SiteSurvey[];
    }
  /** What the plan rests on; for plan files, not for people. */
  | { readonly kind: 'basis'; readonly hosts: ReadonlyMap<string, Basis>; readonly cluster: Basis }
  | { readonly kind: 'lease-deleted'; readonly subnet: string; readonly outcome: 'deleted' | 'changed' | 'gone' }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'stopping'; readonly why: string }
  /**
   * After the last play: the counters of each host that a task was run on, and what `set_stats` told, by host; under
   * `''` what is of the whole run.
   */
  | {
      readonly kind: 'recap';
      readonly hosts: ReadonlyMap<string, HostCounts>;
      readonly stats: ReadonlyMap<string, Fields>;
    };

export type Emit = (event: Event) => void;

/** A host's counters, as a play recap has them. */
export interface HostCounts {
  ok: number;
  changed: number;
  skipped: number;
  failed: number;
  unreachable: number;
  rescued: number;
  ignored: number;
}

export function noCounts(): HostCounts {
  return { ok: 0, changed: 0, skipped: 0, failed: 0, unreachable: 0, rescued: 0, ignored: 0 };
}
