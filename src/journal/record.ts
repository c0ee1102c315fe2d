import type { BeforeImage, FileImage } from '../core/before-image.js';

/** What a run was asked to do; written before it does anything. */
export interface RunHeader {
  /** `20261124T220000Z-3f9a51c2`: the time of its start, and eight digits that no other run of that second has. */
  readonly id: string;
  readonly kind: 'run' | 'rollback';
  /** The run that this one goes on with, or undoes. */
  readonly of?: string | undefined;
  /** Absolute paths, or a list of hosts as it was given. */
  readonly inventory: string;
  readonly playbook: string;
  readonly limit?: string | undefined;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  /** Clusters whose locks it holds, by name: an undo has to hold them too. */
  readonly clusters?: readonly string[] | undefined;
  /** A salt and a slow digest of the extra variables: they may hold passwords and are not kept. */
  readonly extraVarsDigest?: string | undefined;
  /** `user@machine`, its process, and when (ISO 8601). */
  readonly by: string;
  readonly pid: number;
  readonly startedAt: string;
  /** Version of fix-flannel. */
  readonly version: string;
}

/** How a run ended; missing for one that was killed, or still runs. */
export interface RunEnding {
  readonly endedAt: string;
  readonly verdict: string;
  readonly exitStatus: number;
  readonly line: string;
}

/** Who a host's scripts ran as. */
export interface Identity {
  readonly method: string;
  readonly user: string;
}

/** What a run did to one host, in the order in which it did it. */
export type HostEntry =
  /** Before the first change to these files and units. */
  | {
      readonly kind: 'before';
      readonly at: string;
      readonly become: Identity | undefined;
      readonly image: BeforeImage;
      /** Paths among them that a program on the host writes by itself. */
      readonly generated: readonly string[];
    }
  /** What a module noted of the host before it was changed: the lease it held, say. */
  | { readonly kind: 'note'; readonly at: string; readonly note: Readonly<Record<string, unknown>> }
  | ({
      readonly kind: 'begin';
      readonly at: string;
      readonly step: number;
      /** What it touches, as far as it said: of a step that never ends, these may be torn between two states. */
      readonly files?: readonly string[] | undefined;
      /** Its contents are not for people to see (`no_log`). */
      readonly hidden?: boolean | undefined;
    } & StepInWords)
  | {
      readonly kind: 'end';
      readonly at: string;
      readonly step: number;
      readonly outcome: 'done' | 'failed' | 'lost';
      readonly why: string;
      /** Files as the step left them, so that an undo sees whether somebody has changed them since. */
      readonly after: readonly FileImage[];
    }
  /** How the host stood when its part of the run was over. */
  | { readonly kind: 'state'; readonly at: string; readonly state: HostEnd; readonly why: string };

export interface StepInWords {
  readonly task: string;
  readonly module: string;
  readonly why: string;
  /** Whether the step told what it touches. What it did not tell (a command) cannot be undone. */
  readonly undoable: boolean;
  /** Command that brings a program without systemd back into force after its files were put back. */
  readonly restart?: string | undefined;
}

/** `left`: nothing went wrong there, but the run ended before it had come to its end on that host. */
export type HostEnd = 'done' | 'failed' | 'put-back' | 'unreachable' | 'cut-off' | 'left';

/** Whether a host did not end well. */
export function isBadEnd(state: HostEnd): boolean {
  return state !== 'done' && state !== 'left';
}

/** Something done to the cluster and not to one host. */
export interface ClusterEntry {
  readonly at: string;
  /** `deleted the dead lease 10.1.11.0/24 of 10.0.2.15` */
  readonly what: string;
}

/** A run as its journal tells it. */
export interface RunRecord {
  readonly header: RunHeader;
  readonly ending: RunEnding | undefined;
  readonly hosts: ReadonlyMap<string, readonly HostEntry[]>;
  readonly cluster: readonly ClusterEntry[];
  /** What could not be read of it: a torn last line, a missing content. */
  readonly damage: readonly string[];
}
