import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Lease } from '../../src/flannel/lease.js';
import type { Registry } from '../../src/flannel/registry.js';

/** An implementation under test, and the other side of it: what flanneld and an administrator write. */
export interface RegistryBench {
  open(prefix: string): Registry;
  setConfig(prefix: string, text: string): Promise<void>;
  /** Writes or renews a lease; without `ttlSeconds` a reservation. */
  put(prefix: string, name: string, value: string, ttlSeconds?: number): Promise<void>;
  remove(prefix: string, name: string): Promise<void>;
  close(): Promise<void>;
}

export const leaseValue = (publicIp: string, more: object = {}): string =>
  JSON.stringify({ PublicIP: publicIp, BackendType: 'vxlan', BackendData: { VtepMAC: '2A:95:25:9b:bb:87' }, ...more });

/** What every registry does, whatever keeps the leases. */
export function registryContract(about: string, makeBench: () => Promise<RegistryBench>): void {
  describe(about, () => {
    let bench: RegistryBench;
    let prefixes = 0;
    beforeAll(async () => {
      bench = await makeBench();
    });
    afterAll(() => bench.close());

    for (const row of [...READING, ...DELETING]) {
      test(row.about, () => perform(row, bench, `/contract/p${++prefixes}`));
    }
  });
}

async function perform({ entries, config, check }: Row, bench: RegistryBench, prefix: string): Promise<void> {
  if (config !== undefined) await bench.setConfig(prefix, config);
  for (const { name, value, ttlSeconds } of entries ?? []) await bench.put(prefix, name, value, ttlSeconds);
  const registry = bench.open(prefix);
  try {
    await check(registry, { bench, prefix });
  } finally {
    await registry.close();
  }
}

interface Row {
  readonly about: string;
  readonly config?: string;
  readonly entries?: readonly { name: string; value: string; ttlSeconds?: number }[];
  check(registry: Registry, world: { bench: RegistryBench; prefix: string }): Promise<void>;
}

const DAY_SECONDS = 86_400;
const one = { name: '10.1.31.0-24', value: leaseValue('10.0.2.15'), ttlSeconds: DAY_SECONDS };

async function onlyLease(registry: Registry): Promise<Lease> {
  const { leases } = await registry.leases();
  expect(leases).toHaveLength(1);
  return leases[0] as Lease;
}

const READING: readonly Row[] = [
  {
    about: 'an empty prefix has no configuration and no leases',
    async check(registry) {
      expect(await registry.config()).toEqual({ state: 'absent' });
      expect(await registry.leases()).toEqual({ leases: [], malformed: [] });
    },
  },
  {
    about: 'the configuration comes with its defaults',
    config: '{"Network":"10.1.0.0/16","Backend":{"Type":"vxlan"}}',
    async check(registry) {
      const config = await registry.config();
      if (config.state !== 'present') throw new Error(config.state);
      expect(config.value.network.toCidrString()).toBe('10.1.0.0/16');
      expect(config.value.subnetBits).toBe(24);
    },
  },
  {
    about: 'a configuration that flannel refuses is unreadable, with the reason',
    config: '{"Network":"10.1.0.0/29"}',
    async check(registry) {
      expect(await registry.config()).toMatchObject({ state: 'unreadable', why: expect.stringContaining('too small') });
    },
  },
  {
    about: 'a lease has its key, subnet, owner, MAC and remaining time',
    entries: [one],
    async check(registry, { prefix }) {
      const lease = await onlyLease(registry);
      expect(lease.key).toBe(`${prefix}/subnets/10.1.31.0-24`);
      expect(lease.subnet.toCidrString()).toBe('10.1.31.0/24');
      expect(lease.publicIp.toString()).toBe('10.0.2.15');
      expect(lease).toMatchObject({ backendType: 'vxlan', vtepMac: '2a:95:25:9b:bb:87' });
      expect(lease.ttlSeconds).toBeGreaterThan(DAY_SECONDS - 60);
      expect(lease.ttlSeconds).toBeLessThanOrEqual(DAY_SECONDS);
    },
  },
  {
    about: 'a lease without an end has no time to live: a reservation',
    entries: [{ name: '10.1.7.0-24', value: leaseValue('10.0.0.7') }],
    async check(registry) {
      expect((await onlyLease(registry)).ttlSeconds).toBeUndefined();
    },
  },
  {
    about: 'a dual-stack lease is read by its IPv4 half',
    entries: [{ name: '10.1.2.0-24&2001:db8::-64', value: leaseValue('10.0.0.2', { PublicIPv6: 'fc00::2' }) }],
    async check(registry) {
      expect((await onlyLease(registry)).subnet.toCidrString()).toBe('10.1.2.0/24');
    },
  },
  {
    about: 'entries that are no leases are reported beside the good ones',
    entries: [
      one,
      { name: 'what\u001bever', value: leaseValue('10.0.0.1') },
      { name: '10.1.3.0-24', value: 'not json' },
      { name: '10.1.4.0-24', value: '' },
      { name: '10.1.5.0-24', value: '{"PublicIP":"10.0.0"}' },
    ],
    async check(registry) {
      const { leases, malformed } = await registry.leases();
      expect(leases.map(({ subnet }) => subnet.toCidrString())).toEqual(['10.1.31.0/24']);
      const found = malformed.map(({ key, why }) => `${key.split('/').at(-1)}: ${why}`).sort();
      expect(found).toEqual([
        '10.1.3.0-24: the value is not JSON',
        '10.1.4.0-24: the value is not JSON',
        '10.1.5.0-24: PublicIP is not an IPv4 address',
        'what\\x1bever: its name is no subnet',
      ]);
    },
  },
  {
    about: 'a neighbour whose prefix begins alike is not read',
    entries: [one],
    async check(registry, { bench, prefix }) {
      await bench.put(`${prefix}0`, '10.1.9.0-24', leaseValue('10.0.0.9'), DAY_SECONDS);
      expect((await onlyLease(registry)).subnet.toCidrString()).toBe('10.1.31.0/24');
    },
  },
];

const DELETING: readonly Row[] = [
  {
    about: 'a lease that is as it was read is deleted',
    entries: [one],
    async check(registry) {
      expect(await registry.deleteLease(await onlyLease(registry))).toBe('deleted');
      expect((await registry.leases()).leases).toEqual([]);
    },
  },
  {
    about: 'a lease that was renewed since is kept',
    entries: [one],
    async check(registry, { bench, prefix }) {
      const lease = await onlyLease(registry);
      await bench.put(prefix, one.name, one.value, DAY_SECONDS);
      expect(await registry.deleteLease(lease)).toBe('changed');
      expect((await onlyLease(registry)).revision).not.toBe(lease.revision);
    },
  },
  {
    about: 'a lease that ended and was made anew for another node is kept',
    entries: [one],
    async check(registry, { bench, prefix }) {
      const lease = await onlyLease(registry);
      await bench.remove(prefix, one.name);
      await bench.put(prefix, one.name, leaseValue('10.0.0.111'), DAY_SECONDS);
      expect(await registry.deleteLease(lease)).toBe('changed');
    },
  },
  {
    about: 'a lease that is no longer there is gone',
    entries: [one],
    async check(registry, { bench, prefix }) {
      const lease = await onlyLease(registry);
      await bench.remove(prefix, one.name);
      expect(await registry.deleteLease(lease)).toBe('gone');
    },
  },
];
