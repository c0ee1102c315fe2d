/** What checks measure against; a profile sets others. */
export interface Thresholds {
  /** FF106: percent of the subnets of the network that are leased. */
  readonly poolUsedPercent: number;
  /** FF501: days that a certificate has left. */
  readonly certificateDays: number;
  /** FF105: seconds that a lease has left, where flanneld should have renewed it before. */
  readonly leaseLeftSeconds: number;
}

/** flanneld renews a lease an hour before its end (`-subnet-lease-renew-margin`); five minutes later it is late. */
export const DEFAULT_THRESHOLDS: Thresholds = { poolUsedPercent: 80, certificateDays: 30, leaseLeftSeconds: 3300 };
