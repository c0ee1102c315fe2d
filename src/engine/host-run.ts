import type { Fields } from '../core/module.js';
import type { InventoryHost } from '../inventory/inventory.js';
import type { Role, Step } from '../playbook/play.js';
import { type HostCounts, noCounts } from './events.js';
import type { Road } from './run.js';
import type { TargetHolding } from './target-lock.js';

/** What a host was told to do unless it is told otherwise (`commit_confirmed`). */
export interface HostGuard {
  /** Where guards are kept on the host, and the run that this one is of. */
  readonly folder: string;
  readonly run: string;
  /** When it puts itself back, by the controller's clock in milliseconds since 1970, at the latest. */
  readonly firesAtMs: number;
}

/** A lock of a host, and how it was taken. */
export interface Held {
  readonly road: Road;
  holding: TargetHolding;
  /** This run waited for the host to come back: if it was started anew, it has no lock of anybody. */
  mayHaveBooted?: boolean;
}

/** One host in the course of a run. */
export interface HostRun {
  readonly name: string;
  inventory: InventoryHost;
  /** Registered results and `set_fact`, which outlive the play that made them. */
  readonly facts: Record<string, unknown>;
  /** What `setup` and its like found out, `ansible_facts` among it: any variable of a playbook wins over it. */
  readonly gathered: Record<string, unknown>;
  /** From `include_vars`: wins over what the playbook says, not over `facts`. */
  readonly included: Record<string, unknown>;
  state: 'working' | 'failed' | 'unreachable';
  /** Roles of which it ran a task that was not skipped, and those that it ran to their end. */
  readonly roles: { readonly begun: Set<Role>; readonly done: Set<Role> };
  /** Of roles that were included as public: their defaults, and their variables, in this play. */
  exposed: { readonly defaults: Record<string, unknown>; readonly vars: Record<string, unknown> };
  /** Having fallen, it would go on after this step; nowhere in this play where there is none. */
  resume: Step | undefined;
  /** Left this play by `meta: end_host`. */
  ended: boolean;
  /** It came to the end of the last play, and the journal says so. */
  done: boolean;
  readonly counts: HostCounts;
  /** What brought it down, in words. */
  trouble: string | undefined;
  /** Armed and not confirmed yet. */
  guard: HostGuard | undefined;
  /** Steps that changed it, or tried to. */
  steps: number;
  /** Its locks, by the identity that holds them. */
  readonly holdings: Map<string, Promise<Held>>;
  /** Identity and name of every file and unit whose state before the run is in the journal. */
  readonly imaged: Set<string>;
  /** What a module noted of it for the journal, until that is written. */
  note: Fields | undefined;
}

export function newHostRun(inventory: InventoryHost): HostRun {
  return {
    name: inventory.name,
    inventory,
    facts: {},
    gathered: {},
    included: {},
    roles: { begun: new Set(), done: new Set() },
    exposed: { defaults: {}, vars: {} },
    state: 'working',
    resume: undefined,
    ended: false,
    done: false,
    counts: noCounts(),
    trouble: undefined,
    guard: undefined,
    steps: 0,
    holdings: new Map(),
    imaged: new Set(),
    note: undefined,
  };
}

export function isWorking(host: HostRun): boolean {
  return host.state === 'working' && !host.ended;
}
