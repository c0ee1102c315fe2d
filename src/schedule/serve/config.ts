/** What the daemon does, as its file says it. Times are milliseconds, paths absolute. */
export interface ServeConfig {
  readonly clusters: readonly ServedCluster[];
  readonly listen: Listen;
  readonly stateFolder: string;
  /** How many clusters are worked on at once. */
  readonly atOnce: number;
  /** Told of every cluster. */
  readonly webhooks: readonly WebhookTarget[];
}

export interface ServedCluster {
  /** Letters, digits, `_`, `-`, `.`: it stands in addresses and names a folder. */
  readonly name: string;
  readonly inventory: string;
  readonly when: When;
  /** A check begins up to so much later. */
  readonly jitterMs: number;
  /** A check that takes longer is stopped. */
  readonly timeoutMs: number;
  /** Options of `check`, and those of them that `run` takes too. */
  readonly options: { readonly ofCheck: readonly string[]; readonly ofRun: readonly string[] };
  /** `FORMAT=PATH` */
  readonly reports: readonly string[];
  readonly webhooks: readonly WebhookTarget[];
  readonly remediate: Remediation | undefined;
}

export type When =
  | { readonly kind: 'every'; readonly ms: number }
  | { readonly kind: 'cron'; readonly pattern: string; readonly timezone: string | undefined };

/** Mending without being asked each time. */
export interface Remediation {
  /** So many checks in a row have to have the same finding. */
  readonly after: number;
  /** Only findings of these checks start it. */
  readonly only: readonly string[];
  readonly timeoutMs: number;
}

export interface Listen {
  readonly address: string;
  /** 0 is one that is free. */
  readonly port: number;
  readonly token: string | undefined;
}

export interface WebhookTarget {
  readonly url: string;
  readonly kind: 'slack' | 'plain';
  /** Secret ones among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** For one attempt. */
  readonly timeoutMs: number;
}

/** Where a webhook goes, for people: the rest of its address is often its password. */
export function shownTarget({ url }: WebhookTarget): string {
  return new URL(url).origin;
}
