import type { TaskStep } from '../playbook/play.js';
import type { HostRun } from './host-run.js';
import type { PlayHosts } from './variables.js';

/** A batch of a play under way. */
export interface BatchRun {
  readonly hosts: PlayHosts;
  /** Names of notified handlers, by host. */
  readonly notified: Map<HostRun, Set<string>>;
  readonly handlers: readonly TaskStep[];
  /** Set by `meta: end_play` and by `any_errors_fatal`. */
  over: boolean;
}
