import type { IPv4, IPv4CidrRange } from 'ip-num';

/** `<prefix>/config`: the overlay network that leases are cut from. */
export interface NetworkConfig {
  readonly network: IPv4CidrRange;
  /** Prefix length of one node's subnet, in bits. */
  readonly subnetBits: number;
  readonly subnetMin: IPv4 | undefined;
  readonly subnetMax: IPv4 | undefined;
  /** `udp` where the configuration names none. */
  readonly backendType: string;
  readonly vni: number;
  /** 0: the kernel's own (8472). */
  readonly port: number;
}
