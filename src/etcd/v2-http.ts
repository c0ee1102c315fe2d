import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { RegistrySpec } from '../flannel/registry.js';
import type { Endpoint } from './endpoint.js';
import { errorCode, problem } from './problem.js';
import type { Road } from './road.js';

/** A request on the v2 API; the path is still unencoded. */
export interface V2Request {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** `/coreos.com/network/subnets` */
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** What a `PUT` writes and on what condition, as a form. */
  readonly form?: Readonly<Record<string, string>>;
}

/** An answer that etcd's v2 API gave: a node, or one of its own errors (100: no such key, 101: compare failed). */
export type V2Answer =
  | { readonly kind: 'node'; readonly node: V2Node }
  | { readonly kind: 'error'; readonly errorCode: number; readonly message: string };

export interface V2Node {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly dir?: boolean | undefined;
  readonly ttl?: number | undefined;
  readonly modifiedIndex?: number | undefined;
  readonly nodes?: readonly V2Node[] | undefined;
}

/** etcd's v2 API at one member. Connections are kept open and belong to one identity. */
export interface V2Http {
  /** @throws FixError `etcd/*` within the deadline, and where the answer is none of etcd's v2 API */
  ask(request: V2Request): Promise<V2Answer>;
  close(): void;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const PROBE_MS = 1000;

type Member = Pick<RegistrySpec, 'username' | 'password' | 'deadlineMs'> & { endpoint: Endpoint; road: Road };

export function openV2Http(member: Member): V2Http {
  const agent = new RoadAgent(() => member.road.open(member.endpoint, member.deadlineMs));
  return {
    async ask(asked) {
      try {
        return answerOf(await exchange(asked, agent, member));
      } catch (thrown) {
        if (thrown instanceof Unanswered) throw await whyUnanswered(member);
        throw member.road.problemOf(thrown, member.endpoint);
      }
    },
    close: () => agent.destroy(),
  };
}

/** Connections made by a road: TLS is done there, so that to HTTP they are all plain. */
export class RoadAgent extends Agent {
  readonly #open: () => Promise<Duplex>;

  constructor(open: () => Promise<Duplex>) {
    super({ keepAlive: true, maxSockets: 4 });
    this.#open = open;
  }

  override createConnection(_options: unknown, callback?: (error: Error | null, stream: Duplex) => void): undefined {
    this.#open().then(
      (stream) => callback?.(null, stream),
      (thrown) => callback?.(thrown as Error, undefined as never),
    );
  }

  /** A tunnel's plain stream lacks what the agent does to an idle socket. */
  override keepSocketAlive(stream: Duplex): boolean {
    if (!(stream instanceof Socket)) return false;
    stream.unref();
    return true;
  }
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Connected and asked, but no answer came in time. */
class Unanswered extends Error {}

async function exchange(asked: V2Request, agent: Agent, member: Member): Promise<HttpAnswer> {
  try {
    return await send(asked, agent, member);
  } catch (thrown) {
    // A kept connection may have been closed by etcd while it was idle.
    if (!(thrown instanceof StaleConnection)) throw thrown;
    return send(asked, agent, member);
  }
}

class StaleConnection extends Error {}

function send(asked: V2Request, agent: Agent, member: Member): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const started = Date.now();
    const form = asked.form && new URLSearchParams(asked.form).toString();
    const sent = request({
      agent,
      host: member.endpoint.host,
      port: member.endpoint.port,
      method: asked.method,
      path: pathOf(asked),
      headers: {
        accept: 'application/json',
        host: hostHeader(member.endpoint),
        ...authorization(member),
        ...(form !== undefined && { 'content-type': FORM, 'content-length': Buffer.byteLength(form) }),
      },
    });
    // Until there is a connection the road keeps the deadline, and says how far it came.
    sent.once('socket', () => {
      const leftMs = Math.max(100, member.deadlineMs - (Date.now() - started));
      const timer = setTimeout(() => {
        reject(new Unanswered());
        sent.destroy();
      }, leftMs);
      sent.once('close', () => clearTimeout(timer));
    });
    sent.on('error', (error) => reject(staleOr(error, sent)));
    sent.on('response', (response) => readAll(response).then(resolve, reject));
    sent.end(form);
  });
}

const FORM = 'application/x-www-form-urlencoded';

function staleOr(error: Error, sent: ClientRequest): Error {
  return sent.reusedSocket && errorCode(error) === 'ECONNRESET' ? new StaleConnection() : error;
}

async function readAll(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw problem('etcd/bad-answer', 'its answer is larger than 64 MB');
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}

export function pathOf({ key, query }: Pick<V2Request, 'key' | 'query'>): string {
  const path = key
    .split('/')
    .filter((part) => part !== '')
    .map(encodeURIComponent);
  return `/v2/keys/${path.join('/')}?${new URLSearchParams(query).toString()}`;
}

export function hostHeader({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function authorization({ username, password }: Member): Record<string, string> {
  if (username === undefined) return {};
  const credentials = Buffer.from(`${username}:${password?.reveal() ?? ''}`, 'utf8').toString('base64');
  return { authorization: `Basic ${credentials}` };
}

/** A member without quorum still answers a plain read from its own copy; a dead one answers nothing. */
async function whyUnanswered(member: Member): Promise<Error> {
  const agent = new RoadAgent(() => member.road.open(member.endpoint, PROBE_MS));
  try {
    await send({ method: 'GET', key: '/', query: {} }, agent, { ...member, deadlineMs: PROBE_MS });
    const why = `it answers, but a quorum read did not end within ${member.deadlineMs} ms`;
    return problem('etcd/no-quorum', why);
  } catch {
    return problem('etcd/unreachable', `connected, but no answer within ${member.deadlineMs} ms`);
  } finally {
    agent.destroy();
  }
}

const Leaf = z.object({
  key: z.string().optional(),
  value: z.string().optional(),
  dir: z.boolean().optional(),
  ttl: z.number().int().optional(),
  modifiedIndex: z.number().int().nonnegative().optional(),
});
// One level deep: what is below a lease is none, and a hostile answer could be nested without end.
const Success = z.object({ node: Leaf.extend({ nodes: z.array(Leaf).optional() }) });
const Failure = z.object({ errorCode: z.number().int(), message: z.string() });

/**
 * What an HTTP answer of etcd's v2 API means.
 * @throws FixError `etcd/store-off`, `etcd/auth`, `etcd/no-quorum`, `etcd/bad-answer`
 */
export function answerOf({ status, text }: HttpAnswer): V2Answer {
  if (status === 404 && text.trim() === '404 page not found') {
    throw problem('etcd/store-off', 'etcd runs without the v2 API');
  }
  if (status === 401 || status === 403) throw problem('etcd/auth', 'etcd refused the user or has no rights for it');
  if (status === 400 && text.includes('HTTP request to an HTTPS server')) {
    throw problem('etcd/tls', 'it speaks TLS', { hint: 'the endpoint has to be https:// instead of http://' });
  }
  const body = jsonOf(text, status);
  const failure = Failure.safeParse(body);
  if (failure.success) return failureOf(failure.data);
  const success = Success.safeParse(body);
  if (!success.success || status < 200 || status > 299) throw strange(status);
  return { kind: 'node', node: success.data.node };
}

const INSUFFICIENT_CREDENTIALS = 110;
const RAFT_INTERNAL = 300;
const LEADER_ELECT = 301;

function failureOf({ errorCode, message }: z.infer<typeof Failure>): V2Answer {
  if (errorCode === INSUFFICIENT_CREDENTIALS) throw problem('etcd/auth', 'the user has no rights there');
  if (errorCode === RAFT_INTERNAL || errorCode === LEADER_ELECT) {
    throw problem('etcd/no-quorum', 'its cluster has no quorum (etcdserver: request timed out)');
  }
  return { kind: 'error', errorCode, message };
}

function jsonOf(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw strange(status);
  }
}

function strange(status: number): Error {
  return problem('etcd/bad-answer', `its answer (HTTP ${status}) is none of etcd's v2 API`);
}
