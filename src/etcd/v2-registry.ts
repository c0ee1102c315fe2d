import { posix } from 'node:path';
import { absent } from '../core/reading.js';
import { printableLine } from '../core/text.js';
import type { Lease, LeaseTable } from '../flannel/lease.js';
import type { Registry, RegistrySpec, Tunnel } from '../flannel/registry.js';
import { type Endpoint, parseEndpoints } from './endpoint.js';
import { makeFailover } from './failover.js';
import { configReading, leaseTable, type RawEntry } from './lease-table.js';
import { problem } from './problem.js';
import { makeRoad } from './road.js';
import { openV2Http, type V2Answer, type V2Http, type V2Node, type V2Request } from './v2-http.js';

/** Asks etcd's v2 API at the first member that answers. */
export interface V2Client {
  /** The node, or `undefined` where there is no such key. @throws FixError `etcd/*` */
  get(key: string, query: Readonly<Record<string, string>>): Promise<V2Node | undefined>;
  deleteAt(key: string, modifiedIndex: string): Promise<'deleted' | 'changed' | 'gone'>;
  /** Deletes a key while it holds just this value. */
  deleteValue(key: string, value: string): Promise<'deleted' | 'changed' | 'gone'>;
  /** Writes a key on a condition: `prevExist` or `prevValue`. `undefined` where that does not hold. */
  putIf(key: string, form: Readonly<Record<string, string>>): Promise<V2Node | undefined>;
  close(): void;
}

const NO_SUCH_KEY = 100;
const COMPARE_FAILED = 101;
const NODE_EXISTS = 105;

/**
 * flannel's leases in etcd's v2 store (flannel up to 0.17), over HTTP.
 *
 * @throws FixError `etcd/unreachable` where the endpoints are none; nothing is connected yet
 * @see etcd 3.4 `Documentation/v2/api.md`
 */
export function openV2Registry(spec: RegistrySpec, tunnel?: Tunnel): Registry {
  const client = openV2Client(spec, tunnel);
  const prefix = posix.join('/', spec.prefix);
  return {
    store: 'v2',
    async config() {
      const node = await client.get(posix.join(prefix, 'config'), { quorum: 'true' });
      return node?.value === undefined ? absent : configReading(node.value);
    },
    async leases() {
      const folder = posix.join(prefix, 'subnets');
      const node = await client.get(folder, { recursive: 'true', quorum: 'true' });
      return tableOf(folder, node?.nodes ?? []);
    },
    deleteLease: (lease: Lease) => client.deleteAt(lease.key, lease.revision),
    close: async () => client.close(),
  };
}

/** The v2 API with failover; a registry's own client, and the one that looks where a configuration is. */
export function openV2Client(spec: RegistrySpec, tunnel?: Tunnel): V2Client {
  const endpoints = parseEndpoints(spec.endpoints);
  const road = makeRoad(spec, tunnel);
  const failover = makeFailover(endpoints);
  const members = new Map<Endpoint, V2Http>(
    endpoints.map((endpoint) => [endpoint, openV2Http({ ...spec, endpoint, road })]),
  );
  const ask = (asked: V2Request) => failover((endpoint) => (members.get(endpoint) as V2Http).ask(asked));
  const deleteIf = async (key: string, query: Readonly<Record<string, string>>) => {
    // Asked again at another member after one that gave no answer, a delete that was done reads as 'gone'.
    const answer = await ask({ method: 'DELETE', key, query });
    if (answer.kind === 'node') return 'deleted';
    if (answer.errorCode === NO_SUCH_KEY) return 'gone';
    if (answer.errorCode === COMPARE_FAILED) return 'changed';
    throw unexpected(answer);
  };
  return {
    async get(key, query) {
      const answer = await ask({ method: 'GET', key, query });
      if (answer.kind === 'node') return answer.node;
      if (answer.errorCode === NO_SUCH_KEY) return undefined;
      throw unexpected(answer);
    },
    deleteAt: (key, modifiedIndex) => deleteIf(key, { prevIndex: modifiedIndex }),
    deleteValue: (key, value) => deleteIf(key, { prevValue: value }),
    async putIf(key, form) {
      const answer = await ask({ method: 'PUT', key, query: {}, form });
      if (answer.kind === 'node') return answer.node;
      if ([NO_SUCH_KEY, COMPARE_FAILED, NODE_EXISTS].includes(answer.errorCode)) return undefined;
      throw unexpected(answer);
    },
    close() {
      for (const member of members.values()) member.close();
    },
  };
}

function unexpected({ errorCode, message }: Extract<V2Answer, { kind: 'error' }>): Error {
  return problem('etcd/bad-answer', `etcd answered with error ${errorCode}: ${printableLine(message)}`);
}

function tableOf(folder: string, nodes: readonly V2Node[]): LeaseTable {
  return leaseTable(nodes.map((node) => entryOf(folder, node)));
}

function entryOf(folder: string, { key, value, dir, ttl, modifiedIndex }: V2Node): RawEntry {
  if (key === undefined || modifiedIndex === undefined || posix.dirname(key) !== folder) {
    throw problem('etcd/bad-answer', `its list of ${printableLine(folder)} holds something that does not belong there`);
  }
  return { key, value: dir ? undefined : (value ?? ''), ttlSeconds: ttl, revision: String(modifiedIndex) };
}
