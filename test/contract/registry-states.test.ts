import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/script.js';
import { openRegistry } from '../../src/etcd/open-registry.js';
import { whereIsConfig } from '../../src/etcd/where-is-config.js';
import type { Store } from '../../src/flannel/registry.js';
import { cpuMsSince, slowness } from '../support/cpu.js';
import { type RunningEtcd, startEtcd } from '../support/etcd.js';
import { base64, type EtcdAdmin, etcdAdmin } from '../support/etcd-admin.js';
import { runsInGate } from '../support/in-gate.js';
import { withUsers } from './etcd-users.js';
import { leaseValue } from './registry.js';
import { CONFIG, look, makeWorld, PREFIX, STORES, type World } from './registry-world.js';

let world: World;
let spec: World['spec'];

beforeAll(async () => {
  world = await makeWorld();
  spec = world.spec;
});
afterAll(() => world?.end());

describe('an etcd with users', () => {
  let guarded: RunningEtcd;
  beforeAll(async () => {
    guarded = await startEtcd({ tokenSeconds: 1 });
    const admin = etcdAdmin(guarded.endpoints[0] as string);
    await admin.put('v2', `${PREFIX}/subnets/10.1.31.0-24`, leaseValue('10.0.2.15'), 86_400);
    await admin.put('v3', `${PREFIX}/subnets/10.1.31.0-24`, leaseValue('10.0.2.15'), 86_400);
    await withUsers(admin);
  });
  afterAll(() => guarded?.stop());

  const user = { username: 'flannel', password: new Secret('pa ss:wörd') };
  test.each(STORES)('serves $store with the right password', async ({ store }) => {
    const { leases } = await look({ ...spec, ...user, store, tls: undefined, endpoints: guarded.endpoints });
    expect(leases).toBe(1);
  });

  test.each(
    STORES.flatMap(({ store }) => [
      { store, about: 'with a wrong password', wrong: { ...user, password: new Secret('wrong') } },
      { store, about: 'with no user', wrong: {} },
      { store, about: 'under a prefix that the user may not read', wrong: { ...user, prefix: '/secret' } },
    ]),
  )('refuses $store $about, and is asked only once', async ({ store, wrong }) => {
    const endpoints = [...guarded.endpoints, `${guarded.endpoints[0]?.replace('127.0.0.1', 'localhost')}`];
    const { error } = await look({ ...spec, store, tls: undefined, endpoints, ...wrong });
    expect(error?.code).toBe('etcd/auth');
    expect(error?.message).not.toContain('localhost');
    expect(error?.message).not.toMatch(/pa ss|wrong/);
  });

  test('gives a v3 token anew when it has forgotten the old one', async () => {
    const registry = openRegistry({ ...spec, ...user, store: 'v3', tls: undefined, endpoints: guarded.endpoints });
    try {
      expect((await registry.leases()).leases).toHaveLength(1);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect((await registry.leases()).leases).toHaveLength(1);
    } finally {
      await registry.close();
    }
  });

  test.each(STORES)('that are given although etcd has none do no harm in $store', async ({ store }) => {
    expect((await look({ ...spec, ...user, store })).leases).toBe(1);
  });
});

describe('an etcd without the v2 store', () => {
  let without: RunningEtcd;
  beforeAll(async () => {
    without = await startEtcd({ v2: false });
  });
  afterAll(() => without?.stop());

  test('is told so for v2, and serves v3', async () => {
    const asked = { ...spec, tls: undefined, endpoints: without.endpoints };
    expect((await look({ ...asked, store: 'v2' })).error?.code).toBe('etcd/store-off');
    expect((await look({ ...asked, store: 'v3' })).leases).toBe(0);
    expect(await whereIsConfig({ ...asked, store: 'v2' })).toEqual({
      v2: { state: 'store-off' },
      v3: { state: 'no-config', elsewhere: [] },
    });
  });
});

describe('three members of which two are dead', () => {
  let cluster: RunningEtcd;
  beforeAll(async () => {
    cluster = await startEtcd({ members: 3 });
    await Promise.all([cluster.kill(1), cluster.kill(2)]);
  });
  afterAll(() => cluster?.stop());

  test.each(STORES)('have no quorum in $store, which outweighs the dead ones', async ({ store }) => {
    const { endpoints } = cluster;
    const { error, ms } = await look({ ...spec, store, tls: undefined, endpoints, deadlineMs: 1000 });
    expect(error?.code).toBe('etcd/no-quorum');
    expect(error?.message).toContain(`${endpoints[1]}: connection refused`);
    expect(ms).toBeLessThan(4500 * slowness());
  });
});

describe('where the configuration is', () => {
  test('both stores are looked into, whichever is asked for', async () => {
    expect(await whereIsConfig({ ...spec, store: 'v2' })).toEqual({ v2: { state: 'config' }, v3: { state: 'config' } });
  });

  test('under a wrong prefix the right ones are named', async () => {
    const admin = etcdAdmin(world.etcd.endpoints[0] as string, world.pki);
    await admin.put('v2', '/network/config', '{"network":"10.2.0.0/16"}');
    await admin.put('v3', 'coreos.com/network/config', CONFIG);
    await admin.put('v3', '/other/config', '{"some":"thing"}');
    expect(await whereIsConfig({ ...spec, prefix: '/wrong', store: 'v2' })).toEqual({
      v2: { state: 'no-config', elsewhere: [PREFIX, '/network'] },
      v3: { state: 'no-config', elsewhere: [PREFIX, 'coreos.com/network'] },
    });
  });

  test('a v3 prefix without its leading slash is another key', async () => {
    const { v3 } = await whereIsConfig({ ...spec, prefix: PREFIX.slice(1), store: 'v3' });
    expect(v3).toMatchObject({ state: 'no-config' });
  });

  test('what cannot be looked into is an error, not an absence', async () => {
    const { v2, v3 } = await whereIsConfig({
      ...spec,
      tls: { ca: world.pki.otherCa, ...world.pki.client },
      store: 'v2',
    });
    expect([v2, v3]).toMatchObject([
      { state: 'error', error: { code: 'etcd/tls' } },
      { state: 'error', error: { code: 'etcd/tls' } },
    ]);
  });
});

const MANY = runsInGate(10_000);

describe.each(STORES)(`${MANY} leases in $store`, ({ store }) => {
  test('are read within seconds', { timeout: 60_000 }, async () => {
    const big = await startEtcd();
    const admin = etcdAdmin(big.endpoints[0] as string);
    await fill(admin, store);
    const from = process.cpuUsage();
    const { leases, error } = await look({ ...spec, store, tls: undefined, endpoints: big.endpoints });
    const ms = cpuMsSince(from);
    await big.stop();
    expect(error).toBeUndefined();
    expect(leases).toBe(MANY);
    expect(ms).toBeLessThan(10_000 * slowness());
  });
});

async function fill(admin: EtcdAdmin, store: Store): Promise<void> {
  const keys = Array.from({ length: MANY }, (_, n) => `${PREFIX}/subnets/10.${n >> 8}.${n & 255}.0-24`);
  const value = leaseValue('10.0.0.111');
  if (store === 'v2') return inParallel(keys, (key) => admin.put('v2', key, value, 86_400));
  // Each has an etcd lease of its own, as flannel makes them; the keys go in by the hundred.
  const puts: { request_put: object }[] = [];
  await inParallel(keys, async (key) => {
    const { ID: lease } = await admin.call('/v3/lease/grant', { TTL: 86_400 });
    puts.push({ request_put: { key: base64(key), value: base64(value), lease } });
  });
  while (puts.length > 0) await admin.call('/v3/kv/txn', { success: puts.splice(0, 100) });
}

async function inParallel(keys: string[], work: (key: string) => Promise<void>): Promise<void> {
  const worker = async () => {
    for (let key = keys.pop(); key !== undefined; key = keys.pop()) await work(key);
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}
