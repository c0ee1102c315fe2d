import type { LeaseStore, LeaseValue, StoredLease } from './lease-store.js';
import { addressText, fits, freeSubnets, type NetworkConfig, type Subnet, sameSubnet, subnetText } from './subnet.js';

export interface AcquireOptions {
  readonly config: NetworkConfig;
  readonly value: LeaseValue;
  /** From an older `subnet.env`. */
  readonly previous: Subnet | undefined;
  /** 0.11 takes over the lease that matches the previous subnet, and tries again after a lost race; 0.20 does neither. */
  readonly legacy: boolean;
  /** A whole number from 0 up to but not including its argument. */
  readonly random: (below: number) => number;
  readonly log: (
    what: 'reusing' | 'taking-over' | 'previous' | 'incompatible' | 'picking' | 'allocated',
    text: string,
  ) => void;
}

const RACE_RETRIES = 10;

/**
 * Gets this node its lease: the one that its address already has, else its previous subnet, else a free one at random.
 * @throws Error `failed to acquire lease: subnet already exists` (0.20), `out of subnets`, or the store's own
 * @see flannel v0.11.0 `subnet/etcdv2/local_manager.go`, `tryAcquireLease`
 */
export async function acquireLease(store: LeaseStore, options: AcquireOptions): Promise<StoredLease> {
  for (let tries = 0; tries < RACE_RETRIES; tries += 1) {
    const lease = await tryToAcquire(store, options);
    if (lease !== 'raced') return lease;
    if (!options.legacy) throw new Error('failed to acquire lease: subnet already exists');
  }
  throw new Error('Max retries reached trying to acquire a subnet');
}

async function tryToAcquire(store: LeaseStore, options: AcquireOptions): Promise<StoredLease | 'raced'> {
  const { config, value, legacy, log } = options;
  const leases = await store.leases();
  const own = leases.find((lease) => lease.value.publicIp === value.publicIp);
  if (own && fits(config, own.subnet)) {
    log('reusing', `Found lease (${shown(own.subnet, legacy)}) for current IP (${value.publicIp}), reusing`);
    return reuse(store, own, value);
  }
  if (own) {
    const text = `Found lease (${shown(own.subnet, legacy)}) for current IP (${value.publicIp})`;
    log('reusing', `${text} but not compatible with current config, deleting`);
    await store.remove(own.subnet);
  }
  const held = leases.find((lease) => options.previous && sameSubnet(lease.subnet, options.previous));
  if (held && legacy) {
    log('taking-over', `Found lease (${subnetText(held.subnet)}) matching previously leased subnet, reusing`);
    return reuse(store, held, value);
  }
  const subnet = (held ? undefined : previousSubnet(options)) ?? pickedSubnet(options, leases);
  return create(store, subnet, options);
}

async function reuse(store: LeaseStore, lease: StoredLease, value: LeaseValue): Promise<StoredLease> {
  const { expiresAt } = await store.update(lease.subnet, value, lease.expiresAt === undefined);
  return { subnet: lease.subnet, value, expiresAt };
}

function previousSubnet({ previous, config, log }: AcquireOptions): Subnet | undefined {
  if (!previous) return undefined;
  if (fits(config, previous)) {
    log('previous', `Found previously leased subnet (${subnetText(previous)}), reusing`);
    return previous;
  }
  const text = `Found previously leased subnet (${subnetText(previous)})`;
  log('incompatible', `${text} that is not compatible with the Etcd network config, ignoring`);
  return undefined;
}

function pickedSubnet({ config, random, log }: AcquireOptions, leases: readonly StoredLease[]): Subnet {
  log('picking', `Picking subnet in range ${addressText(config.min)} ... ${addressText(config.max)}`);
  const free = freeSubnets(
    config,
    leases.map((lease) => lease.subnet),
  );
  if (free.length === 0) throw new Error('out of subnets');
  return free[random(free.length)]!;
}

async function create(store: LeaseStore, subnet: Subnet, options: AcquireOptions): Promise<StoredLease | 'raced'> {
  const { value, legacy, log } = options;
  const made = await store.create(subnet, value);
  if (made === 'exists') return 'raced';
  log('allocated', `Allocated lease (${shown(subnet, legacy)}) to current node (${value.publicIp}) `);
  return { subnet, value, expiresAt: made.expiresAt };
}

function shown(subnet: Subnet, legacy: boolean): string {
  return legacy ? subnetText(subnet) : `ip: ${subnetText(subnet)} ipv6: ::/0`;
}
