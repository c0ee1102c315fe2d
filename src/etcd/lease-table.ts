import { FixError, messageOf } from '../core/error.js';
import { present, type Reading, unreadable } from '../core/reading.js';
import { printableLine } from '../core/text.js';
import type { Lease, LeaseTable, MalformedLease } from '../flannel/lease.js';
import { parseLeaseValue } from '../flannel/lease-value.js';
import type { NetworkConfig } from '../flannel/network-config.js';
import { parseNetworkConfig } from '../flannel/parse-network-config.js';
import { parseSubnetKey } from '../flannel/subnet-key.js';

/** A key below `subnets/` as the store gave it. */
export interface RawEntry {
  readonly key: string;
  /** `undefined` for a v2 directory. */
  readonly value: string | undefined;
  readonly ttlSeconds: number | undefined;
  readonly revision: string;
}

/** Every entry as a lease, or as malformed with the reason; keys come out fit to print only where they are malformed. */
export function leaseTable(entries: readonly RawEntry[]): LeaseTable {
  const leases: Lease[] = [];
  const malformed: MalformedLease[] = [];
  for (const entry of entries) {
    try {
      leases.push(leaseOf(entry));
    } catch (thrown) {
      malformed.push({ key: printableLine(entry.key), why: messageOf(thrown) });
    }
  }
  return { leases, malformed };
}

function leaseOf({ key, value, ttlSeconds, revision }: RawEntry): Lease {
  if (value === undefined) throw new Error('it is a directory');
  const named = parseSubnetKey(key);
  if (named === undefined) throw new Error('its name is no subnet');
  const { publicIp, backendType, vtepMac } = parseLeaseValue(value);
  return { key, subnet: named.subnet, publicIp, backendType, vtepMac, ttlSeconds, revision };
}

/** The network configuration, `unreadable` where flanneld could not use it either. */
export function configReading(text: string): Reading<NetworkConfig> {
  try {
    return present(parseNetworkConfig(text));
  } catch (thrown) {
    if (!(thrown instanceof FixError)) throw thrown;
    return unreadable(thrown.message);
  }
}
