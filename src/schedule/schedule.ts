import type { CommandWord } from './systemd-quote.js';

/** A check that systemd runs again and again: all that its units are made of. Paths are absolute. */
export interface Schedule {
  readonly name: string;
  /** As systemd takes it. */
  readonly onCalendar: string;
  readonly randomizedDelaySeconds: number;
  /** After so many seconds a check is stopped. */
  readonly timeoutSeconds: number;
  /** A file, or a list of hosts with a comma in it. */
  readonly inventory: string;
  /** What runs the program: its path, or the interpreter's and then the program's. */
  readonly program: readonly string[];
  /** Options of `check`. */
  readonly options: readonly CommandWord[];
  /** Where relative paths begin that stand in files. */
  readonly workingFolder: string;
  readonly user: ServiceUser;
  /** Where reports are kept; none for the unit's own folder below /var/lib. */
  readonly stateFolder: string | undefined;
  /** Folders that the check writes reports into. */
  readonly reportFolders: readonly string[];
  /** Everything that is read or run, beside what every system has. */
  readonly reads: readonly string[];
  /** Files that only their owner may read, handed over by systemd. */
  readonly credentials: readonly Credential[];
  /** Findings are no failure of the unit. */
  readonly findingsSucceed: boolean;
}

export interface Credential {
  readonly name: string;
  readonly from: { readonly path: string } | { readonly text: string };
}

/** Who the service runs as. `manager`: whoever the service manager of a user belongs to. */
export type ServiceUser =
  | { readonly kind: 'dynamic' }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'manager' };

/** What a unit of ours says of itself in its first line. */
export interface ScheduleMark {
  readonly name: string;
  readonly inventory: string;
  readonly state: string;
}

/** Where the reports of a schedule are kept. */
export function stateOf(schedule: Schedule): string {
  return schedule.stateFolder ?? `/var/lib/fix-flannel/${schedule.name}/state`;
}
