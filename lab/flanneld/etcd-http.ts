import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { Settings } from './settings.js';

export interface EtcdAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface EtcdRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly type?: string;
  /** `undefined` waits as long as etcd keeps the connection: a watch. */
  readonly deadlineMs: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Gets the body as it comes, a line at a time, in place of `text`. */
  readonly onLine?: (line: string) => void;
  /** What v3 gave for name and password; in its place the v2 store takes both with each request. */
  readonly token?: string;
}

/** Sends one request to the first endpoint that answers. @throws Error in the words of Go's etcd client */
export type EtcdHttp = (request: EtcdRequest) => Promise<EtcdAnswer>;

/** HTTP to etcd with flanneld's own TLS files; the endpoint that answered last goes first. @throws Error on a bad file */
export function etcdHttp(settings: Settings): EtcdHttp {
  const tls = tlsOptions(settings);
  const agents = {
    http: new http.Agent({ keepAlive: true }),
    https: new https.Agent({ keepAlive: true, ...tls }),
  };
  const auth = settings.etcdUsername === '' ? {} : { auth: `${settings.etcdUsername}:${settings.etcdPassword}` };
  let endpoints = settings.etcdEndpoints;
  return async (request) => {
    const failures: string[] = [];
    for (const endpoint of endpoints) {
      try {
        const answer = await send(endpoint, request, agents, auth);
        endpoints = [endpoint, ...endpoints.filter((one) => one !== endpoint)];
        return answer;
      } catch (error) {
        if (request.signal?.aborted) throw error;
        failures.push(`error #${failures.length}: ${inGoWords(error)}`);
      }
    }
    throw new Error(`client: etcd cluster is unavailable or misconfigured; ${failures.join('\n; ')}\n`);
  };
}

function tlsOptions({ etcdCaFile, etcdCertFile, etcdKeyFile }: Settings): https.AgentOptions {
  return {
    ...(etcdCaFile === '' ? {} : { ca: readFileSync(etcdCaFile) }),
    ...(etcdCertFile === '' || etcdKeyFile === ''
      ? {}
      : { cert: readFileSync(etcdCertFile), key: readFileSync(etcdKeyFile) }),
  };
}

function send(
  endpoint: string,
  request: EtcdRequest,
  agents: { readonly http: http.Agent; readonly https: https.Agent },
  auth: { readonly auth?: string },
): Promise<EtcdAnswer> {
  const { method, path, body, type, deadlineMs, signal, token } = request;
  const url = new URL(path, endpoint);
  const headers = {
    ...(body === undefined ? {} : { 'content-type': type ?? '', 'content-length': Buffer.byteLength(body) }),
    ...(token ? { authorization: token } : {}),
  };
  const common = { method, headers, ...(token === undefined ? auth : {}), ...(signal ? { signal } : {}) };
  return new Promise((resolve, reject) => {
    const sent =
      url.protocol === 'https:'
        ? https.request(url, { ...common, agent: agents.https })
        : http.request(url, { ...common, agent: agents.http });
    const timer = deadlineMs === undefined ? undefined : setTimeout(() => sent.destroy(timedOut(url)), deadlineMs);
    sent.on('response', (response) => collect(response, request, resolve, reject));
    sent.on('error', reject);
    sent.on('close', () => clearTimeout(timer));
    sent.end(body);
  });
}

function collect(
  response: http.IncomingMessage,
  { onLine }: EtcdRequest,
  resolve: (answer: EtcdAnswer) => void,
  reject: (error: Error) => void,
): void {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    if (!onLine) return;
    const lines = text.split('\n');
    text = lines.pop()!;
    for (const line of lines) onLine(line);
  });
  response.on('error', reject);
  response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
}

function timedOut(url: URL): Error {
  return new Error(`net/http: timeout awaiting response from ${url.host}`);
}

function inGoWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const where = `dial tcp ${address}:${port}: connect:`;
  if (code === 'ECONNREFUSED') return `${where} connection refused`;
  if (code === 'EHOSTUNREACH') return `${where} no route to host`;
  if (code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE') return 'x509: certificate signed by unknown authority';
  if (code?.includes('CERTIFICATE') || code?.includes('ALERT'))
    return `remote error: tls: bad certificate (${error.message})`;
  return error.message;
}
