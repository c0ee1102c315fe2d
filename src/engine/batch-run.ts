import type { Handler } from '../playbook/play.js';
import type { HostRun } from './host-run.js';
import type { PlayHosts } from './variables.js';

/** A batch of a play under way. */
export interface BatchRun {
  readonly hosts: PlayHosts;
  /** Names of notified handlers, by host. */
  readonly notified: Map<HostRun, Set<string>>;
  /** Those of the play, and of the roles that joined it. */
  readonly handlers: Handler[];
  /**
   * Hosts that fell and are waited for (`settleGuarded`): each comes to its end here, is told of then, and answers
   * whether it failed. They take no step before that.
   */
  readonly waitedFor: Map<HostRun, () => Promise<boolean>>;
  /** Names of hosts that fell, and that no rescue takes up: they are no hosts of the play any more. */
  readonly removed: Set<string>;
  /** Hosts whose failure was forgotten: they go on after all others have come to the end. */
  readonly cleared: Set<HostRun>;
  /** No further step is taken: by `meta: end_play` and `end_batch`, and by `any_errors_fatal`. */
  over: boolean;
  /** What a `meta` ended, without any failure. */
  ended: 'batch' | 'play' | undefined;
}

/** Of hosts that fell those that failed: whoever is waited for is known by then. */
export async function failedOf({ waitedFor }: BatchRun, fallen: readonly HostRun[]): Promise<HostRun[]> {
  const failed: HostRun[] = [];
  for (const host of fallen) {
    const end = waitedFor.get(host);
    waitedFor.delete(host);
    if (end === undefined || (await end())) failed.push(host);
  }
  return failed;
}
