import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdAnswer, EtcdHttp } from './etcd-http.js';
import {
  LEASE_TTL_SECONDS,
  type LeaseEvent,
  type LeaseStore,
  leaseJson,
  parseLeaseJson,
  type StoredLease,
} from './lease-store.js';
import { parseSubnetKey, type Subnet, subnetKey } from './subnet.js';

interface V2Node {
  readonly key: string;
  readonly value?: string;
  readonly expiration?: string;
  readonly modifiedIndex: number;
  readonly nodes?: readonly V2Node[];
}

interface V2Body {
  readonly action?: string;
  readonly node?: V2Node;
  readonly errorCode?: number;
  readonly message?: string;
  readonly cause?: string;
  readonly index?: number;
}

const DEADLINE_MS = 5000;
const FORM = 'application/x-www-form-urlencoded';

/** Leases in etcd's v2 store, as flannel up to 0.17 keeps them. */
export function v2Store(http: EtcdHttp, prefix: string): LeaseStore {
  const subnets = `${prefix}/subnets`;
  const put = async (subnet: Subnet, fields: Record<string, string>): Promise<V2Body> => {
    const body = new URLSearchParams(fields).toString();
    const path = keyPath(`${subnets}/${subnetKey(subnet)}`);
    return bodyOf(await http({ method: 'PUT', path, body, type: FORM, deadlineMs: DEADLINE_MS }));
  };
  const get = async (path: string): Promise<EtcdAnswer> => http({ method: 'GET', path, deadlineMs: DEADLINE_MS });
  return {
    config: async () => accepted(bodyOf(await get(`${keyPath(`${prefix}/config`)}?quorum=true`))).node?.value ?? '',
    leases: async () => (await list(get, subnets)).leases,
    async create(subnet, value) {
      const ttl = String(LEASE_TTL_SECONDS);
      const body = await put(subnet, { value: leaseJson(value, true), ttl, prevExist: 'false' });
      if (body.errorCode === 105) return 'exists';
      return { expiresAt: expiration(accepted(body).node) ?? 0n };
    },
    async update(subnet, value, reservation) {
      const ttl: Record<string, string> = reservation ? {} : { ttl: String(LEASE_TTL_SECONDS) };
      return { expiresAt: expiration(accepted(await put(subnet, { value: leaseJson(value, true), ...ttl })).node) };
    },
    async remove(subnet) {
      const path = keyPath(`${subnets}/${subnetKey(subnet)}`);
      accepted(bodyOf(await http({ method: 'DELETE', path, deadlineMs: DEADLINE_MS })));
    },
    watch: (signal, onError) => watch(http, subnets, signal, onError),
  };
}

async function* watch(
  http: EtcdHttp,
  subnets: string,
  signal: AbortSignal,
  onError: (why: string) => void,
): AsyncGenerator<LeaseEvent> {
  const get = async (path: string): Promise<EtcdAnswer> =>
    http({ method: 'GET', path, deadlineMs: DEADLINE_MS, signal });
  let index: number | undefined;
  while (!signal.aborted) {
    try {
      if (index === undefined) {
        const found = await list(get, subnets);
        index = found.index;
        yield { kind: 'snapshot', leases: found.leases };
      }
      const path = `${keyPath(subnets)}?wait=true&recursive=true&waitIndex=${index + 1}`;
      const body = bodyOf(await http({ method: 'GET', path, deadlineMs: undefined, signal }));
      const event = eventOf(body);
      index = body.errorCode === 401 ? undefined : (body.node?.modifiedIndex ?? index);
      if (event) yield event;
    } catch (error) {
      if (signal.aborted) return;
      onError(error instanceof Error ? error.message : String(error));
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function list(
  get: (path: string) => Promise<EtcdAnswer>,
  subnets: string,
): Promise<{ readonly leases: readonly StoredLease[]; readonly index: number }> {
  const answer = await get(`${keyPath(subnets)}?recursive=true&quorum=true`);
  const body = bodyOf(answer);
  const index = Number(answer.headers['x-etcd-index'] ?? 0);
  if (body.errorCode === 100) return { leases: [], index };
  return { leases: (accepted(body).node?.nodes ?? []).flatMap(leaseOf), index };
}

function eventOf({ action, node }: V2Body): LeaseEvent | undefined {
  if (!node) return undefined;
  if (action === 'delete' || action === 'expire' || action === 'compareAndDelete') {
    const subnet = parseSubnetKey(lastPart(node.key));
    return subnet && { kind: 'removed', subnet };
  }
  const lease = leaseOf(node)[0];
  return lease && { kind: 'put', lease };
}

function leaseOf(node: V2Node): StoredLease[] {
  const subnet = parseSubnetKey(lastPart(node.key));
  if (!subnet || node.value === undefined) return [];
  try {
    return [{ subnet, value: parseLeaseJson(node.value), expiresAt: expiration(node) }];
  } catch {
    return []; // flannel leaves out what is no lease
  }
}

function expiration(node: V2Node | undefined): bigint | undefined {
  const found = /^(.{19})(?:\.(\d{1,9}))?Z$/.exec(node?.expiration ?? '');
  if (!found) return undefined;
  return BigInt(Date.parse(`${found[1]}Z`)) * 1_000_000n + BigInt((found[2] ?? '').padEnd(9, '0'));
}

function bodyOf(answer: EtcdAnswer): V2Body {
  if (answer.text === '') return {};
  if (!answer.text.startsWith('{')) {
    throw new Error(`client: response is invalid json. The endpoint is probably not valid etcd cluster endpoint.`);
  }
  return JSON.parse(answer.text) as V2Body;
}

function accepted(body: V2Body): V2Body {
  if (body.errorCode === undefined) return body;
  throw new Error(`${body.errorCode}: ${body.message} (${body.cause}) [${body.index}]`);
}

function keyPath(key: string): string {
  const parts = key.split('/').filter((part) => part !== '');
  return `/v2/keys/${parts.map(encodeURIComponent).join('/')}`;
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
