/** Somebody's word that a finding is known and may stay for a while. */
export interface Waiver {
  /** The check, `FF103`. */
  readonly id: string;
  /** Names, groups and patterns, as `--limit` takes them. */
  readonly hosts: readonly string[];
  readonly reason: string;
  readonly owner: string;
  /** `2026-12-31`: the last day, in UTC, on which it holds. */
  readonly expires: string;
  /** `waivers.yaml:3:5` */
  readonly at: string;
}
