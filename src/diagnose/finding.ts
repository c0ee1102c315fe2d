/** What a check found of the cluster. A fault of the fleet is one finding that names all its hosts. */
export interface Finding {
  /** Stable: `FF101`. */
  readonly id: string;
  readonly title: string;
  readonly severity: 'error' | 'warn';
  /** The cause by its name: `gateway-interface ambiguity`. */
  readonly cause: string;
  readonly hosts: readonly string[];
  /** One line that names the hosts. */
  readonly summary: string;
  /** Short lines: what was read, and where. */
  readonly evidence: readonly string[];
  /** What mends it. */
  readonly mend: string;
  /** The id of the finding that this one follows from. */
  readonly because?: string | undefined;
}

/** A check whose facts are missing on some hosts: neither passed nor failed there. */
export interface NotEvaluated {
  readonly id: string;
  readonly hosts: readonly string[];
  readonly why: string;
}

/** The causes that have a name of their own. */
export const CAUSE = {
  gateway: 'gateway-interface ambiguity',
  publicIp: 'one -public-ip on several nodes',
  duplicateAddress: 'an address on several nodes',
  reusedSubnetEnv: 'reused subnet.env',
  copiedImage: 'copied machine image',
  twoOwners: 'two owners of one lease',
  deadLease: 'dead lease',
  strangeLease: 'lease of no known node',
  outOfStep: 'node not in step with its lease',
  duplicateMac: 'duplicate VTEP MAC',
  notRunning: 'flanneld is not running',
  badLease: 'lease outside the network',
  noLease: 'an entry that is no lease',
  notRenewed: 'lease not renewed',
  notRestarted: 'not restarted since its unit was changed',
  notReloaded: 'systemd not reloaded since its unit was changed',
  staleBridge: 'bridge not restarted since the subnet changed',
  deviceWrong: 'flannel device not as the lease says',
  peersWrong: 'routes not in step with the leases',
  cutShort: 'a run that was cut short',
  mixed: 'nodes of different kinds in one overlay',
  overlapping: 'overlapping leases',
  poolUsed: 'pool of subnets nearly used up',
  noIface: 'no interface named',
  notAtBoot: 'not started at boot',
  startOrder: 'docker does not wait for flanneld',
  networkOverlap: 'overlay network in use elsewhere',
  overlayLost: 'packets lost in the overlay',
  underlayLost: 'nodes that do not reach each other',
  mtuTooLarge: 'MTU too large for the network beneath',
  mtuDiffers: 'MTU not the same everywhere',
  mtuStale: 'subnet file with another MTU than the device',
  mtuBetween: 'path that carries less than the MTU',
  filterRule: 'packet filter drops the packets of flannel',
  filtered: 'UDP port of the overlay filtered',
  etcdDown: 'etcd member down',
  etcdNoQuorum: 'etcd without quorum',
  etcdCertificate: 'certificate that ends',
  storeOff: 'v2 store of etcd switched off',
} as const;

/** `node1, node2 and 8 more`: a summary stays one line in a fleet of any size. */
export function namedHosts(hosts: readonly string[], most = 5): string {
  if (hosts.length <= most) return hosts.join(', ');
  return `${hosts.slice(0, most).join(', ')} and ${hosts.length - most} more`;
}
