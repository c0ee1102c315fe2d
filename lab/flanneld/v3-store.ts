import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdHttp } from './etcd-http.js';
import {
  LEASE_TTL_SECONDS,
  type LeaseEvent,
  type LeaseStore,
  leaseJson,
  parseLeaseJson,
  type StoredLease,
} from './lease-store.js';
import { parseSubnetKey, type Subnet, subnetKey } from './subnet.js';

interface V3KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly lease?: string;
}

interface V3Answer {
  readonly header?: { readonly revision?: string };
  readonly kvs?: readonly V3KeyValue[];
  readonly succeeded?: boolean;
  readonly ID?: string;
  readonly error?: string;
  readonly code?: number;
}

interface V3WatchLine {
  readonly result?: {
    readonly header?: { readonly revision?: string };
    readonly events?: readonly { readonly type?: string; readonly kv: V3KeyValue }[];
  };
}

type Call = (path: string, body: object) => Promise<V3Answer>;

const DEADLINE_MS = 5000;

/** Who etcd is to take us for; no name where its authentication is off. */
export interface V3User {
  readonly name: string;
  readonly password: string;
}

/** Leases in etcd's v3 store, as flannel from 0.18 keeps them, over etcd's own JSON gateway. */
export function v3Store(plainHttp: EtcdHttp, prefix: string, user: V3User): LeaseStore {
  const http = user.name === '' ? plainHttp : withToken(plainHttp, user);
  const call = v3Call(http);
  const subnets = `${prefix}/subnets/`;
  const keyOf = (subnet: Subnet): string => base64(subnets + subnetKey(subnet));
  const grant = async (): Promise<string> => (await call('/v3/lease/grant', { TTL: LEASE_TTL_SECONDS })).ID ?? '0';
  return {
    async config() {
      const { kvs } = await call('/v3/kv/range', { key: base64(`${prefix}/config`) });
      if (kvs?.[0]) return fromBase64(kvs[0].value);
      throw new Error('rpc error: code = InvalidArgument desc = etcdserver: key not found');
    },
    leases: async () => (await list(call, subnets)).leases,
    async create(subnet, value) {
      const put = { key: keyOf(subnet), value: base64(leaseJson(value, false)), lease: await grant() };
      const compare = [{ key: put.key, target: 'VERSION', result: 'EQUAL', version: '0' }];
      const { succeeded } = await call('/v3/kv/txn', { compare, success: [{ request_put: put }] });
      return succeeded === true ? { expiresAt: inADay() } : 'exists';
    },
    async update(subnet, value, reservation) {
      const lease = reservation ? {} : { lease: await grant() };
      await call('/v3/kv/put', { key: keyOf(subnet), value: base64(leaseJson(value, false)), ...lease });
      return { expiresAt: reservation ? undefined : inADay() };
    },
    remove: async (subnet) => void (await call('/v3/kv/deleterange', { key: keyOf(subnet) })),
    watch: (signal, onError) => watch(http, subnets, signal, onError),
  };
}

/** A token for name and password, and a new one where etcd has forgotten it. */
function withToken(http: EtcdHttp, { name, password }: V3User): EtcdHttp {
  let token = '';
  const renew = async (): Promise<void> => {
    const body = JSON.stringify({ name, password });
    const answer = await http({
      method: 'POST',
      path: '/v3/auth/authenticate',
      body,
      deadlineMs: DEADLINE_MS,
      token: '',
    });
    token = (JSON.parse(answer.text) as { token?: string }).token ?? '';
    if (token === '') throw new Error(`rpc error: code = InvalidArgument desc = ${answer.text.trim()}`);
  };
  return async (request) => {
    if (token === '') await renew();
    const answer = await http({ ...request, token });
    if (!answer.text.includes('invalid auth token')) return answer;
    await renew();
    return http({ ...request, token });
  };
}

function v3Call(http: EtcdHttp): Call {
  return async (path, body) => {
    const type = 'application/json';
    const answer = await http({ method: 'POST', path, body: JSON.stringify(body), type, deadlineMs: DEADLINE_MS });
    const parsed = JSON.parse(answer.text) as V3Answer;
    if (parsed.error !== undefined) throw new Error(`rpc error: code = ${parsed.code} desc = ${parsed.error}`);
    return parsed;
  };
}

async function list(
  call: Call,
  subnets: string,
): Promise<{ readonly leases: readonly StoredLease[]; readonly revision: bigint }> {
  const { kvs, header } = await call('/v3/kv/range', rangeOf(subnets));
  return { leases: (kvs ?? []).flatMap((kv) => leaseOf(kv, subnets)), revision: BigInt(header?.revision ?? 0) };
}

async function* watch(
  http: EtcdHttp,
  subnets: string,
  signal: AbortSignal,
  onError: (why: string) => void,
): AsyncGenerator<LeaseEvent> {
  while (!signal.aborted) {
    try {
      const { leases, revision } = await list(v3Call(http), subnets);
      yield { kind: 'snapshot', leases };
      // The last change comes again, as it does with 0.20.2: its log says so, twice, for a lease just written.
      yield* events(http, subnets, revision, signal);
    } catch (error) {
      if (signal.aborted) return;
      onError(error instanceof Error ? error.message : String(error));
    }
    await sleep(1000, undefined, { signal }).catch(() => undefined);
  }
}

/** The watch's lines come by call-back; a queue turns them into something to wait for. */
async function* events(http: EtcdHttp, subnets: string, from: bigint, signal: AbortSignal): AsyncGenerator<LeaseEvent> {
  const queue: LeaseEvent[] = [];
  let wake: () => void = () => undefined;
  let over = false;
  const body = JSON.stringify({ create_request: { ...rangeOf(subnets), start_revision: String(from) } });
  const onLine = (line: string): void => {
    queue.push(...eventsOf(line, subnets));
    wake();
  };
  const end = (): void => {
    over = true;
    wake();
  };
  const watching = http({ method: 'POST', path: '/v3/watch', body, deadlineMs: undefined, signal, onLine }).then(
    end,
    end,
  );
  while (!over || queue.length > 0) {
    if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    yield* queue.splice(0);
  }
  await watching;
}

function eventsOf(line: string, subnets: string): LeaseEvent[] {
  const { result } = JSON.parse(line) as V3WatchLine;
  return (result?.events ?? []).flatMap((event): LeaseEvent[] => {
    if (event.type === 'DELETE') {
      const subnet = parseSubnetKey(fromBase64(event.kv.key).slice(subnets.length));
      return subnet ? [{ kind: 'removed', subnet }] : [];
    }
    return leaseOf(event.kv, subnets).map((lease) => ({ kind: 'put', lease }));
  });
}

function leaseOf(kv: V3KeyValue, subnets: string): StoredLease[] {
  const subnet = parseSubnetKey(fromBase64(kv.key).slice(subnets.length));
  if (!subnet) return [];
  try {
    const reservation = kv.lease === undefined || kv.lease === '0';
    return [{ subnet, value: parseLeaseJson(fromBase64(kv.value)), expiresAt: reservation ? undefined : inADay() }];
  } catch {
    return []; // flannel leaves out what is no lease
  }
}

/** etcd counts a lease's time in whole seconds, so a fresh one has one second less than a day. */
function inADay(): bigint {
  return BigInt(Date.now() + (LEASE_TTL_SECONDS - 1) * 1000) * 1_000_000n;
}

function rangeOf(prefix: string): { readonly key: string; readonly range_end: string } {
  const end = Buffer.from(prefix);
  end[end.length - 1]! += 1;
  return { key: base64(prefix), range_end: end.toString('base64') };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function fromBase64(text: string | undefined): string {
  return Buffer.from(text ?? '', 'base64').toString('utf8');
}
