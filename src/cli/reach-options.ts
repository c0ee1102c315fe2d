/** What the command line says of how hosts are reached. */
export interface ReachOptions {
  readonly user?: string;
  readonly privateKey?: string;
  readonly sshConfig?: string;
  readonly acceptNewHostKeys?: boolean;
  /** Seconds; where it was not given, a configuration may say it. */
  readonly connectTimeout?: number;
  /** Seconds. */
  readonly keepalive?: number;
}

/** Where neither the inventory, the command line nor the ssh configuration says it. */
export const CONNECT_TIMEOUT_SECONDS = 10;
export const KEEPALIVE_SECONDS = 5;
