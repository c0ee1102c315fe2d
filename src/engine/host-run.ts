import type { InventoryHost } from '../inventory/inventory.js';
import { type HostCounts, noCounts } from './events.js';

/** One host in the course of a run. */
export interface HostRun {
  readonly name: string;
  readonly inventory: InventoryHost;
  /** Registered results and `set_fact`, which outlive the play that made them. */
  readonly facts: Record<string, unknown>;
  /** Groups joined on the way (`group_by`). */
  readonly joined: Set<string>;
  state: 'working' | 'failed' | 'unreachable';
  /** Left this play by `meta: end_host`. */
  ended: boolean;
  readonly counts: HostCounts;
  /** What brought it down, in words. */
  trouble: string | undefined;
}

export function newHostRun(inventory: InventoryHost): HostRun {
  return {
    name: inventory.name,
    inventory,
    facts: {},
    joined: new Set(),
    state: 'working',
    ended: false,
    counts: noCounts(),
    trouble: undefined,
  };
}

export function isWorking(host: HostRun): boolean {
  return host.state === 'working' && !host.ended;
}
