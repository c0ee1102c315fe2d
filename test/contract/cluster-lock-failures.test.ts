import type { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/script.js';
import { openLock } from '../../src/etcd/open-lock.js';
import type { ClusterLock, HeldLock } from '../../src/flannel/cluster-lock.js';
import type { RegistrySpec, Store, Tunnel } from '../../src/flannel/registry.js';
import { slowness } from '../support/cpu.js';
import { type RunningEtcd, startEtcd } from '../support/etcd.js';
import { etcdAdmin } from '../support/etcd-admin.js';
import { heldOf, holder, takenOf } from './cluster-lock.js';
import { withUsers } from './etcd-users.js';
import { channelOver, connected, PREFIX, STORES } from './registry-world.js';

const KEY = `${PREFIX}/fix-flannel-lock`;

let locks: ClusterLock[] = [];
function open(spec: RegistrySpec, tunnel?: Tunnel): ClusterLock {
  const lock = openLock(spec, tunnel);
  locks.push(lock);
  return lock;
}
afterEach(async () => {
  await Promise.all(locks.map((lock) => lock.close()));
  locks = [];
});

describe('of three members', () => {
  let cluster: RunningEtcd;
  const taken: ClusterLock[] = [];
  const held = new Map<string, HeldLock>();
  const specOf = (store: Store, more: Partial<RegistrySpec> = {}): RegistrySpec => ({
    ...{ store, endpoints: cluster.endpoints, prefix: PREFIX, tls: undefined, deadlineMs: 2000 },
    ...more,
  });
  /** One whose quorum is missed is asked as long as the deadline. */
  const LONELY = { prefix: '/lonely', deadlineMs: 1000 };

  beforeAll(async () => {
    cluster = await startEtcd({ members: 3 });
    for (const { store } of STORES) {
      const [steady, lonely] = [openLock(specOf(store)), openLock(specOf(store, LONELY))];
      taken.push(steady, lonely);
      held.set(`steady ${store}`, heldOf(await steady.acquire(holder('steady'), 60)));
      held.set(`lonely ${store}`, heldOf(await lonely.acquire(holder('first'), 60)));
    }
  });
  afterAll(async () => {
    await Promise.all(taken.map((lock) => lock.close()));
    await cluster?.stop();
  });

  describe('one is dead', () => {
    beforeAll(() => cluster.kill(0));

    test.each(STORES)('a lock in $store outlives the member that it was taken at', async ({ store }) => {
      const lock = held.get(`steady ${store}`) as HeldLock;
      // A leader may have to be chosen first.
      await expect.poll(() => lock.renew().catch(() => undefined), { timeout: 20_000 }).toBe(true);
      expect(takenOf(await open(specOf(store)).acquire(holder('other'), 60)).by?.run).toBe('steady');
      await lock.release();
    });
  });

  describe('two are dead', () => {
    beforeAll(() => cluster.kill(1));

    test.each(STORES)('a lock in $store is not taken without a quorum', async ({ store }) => {
      const spec = specOf(store, { deadlineMs: 1000 });
      const started = Date.now();
      await expect(open(spec).acquire(holder('other'), 60)).rejects.toMatchObject({ code: 'etcd/no-quorum' });
      expect(Date.now() - started).toBeLessThan((2 * spec.deadlineMs + 1500) * slowness());
      expect(await etcdAdmin(cluster.endpoints[2] as string).get(store, KEY)).toBeUndefined();
    });

    test.each(STORES)('a lock in $store is not known to be lost without a quorum', async ({ store }) => {
      await expect(held.get(`lonely ${store}`)?.renew()).rejects.toMatchObject({ code: 'etcd/no-quorum' });
    });
  });
});

describe.each(STORES)('an answer of $store that is lost', ({ store }) => {
  let etcd: RunningEtcd;
  let spec: RegistrySpec;
  beforeAll(async () => {
    etcd = await startEtcd();
    spec = { store, endpoints: etcd.endpoints, prefix: PREFIX, tls: undefined, deadlineMs: 600 };
  });
  afterAll(() => etcd?.stop());

  test('is made up for at the next member: the lock is ours', async () => {
    const [first] = etcd.endpoints as [string];
    const endpoints = [first, first.replace('127.0.0.1', 'localhost')];
    const { tunnel, deaf } = deafTo(/127/);
    const lock = heldOf(await open({ ...spec, endpoints }, tunnel).acquire(holder('unheard'), 60));
    expect(deaf()).toBe(1);
    expect(takenOf(await open(spec).acquire(holder('other'), 60)).by?.run).toBe('unheard');
    expect(await lock.renew()).toBe(true);
    await lock.release();
    expect(await etcdAdmin(first).get(store, KEY)).toBeUndefined();
  });

  test('is an error with one member, and the next attempt finds the lock to be ours', async () => {
    const { tunnel, deaf } = deafTo(/./);
    const lock = open(spec, tunnel);
    await expect(lock.acquire(holder('unheard'), 60)).rejects.toMatchObject({ code: expect.stringMatching(/^etcd/) });
    expect(deaf()).toBe(1);
    expect(takenOf(await open(spec).acquire(holder('other'), 60)).by?.run).toBe('unheard');
    await heldOf(await lock.acquire(holder('unheard'), 60)).release();
    heldOf(await open(spec).acquire(holder('other'), 60));
  });
});

/** A tunnel on which, once, nothing comes back after the lock's value has gone out to a host like this. */
function deafTo(hosts: RegExp): { tunnel: Tunnel; deaf(): number } {
  let times = 0;
  return {
    deaf: () => times,
    async tunnel(host, port) {
      const socket = await connected('127.0.0.1', port);
      return channelOver(hosts.test(host) ? listening(socket) : socket);
    },
  };

  function listening(socket: Socket): Socket {
    const write = socket.write.bind(socket);
    return Object.assign(socket, {
      write(chunk: Buffer, done: () => void) {
        if (times === 0 && chunk.includes('holding')) {
          times++;
          // Read and thrown away.
          socket.removeAllListeners('data');
          socket.on('data', () => {});
        }
        return write(chunk, done);
      },
    });
  }
}

describe('an etcd with users', () => {
  let guarded: RunningEtcd;
  beforeAll(async () => {
    guarded = await startEtcd();
    await withUsers(etcdAdmin(guarded.endpoints[0] as string));
  });
  afterAll(() => guarded?.stop());

  const user = { username: 'flannel', password: new Secret('pa ss:wörd') };
  const specOf = (more: Partial<RegistrySpec>) => ({
    store: 'v3' as const,
    endpoints: guarded.endpoints,
    prefix: PREFIX,
    tls: undefined,
    deadlineMs: 3000,
    ...user,
    ...more,
  });

  test.each(STORES)('locks $store for one who may write the prefix', async ({ store }) => {
    const lock = heldOf(await open(specOf({ store })).acquire(holder('user'), 60));
    expect(await lock.renew()).toBe(true);
    const other = open(specOf({ store }));
    const { by, secondsLeft } = takenOf(await other.acquire(holder('other'), 60));
    expect([by?.run, secondsLeft]).toEqual(['user', expect.any(Number)]);
    await lock.release();
    heldOf(await other.acquire(holder('other'), 60));
  });

  test.each(
    STORES.flatMap(({ store }) => [
      { store, about: 'may not write there', more: { prefix: '/secret' }, key: '/secret/fix-flannel-lock' },
      { store, about: 'has a wrong password', more: { password: new Secret('wrong') }, key: KEY },
    ]),
  )('says for one who $about which key of $store it needs', async ({ store, more, key }) => {
    await expect(open(specOf({ store, ...more })).acquire(holder('user'), 60)).rejects.toMatchObject({
      code: 'etcd/auth',
      hint: expect.stringContaining(key),
    });
  });
});
