/** A running flanneld. */
export interface FlanneldProcess {
  readonly pid: number;
  readonly argv: readonly string[];
  /** `FLANNELD_*` only. */
  readonly environment: Readonly<Record<string, string>>;
  /** It runs in a container (docker, a pod) and not as a plain service. */
  readonly container: boolean;
  /** The `.service` whose cgroup it is in. */
  readonly unit: string | undefined;
  /** Seconds since it was started. */
  readonly ageSeconds: number | undefined;
  /** Other flanneld processes on the same host. */
  readonly others: readonly number[];
}

/** `v0.11.0` as numbers. */
export interface FlannelVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Whether a version is this one or a later one. */
export function isAtLeast(version: FlannelVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}

/** A unit that depends on flanneld's. */
export interface Dependent {
  readonly name: string;
  /** `Requires=`, `BindsTo=`, `PartOf=`, `Wants=` seen from its side. */
  readonly relations: readonly ('requires' | 'bound to' | 'part of' | 'wants')[];
  readonly activeState: string;
  readonly subState: string;
  readonly unitFileState: string;
  /** systemd restarts it when flanneld is restarted, and leaves it stopped when flanneld is stopped. */
  readonly restartsAlong: boolean;
}

export interface PingResult {
  readonly node: string;
  readonly address: string;
  readonly outcome: 'ok' | 'lost' | 'not tested';
}
