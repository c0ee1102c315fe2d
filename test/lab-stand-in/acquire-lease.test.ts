import { describe, expect, test } from 'vitest';
import { type AcquireOptions, acquireLease } from '../../lab/flanneld/acquire-lease.js';
import type { LeaseStore, StoredLease } from '../../lab/flanneld/lease-store.js';
import { parseConfig, parseSubnet, subnetKey, subnetText } from '../../lab/flanneld/subnet.js';

const CONFIG = parseConfig('{"Network":"10.1.0.0/16","SubnetLen":24,"Backend":{"Type":"vxlan"}}');
const lease = (subnet: string, publicIp: string, expiresAt: bigint | undefined = 1n): StoredLease => ({
  subnet: parseSubnet(subnet)!,
  value: { publicIp, backendType: 'vxlan', vtepMac: 'aa:aa:aa:aa:aa:aa', vni: 1 },
  expiresAt,
});

/** A store in memory; the first `races` creations find that somebody was faster. */
function memoryStore(initial: readonly StoredLease[], races = 0): LeaseStore & { readonly held: () => string[] } {
  const leases = new Map(initial.map((one) => [subnetKey(one.subnet), one]));
  let lost = 0;
  return {
    held: () => [...leases.values()].map((one) => `${subnetText(one.subnet)} ${one.value.publicIp} ${one.expiresAt}`),
    config: async () => '',
    leases: async () => [...leases.values()],
    async create(subnet, value) {
      lost += 1;
      if (lost <= races || leases.has(subnetKey(subnet))) return 'exists';
      leases.set(subnetKey(subnet), { subnet, value, expiresAt: 2n });
      return { expiresAt: 2n };
    },
    async update(subnet, value, reservation) {
      const expiresAt = reservation ? undefined : 2n;
      leases.set(subnetKey(subnet), { subnet, value, expiresAt });
      return { expiresAt };
    },
    remove: async (subnet) => void leases.delete(subnetKey(subnet)),
    watch: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }) }),
  };
}

function run(store: LeaseStore, publicIp: string, previous: string | undefined, legacy: boolean) {
  const said: string[] = [];
  const options: AcquireOptions = {
    config: CONFIG,
    value: { publicIp, backendType: 'vxlan', vtepMac: 'bb:bb:bb:bb:bb:bb', vni: 1 },
    previous: previous === undefined ? undefined : parseSubnet(previous),
    legacy,
    random: () => 4,
    log: (what) => said.push(what),
  };
  return acquireLease(store, options).then((got) => ({ said, subnet: subnetText(got.subnet) }));
}

const SHARED = lease('10.1.31.0/24', '10.0.2.15');

describe('acquireLease', () => {
  test.each([
    {
      about: 'reuses the lease of its address: every node of 10.0.2.15 gets the same',
      there: [SHARED],
      ip: '10.0.2.15',
      held: ['10.1.31.0/24 10.0.2.15 2'],
      said: ['reusing'],
    },
    {
      about: 'takes a free subnet where its address has none',
      there: [SHARED],
      ip: '10.0.0.111',
      held: ['10.1.31.0/24 10.0.2.15 1', '10.1.5.0/24 10.0.0.111 2'],
      said: ['picking', 'allocated'],
    },
    {
      about: '0.11 takes over the lease that matches its old file, whoever owns it',
      there: [SHARED],
      ip: '10.0.0.111',
      previous: '10.1.31.0/24',
      held: ['10.1.31.0/24 10.0.0.111 2'],
      said: ['taking-over'],
    },
    {
      about: '0.20 leaves a previous subnet alone whose key is there',
      there: [SHARED],
      ip: '10.0.0.111',
      previous: '10.1.31.0/24',
      legacy: false,
      held: ['10.1.31.0/24 10.0.2.15 1', '10.1.5.0/24 10.0.0.111 2'],
      said: ['picking', 'allocated'],
    },
    {
      about: '0.20 takes its previous subnet again where the key is absent',
      there: [],
      ip: '10.0.0.111',
      previous: '10.1.31.0/24',
      legacy: false,
      held: ['10.1.31.0/24 10.0.0.111 2'],
      said: ['previous', 'allocated'],
    },
    {
      about: 'ignores a previous subnet outside of the network',
      there: [],
      ip: '10.0.0.111',
      previous: '10.9.31.0/24',
      held: ['10.1.5.0/24 10.0.0.111 2'],
      said: ['incompatible', 'picking', 'allocated'],
    },
    {
      about: 'leaves a reservation one',
      there: [lease('10.1.31.0/24', '10.0.0.111', undefined)].map((one) => ({ ...one, expiresAt: undefined })),
      ip: '10.0.0.111',
      held: ['10.1.31.0/24 10.0.0.111 undefined'],
      said: ['reusing'],
    },
    {
      about: 'deletes its lease where that no longer fits the network',
      there: [lease('10.1.0.0/22', '10.0.0.111')],
      ip: '10.0.0.111',
      held: ['10.1.8.0/24 10.0.0.111 2'],
      said: ['reusing', 'picking', 'allocated'],
    },
  ])('$about', async ({ there, ip, previous, legacy = true, held, said }) => {
    const store = memoryStore(there);
    const got = await run(store, ip, previous, legacy);
    expect({ held: store.held(), said: got.said }).toEqual({ held, said });
  });

  test('0.11 tries again after a lost race', async () => {
    expect((await run(memoryStore([], 3), '10.0.0.111', undefined, true)).subnet).toBe('10.1.5.0/24');
  });

  test('0.11 gives up after ten lost races', async () => {
    await expect(run(memoryStore([], 99), '10.0.0.111', undefined, true)).rejects.toThrow('Max retries reached');
  });

  test('0.20 stops at the first lost race', async () => {
    await expect(run(memoryStore([], 1), '10.0.0.111', undefined, false)).rejects.toThrow('subnet already exists');
  });

  test('stops where every subnet is leased', async () => {
    await expect(run(memoryStore([lease('10.1.0.0/16', '10.0.0.9')]), '10.0.0.111', undefined, true)).rejects.toThrow(
      'out of subnets',
    );
  });
});
