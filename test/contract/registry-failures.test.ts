import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Secret } from '../../src/core/script.js';
import { openRegistry } from '../../src/etcd/open-registry.js';
import type { RegistrySpec, Tunnel } from '../../src/flannel/registry.js';
import { freePorts, type RunningEtcd, startEtcd } from '../support/etcd.js';
import { blackHole, channelOver, connected, look, makeWorld, STORES, type World } from './registry-world.js';

let world: World;
let spec: World['spec'];

/** Without TLS, and empty. */
let plain: RunningEtcd;
let impostors: Record<'stranger' | 'expired', RunningEtcd>;

beforeAll(async () => {
  world = await makeWorld();
  spec = world.spec;
  const { pki } = world;
  plain = await startEtcd();
  impostors = {
    stranger: await startEtcd({ pki, serverCertificate: 'stranger' }),
    expired: await startEtcd({ pki, serverCertificate: 'expired' }),
  };
});
afterAll(async () => {
  await Promise.all([plain, impostors?.stranger, impostors?.expired].map((etcd) => etcd?.stop()));
  await world?.end();
});

describe.each(STORES)('failover in the $store store', ({ store }) => {
  test('a dead endpoint is passed over, and the good one goes first from then on', async () => {
    const [dead] = await freePorts(1);
    const asked: string[] = [];
    let isSilent = false;
    const tunnel: Tunnel = async (host, port) => {
      asked.push(String(port));
      // Whoever asks the dead one again, and waits for it, waits as long as the deadline.
      if (isSilent && port === dead) return new Promise(() => {});
      return connected(host, port);
    };
    const [good] = world.etcd.endpoints as [string];
    const deadlineMs = 10_000;
    const registry = openRegistry(
      { ...spec, store, endpoints: [`https://127.0.0.1:${dead}`, good], deadlineMs },
      tunnel,
    );
    try {
      expect((await registry.leases()).leases).toHaveLength(1);
      isSilent = true;
      const started = Date.now();
      expect(await registry.config()).toMatchObject({ state: 'present' });
      expect(Date.now() - started).toBeLessThan(deadlineMs);
      expect(asked[0]).toBe(String(dead));
      // gRPC looks by itself, a moment later, whether the dead one is there again; nobody waits for that.
      if (store === 'v2') expect(asked.filter((port) => port === String(dead))).toHaveLength(1);
    } finally {
      await registry.close();
    }
  });

  test('every endpoint that failed is named with its reason', async () => {
    const ports = await freePorts(2);
    const endpoints = [...ports.map((port) => `http://127.0.0.1:${port}`), 'http://no-such-host.invalid:2379'];
    const { error } = await look({ ...spec, store, endpoints });
    expect(error?.code).toBe('etcd/unreachable');
    expect(error?.message).toContain(`http://127.0.0.1:${ports[0]}: connection refused`);
    expect(error?.message).toContain(`http://127.0.0.1:${ports[1]}: connection refused`);
    expect(error?.message).toContain('http://no-such-host.invalid:2379: the name does not resolve');
  });

  test.each(['http', 'https'])('a black hole behind %s costs one deadline, then the next answers', async (scheme) => {
    const hole = await blackHole();
    const endpoints = [`${scheme}://127.0.0.1:${hole.port}`, ...world.etcd.endpoints];
    const { leases, ms } = await look({ ...spec, store, endpoints, deadlineMs: 700 });
    await hole.close();
    expect(leases).toBe(1);
    expect(ms).toBeGreaterThanOrEqual(690);
    expect(ms).toBeLessThan(700 + 1000 + 3000);
  });

  test.each([
    { scheme: 'http', why: 'connected, but no answer within 400 ms' },
    { scheme: 'https', why: 'connected, but no TLS handshake within 400 ms' },
  ])('a black hole behind $scheme alone is unreachable', async ({ scheme, why }) => {
    const hole = await blackHole();
    const { error } = await look({
      ...spec,
      store,
      endpoints: [`${scheme}://127.0.0.1:${hole.port}`],
      deadlineMs: 400,
    });
    await hole.close();
    expect(error).toMatchObject({ code: 'etcd/unreachable', message: expect.stringContaining(why) });
  });
});

describe.each(STORES)('TLS with the $store store', ({ store }) => {
  test.each<{ about: string; tls: () => RegistrySpec['tls']; says: RegExp }>([
    {
      about: 'an unknown CA',
      tls: () => ({ ca: world.pki.otherCa, ...world.pki.client }),
      says: /unknown CA.*"test CA"/,
    },
    {
      about: 'an expired client certificate, with the day',
      tls: () => ({ ca: world.pki.ca, ...world.pki.expired }),
      says: new RegExp(`client certificate expired on ${yesterday()}`),
    },
    { about: 'no client certificate', tls: () => ({ ca: world.pki.ca }), says: /no client certificate was given/ },
    {
      about: 'a key of another certificate',
      tls: () => ({ ca: world.pki.ca, cert: world.pki.client.cert, key: world.pki.expired.key }),
      says: /key does not belong/,
    },
    {
      about: 'a CA file without a certificate',
      tls: () => ({ ca: new Secret('not PEM'), ...world.pki.client }),
      says: /CA file is not a PEM/,
    },
    {
      about: 'a client certificate that is none',
      tls: () => ({ ca: world.pki.ca, cert: new Secret('not PEM'), key: world.pki.client.key }),
      says: /client certificate is not a PEM/,
    },
  ])('$about is told', async ({ tls, says }) => {
    const { error } = await look({ ...spec, store, tls: tls() });
    expect(error?.code).toBe('etcd/tls');
    expect(error?.message).toMatch(says);
    expect(`${error?.message} ${error?.hint}`).not.toMatch(/BEGIN|PRIVATE/);
  });

  test.each([
    { certificate: 'stranger', says: /certificate is for DNS:elsewhere.example, not for 127.0.0.1/ },
    { certificate: 'expired', says: new RegExp(`its certificate expired on ${yesterday()}`) },
  ] as const)('an etcd with the certificate "$certificate" is not believed', async ({ certificate, says }) => {
    const { error } = await look({ ...spec, store, endpoints: impostors[certificate].endpoints });
    expect(error?.code).toBe('etcd/tls');
    expect(error?.message).toMatch(says);
  });

  test('http:// to an etcd with TLS says which it has to be', async () => {
    const endpoints = world.etcd.endpoints.map((endpoint) => endpoint.replace('https:', 'http:'));
    const { error } = await look({ ...spec, store, endpoints });
    expect(error?.hint).toContain('has to be https://');
  });

  test('https:// to an etcd without TLS says which it has to be', async () => {
    const endpoints = plain.endpoints.map((endpoint) => endpoint.replace('http:', 'https:'));
    const { error } = await look({ ...spec, store, endpoints });
    expect(error).toMatchObject({ code: 'etcd/tls', hint: expect.stringContaining('http:// instead of https://') });
  });
});

describe.each(STORES)('the $store store through a tunnel', ({ store }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ff-'));
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('all traffic takes one stream of it, verified for the endpoint, with nothing left behind', async () => {
    vi.stubEnv('TMPDIR', folder);
    vi.stubEnv('https_proxy', 'http://127.0.0.1:1');
    vi.stubEnv('grpc_proxy', 'http://127.0.0.1:1');
    const [endpoint] = world.etcd.endpoints as [string];
    const { port } = new URL(endpoint);
    const calls: string[] = [];
    const tunnel: Tunnel = async (host, asked) => {
      calls.push(`${host}:${asked}`);
      return channelOver(await connected('127.0.0.1', Number(port)));
    };
    const registry = openRegistry({ ...spec, store, endpoints: ['https://localhost:2379'] }, tunnel);
    expect((await registry.leases()).leases).toHaveLength(1);
    expect(await registry.config()).toMatchObject({ state: 'present' });
    await registry.close();
    expect(calls).toEqual(['localhost:2379']);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('an etcd without TLS is reached too', async () => {
    const tunnel: Tunnel = async (host, port) => channelOver(await connected(host, port));
    const registry = openRegistry({ ...spec, store, tls: undefined, endpoints: plain.endpoints }, tunnel);
    const twice = [await registry.leases(), await registry.leases()];
    await registry.close();
    expect(twice).toEqual([
      { leases: [], malformed: [] },
      { leases: [], malformed: [] },
    ]);
  });

  test('an answer for another host than the endpoint is not believed', async () => {
    const { port } = new URL(world.etcd.endpoints[0] as string);
    const tunnel: Tunnel = () => connected('127.0.0.1', Number(port));
    const { error } = await look({ ...spec, store, endpoints: ['https://10.9.9.9:2379'] }, tunnel);
    expect(error).toMatchObject({ code: 'etcd/tls', message: expect.stringContaining('not for 10.9.9.9') });
  });

  test('a tunnel that cannot be opened is told in its own words', async () => {
    const tunnel: Tunnel = () => Promise.reject(new Error('Channel open failure: Connection refused'));
    const { error } = await look({ ...spec, store }, tunnel);
    expect(error).toMatchObject({ code: 'etcd/unreachable', message: expect.stringContaining('Channel open failure') });
  });

  test('a tunnel that never opens ends at the deadline, and what comes late is closed', async () => {
    let late: Socket | undefined;
    const tunnel: Tunnel = async (_, port) => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      late = await connected('127.0.0.1', port);
      return late;
    };
    const { error, ms } = await look({ ...spec, store, deadlineMs: 300 }, tunnel);
    expect(error).toMatchObject({ code: 'etcd/unreachable', message: expect.stringContaining('no connection within') });
    expect(ms).toBeLessThan(1500);
    await vi.waitFor(() => expect(late?.destroyed).toBe(true), 3000);
  });
});

/** The day on which the expired certificates ended. */
function yesterday(): string {
  return new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
}
