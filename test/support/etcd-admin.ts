import { request as plainRequest } from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import type { Pki } from './etcd.js';

/** Writes to a real etcd as flanneld and an administrator do: by plain HTTP, through none of the code under test. */
export interface EtcdAdmin {
  /** One store's key, with a time to live or for ever. */
  put(store: 'v2' | 'v3', key: string, value: string, ttlSeconds?: number): Promise<void>;
  remove(store: 'v2' | 'v3', key: string): Promise<void>;
  /** A key's value, as this member has it: without quorum too. */
  get(store: 'v2' | 'v3', key: string): Promise<string | undefined>;
  /** A call of the v3 API's JSON gateway: `/v3/auth/enable`. */
  call(path: string, body: unknown): Promise<Record<string, unknown>>;
  /** A call of the v2 API: `PUT /v2/auth/enable`. */
  call2(method: string, path: string, body?: { type: string; text: string }, user?: string): Promise<number>;
}

export function etcdAdmin(endpoint: string, pki?: Pki): EtcdAdmin {
  const identity = pki && { ca: pki.ca.reveal(), cert: pki.client.cert.reveal(), key: pki.client.key.reveal() };
  const agent = new Agent({ keepAlive: true, maxSockets: 64, ...identity });
  const http = (method: string, path: string, body?: { type: string; text: string }, user?: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const headers = {
        ...(body && { 'content-type': body.type, 'content-length': Buffer.byteLength(body.text) }),
        ...(user && { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
      };
      const send = identity === undefined ? plainRequest : tlsRequest;
      const sent = send(`${endpoint}${path}`, { method, headers, ...(identity && { agent }) }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
      });
      sent.on('error', reject);
      sent.end(body?.text);
    });
  const call: EtcdAdmin['call'] = async (path, body) => {
    const answer = await http('POST', path, { type: 'application/json', text: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as Record<string, unknown>;
  };
  const form = (fields: Record<string, string>) => ({
    type: 'application/x-www-form-urlencoded',
    text: new URLSearchParams(fields).toString(),
  });
  return {
    call,
    call2: async (method, path, body, user) => (await http(method, path, body, user)).status,
    async put(store, key, value, ttlSeconds) {
      if (store === 'v3') return put3(call, key, value, ttlSeconds);
      const ttl: Record<string, string> = ttlSeconds === undefined ? {} : { ttl: String(ttlSeconds) };
      const { status, text } = await http('PUT', keyPath(key), form({ value, ...ttl }));
      if (status > 201) throw new Error(`${key}: ${status} ${text}`);
    },
    async remove(store, key) {
      if (store === 'v3') await call('/v3/kv/deleterange', { key: base64(key) });
      else await http('DELETE', keyPath(key));
    },
    async get(store, key) {
      if (store === 'v2') {
        return (JSON.parse((await http('GET', keyPath(key))).text) as { node?: { value?: string } }).node?.value;
      }
      const { kvs } = await call('/v3/kv/range', { key: base64(key), serializable: true });
      const [entry] = (kvs ?? []) as { value?: string }[];
      return entry && Buffer.from(entry.value ?? '', 'base64').toString('utf8');
    },
  };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function keyPath(key: string): string {
  return `/v2/keys${key.split('/').map(encodeURIComponent).join('/')}`;
}

async function put3(call: EtcdAdmin['call'], key: string, value: string, ttlSeconds?: number): Promise<void> {
  const lease = ttlSeconds === undefined ? {} : { lease: (await call('/v3/lease/grant', { TTL: ttlSeconds })).ID };
  await call('/v3/kv/put', { key: base64(key), value: base64(value), ...lease });
}
