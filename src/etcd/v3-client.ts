import type { Etcd3 } from 'etcd3';
import { messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';
import type { RegistrySpec, Tunnel } from '../flannel/registry.js';
import { type Bridge, openBridge } from './bridge.js';
import { type Endpoint, parseEndpoints } from './endpoint.js';
import { makeFailover } from './failover.js';
import { problem } from './problem.js';
import { makeRoad, type Road } from './road.js';

/** One key of the v3 store. */
export interface V3Entry {
  readonly key: string;
  readonly value: string;
  /** mod_revision */
  readonly revision: string;
  /** `0` where no lease is attached. */
  readonly leaseId: string;
}

/** What to read: one key, or the keys from `key` up to but without `end`. */
export interface V3Range {
  readonly key: string;
  readonly end?: Buffer;
  readonly keysOnly?: boolean;
  readonly limit?: number;
}

/** One member of etcd, as its v3 API. Every call ends within the deadline. @throws FixError `etcd/*` */
export interface V3Member {
  range(asked: V3Range): Promise<readonly V3Entry[]>;
  /** Seconds that a lease has left; 0 for one that has ended. */
  leaseSeconds(leaseId: string): Promise<number>;
  deleteAt(key: string, modRevision: string): Promise<'deleted' | 'changed' | 'gone'>;
  /** Makes a key that lives as long as a new lease; `undefined` where there is such a key. */
  create(key: string, value: string, ttlSeconds: number): Promise<V3Entry | undefined>;
  /** Prolongs a lease once. Seconds that it has then; 0 for one that has ended. */
  keepAlive(leaseId: string): Promise<number>;
  /** Ends a lease, and the keys that live by it. */
  revoke(leaseId: string): Promise<void>;
}

export interface V3Client {
  /** Runs a job on the first member that answers. */
  atMember<T>(job: (member: V3Member) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The v3 API with failover. This file is the one door to the etcd3 package, which is loaded when first needed. */
export function openV3Client(spec: RegistrySpec, tunnel?: Tunnel): V3Client {
  const endpoints = parseEndpoints(spec.endpoints);
  const road = makeRoad(spec, tunnel);
  const failover = makeFailover(endpoints);
  const members = new Map<Endpoint, Promise<Link>>();
  const linkTo = (endpoint: Endpoint) => {
    const link = members.get(endpoint) ?? openLink(endpoint, road, spec);
    members.set(endpoint, link);
    link.catch(() => members.delete(endpoint));
    return link;
  };
  return {
    atMember: (job) => failover(async (endpoint) => job(memberOf(await linkTo(endpoint), spec))),
    async close() {
      const links = await Promise.allSettled(members.values());
      members.clear();
      for (const link of links) {
        if (link.status !== 'fulfilled') continue;
        link.value.client.close();
        await link.value.bridge.close();
      }
    },
  };
}

/** A member's client and its way. One Etcd3 for each endpoint: given several, it would pick at random. */
interface Link {
  readonly client: Etcd3;
  readonly bridge: Bridge;
  /** Whether the token has been fetched; `undefined` before. */
  token: Promise<void> | undefined;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const PROBE_MS = 1000;

async function openLink(endpoint: Endpoint, road: Road, { deadlineMs }: RegistrySpec): Promise<Link> {
  const [{ Etcd3 }, { noop }] = await Promise.all([import('etcd3'), import('cockatiel')]);
  const bridge = await openBridge(endpoint, road, deadlineMs);
  const client = new Etcd3({
    hosts: bridge.target,
    grpcOptions: {
      'grpc.enable_http_proxy': 0,
      'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
      'grpc.initial_reconnect_backoff_ms': 100,
    },
    // Without a deadline a call can hang; the package's own retries would triple it, and its breaker stay open for 5 s.
    defaultCallOptions: (call) => (call.isStream ? {} : { deadline: Date.now() + deadlineMs }),
    faultHandling: { host: () => noop, global: noop },
  });
  return { client, bridge, token: undefined };
}

function memberOf(link: Link, spec: RegistrySpec): V3Member {
  const { client } = link;
  return {
    range: (asked) => call(link, spec, () => range(client, asked)),
    leaseSeconds: (leaseId) => call(link, spec, () => leaseSeconds(client, leaseId)),
    deleteAt: (key, modRevision) => call(link, spec, () => deleteAt(client, key, modRevision)),
    create: (key, value, ttlSeconds) => call(link, spec, () => create(client, key, value, ttlSeconds)),
    keepAlive: (leaseId) => call(link, spec, () => keepAlive(client, leaseId, spec.deadlineMs)),
    revoke: (leaseId) => call(link, spec, async () => void (await client.leaseClient.leaseRevoke({ ID: leaseId }))),
  };
}

/** A call with a token, asked for once more where etcd has forgotten it (tokens live five minutes). */
async function call<T>(link: Link, spec: RegistrySpec, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      await signIn(link, spec);
      return await work();
    } catch (thrown) {
      const forgotten = spec.username !== undefined && TOKEN_LOST.test(messageOf(thrown));
      if (!forgotten || attempt === 2) throw await explained(thrown, link, spec);
      link.token = undefined;
    }
  }
}

const TOKEN_LOST = /invalid auth token|user name is empty|revision of auth store is old/;

function signIn(link: Link, spec: RegistrySpec): Promise<void> {
  link.token ??= fetchToken(link.client, spec).catch((thrown) => {
    link.token = undefined;
    throw thrown;
  });
  return link.token;
}

/** The part of etcd3 that keeps the token. Its own way to fetch one ignores the options of the connection. */
interface TokenKeeper {
  awaitingMetadata: Promise<Metadata> | null;
  getMetadata(): Promise<Metadata>;
}
interface Metadata {
  set(name: string, value: string): void;
}

async function fetchToken(client: Etcd3, { username, password }: RegistrySpec): Promise<void> {
  if (username === undefined) return;
  const keeper = (client as unknown as { pool: { authenticator: TokenKeeper } }).pool.authenticator;
  keeper.awaitingMetadata = null;
  const metadata = await keeper.getMetadata();
  try {
    const { token } = await client.auth.authenticate({ name: username, password: password?.reveal() ?? '' });
    metadata.set('token', token);
    keeper.awaitingMetadata = Promise.resolve(metadata);
  } catch (thrown) {
    // flanneld carries on where etcd asks for no users.
    if (!/authentication is not enabled/.test(messageOf(thrown))) throw thrown;
  }
}

async function range(client: Etcd3, { key, end, keysOnly, limit }: V3Range): Promise<readonly V3Entry[]> {
  const { kvs } = await client.kv.range({
    key: Buffer.from(key),
    ...(end === undefined ? {} : { range_end: end }),
    keys_only: keysOnly ?? false,
    limit: limit ?? 0,
  });
  return kvs.map((pair) => ({
    key: pair.key.toString('utf8'),
    value: pair.value.toString('utf8'),
    revision: pair.mod_revision,
    leaseId: pair.lease,
  }));
}

async function leaseSeconds(client: Etcd3, leaseId: string): Promise<number> {
  const { TTL } = await client.leaseClient.leaseTimeToLive({ ID: leaseId });
  return Math.max(0, Number(TTL));
}

async function deleteAt(client: Etcd3, key: string, modRevision: string): Promise<'deleted' | 'changed' | 'gone'> {
  const name = Buffer.from(key);
  const { succeeded, responses } = await client.kv.txn({
    compare: [{ key: name, target: 'Mod', result: 'Equal', mod_revision: modRevision }],
    success: [{ request_delete_range: { key: name } }],
    failure: [{ request_range: { key: name, keys_only: true } }],
  });
  if (succeeded) return 'deleted';
  return (responses[0]?.response_range?.kvs ?? []).length > 0 ? 'changed' : 'gone';
}

async function create(client: Etcd3, key: string, value: string, ttlSeconds: number): Promise<V3Entry | undefined> {
  const { ID: leaseId } = await client.leaseClient.leaseGrant({ TTL: ttlSeconds });
  const name = Buffer.from(key);
  const { succeeded, header } = await client.kv.txn({
    compare: [{ key: name, target: 'Create', result: 'Equal', create_revision: 0 }],
    success: [{ request_put: { key: name, value: Buffer.from(value), lease: leaseId } }],
  });
  if (succeeded) return { key, value, revision: header.revision, leaseId };
  // It would end by itself too.
  await client.leaseClient.leaseRevoke({ ID: leaseId }).catch(() => {});
  return undefined;
}

/** One keep-alive on a stream of its own: the package's Lease keeps timers, and streams without a deadline. */
async function keepAlive(client: Etcd3, leaseId: string, deadlineMs: number): Promise<number> {
  const stream = await client.leaseClient.leaseKeepAlive({ deadline: Date.now() + deadlineMs });
  try {
    return await new Promise((resolve, reject) => {
      stream.on('data', ({ TTL }) => resolve(Math.max(0, Number(TTL))));
      stream.on('error', reject);
      stream.on('end', () => reject(new Error('the stream of keep-alives ended')));
      stream.write({ ID: leaseId });
    });
  } finally {
    stream.end();
    stream.cancel();
  }
}

const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;

/** What an error of the package means; gRPC's own words tell a connection's fate only vaguely, the bridge knows it. */
async function explained(thrown: unknown, link: Link, spec: RegistrySpec): Promise<Error> {
  const message = messageOf(thrown);
  const cause = { cause: thrown };
  if (/permission denied|authentication failed|user name is empty|invalid auth token/.test(message)) {
    return problem('etcd/auth', `etcd refused the user: ${printableLine(message)}`, cause);
  }
  if (/etcdserver: (request timed out|no leader|leader changed)/.test(message)) {
    return problem('etcd/no-quorum', `its cluster has no quorum (${printableLine(message)})`, cause);
  }
  const status = Number(/^(\d+) /.exec(message)?.[1]);
  if (status === RESOURCE_EXHAUSTED) return problem('etcd/bad-answer', 'its answer is larger than 64 MB', cause);
  if (status === UNIMPLEMENTED) return problem('etcd/bad-answer', "it does not have etcd's v3 API", cause);
  const failure = await link.bridge.failure();
  if (failure !== undefined) return failure;
  if (status === DEADLINE_EXCEEDED) return whyUnanswered(link, spec);
  return problem(
    'etcd/unreachable',
    `it ended the connection or does not speak etcd's v3 API: ${printableLine(message)}`,
    cause,
  );
}

/** A member without quorum still tells its own status; a dead one answers nothing. */
async function whyUnanswered({ client }: Link, { deadlineMs }: RegistrySpec): Promise<Error> {
  try {
    await client.maintenance.status({ deadline: Date.now() + PROBE_MS });
    return problem('etcd/no-quorum', `it answers, but a quorum read did not end within ${deadlineMs} ms`);
  } catch {
    return problem('etcd/unreachable', `connected, but no answer within ${deadlineMs} ms`);
  }
}
