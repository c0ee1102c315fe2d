import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { KubernetesAccess } from './kubeconfig.js';
import { ApiStatus, kubernetesProblem } from './problem.js';

/** Bytes; a page of five hundred nodes with all their images has less than half of it. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Bytes of a refusal that are looked at for its message. */
const MOST_STATUS_BYTES = 64 * 1024;

/** An answer that says that all went well. */
export interface ServerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface ServerRoad {
  /**
   * GET, and nothing else; follows no redirect and goes through no proxy, whatever the environment says.
   * @throws ApiStatus for an answer that is no success, FixError where it is too late or too large, else what Node throws
   */
  get(url: string): Promise<ServerAnswer>;
  close(): void;
}

/** @param deadlineMs for one call, from connecting to the last byte */
export function serverRoad(access: KubernetesAccess, deadlineMs: number): ServerRoad {
  const isPlain = access.server.startsWith('http:');
  const agent = isPlain ? new HttpAgent({ keepAlive: true }) : new HttpsAgent({ keepAlive: true, ...tlsOf(access) });
  const request = isPlain ? httpRequest : httpsRequest;
  const headers = {
    Accept: 'application/json',
    'User-Agent': 'fix-flannel',
    ...(access.token && { Authorization: `Bearer ${access.token.reveal()}` }),
  };
  const get = (url: string) =>
    new Promise<ServerAnswer>((resolve, reject) => {
      const outgoing = request(url, { agent, headers, method: 'GET' });
      const late = () => outgoing.destroy(tooLate(access.server, deadlineMs));
      const timer = setTimeout(late, deadlineMs);
      outgoing.once('error', reject);
      outgoing.once('close', () => clearTimeout(timer));
      outgoing.once('response', (response) => {
        answerOf(response).then(resolve, (thrown) => {
          outgoing.destroy();
          reject(thrown);
        });
      });
      outgoing.end();
    });
  return { get, close: () => agent.destroy() };
}

/** `rejectUnauthorized` is set, or `NODE_TLS_REJECT_UNAUTHORIZED` in the environment would turn it off. */
function tlsOf({ ca, tlsServerName, certificate }: KubernetesAccess) {
  return {
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca }),
    ...(tlsServerName !== undefined && { servername: tlsServerName }),
    ...(certificate !== undefined && { cert: certificate.cert, key: certificate.key.reveal() }),
  };
}

function tooLate(server: string, deadlineMs: number) {
  return kubernetesProblem(
    'kubernetes/unreachable',
    `the Kubernetes API at ${server} gave no whole answer within ${deadlineMs / 1000} s`,
  );
}

async function answerOf(response: IncomingMessage): Promise<ServerAnswer> {
  const status = response.statusCode ?? 0;
  const isFine = status >= 200 && status < 300;
  const text = await textOf(response, isFine);
  if (!isFine) throw new ApiStatus(status, messageIn(text));
  const headers = Object.entries(response.headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  return { status, headers: Object.fromEntries(headers), text };
}

async function textOf(response: IncomingMessage, whole: boolean): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    if (!whole && size > MOST_STATUS_BYTES) break;
    if (size > MOST_BYTES) {
      throw kubernetesProblem('kubernetes/bad-answer', `the Kubernetes API sent more than ${MOST_BYTES / 2 ** 20} MB`);
    }
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The message of the `Status` that the API answers with; empty where it is something else. */
function messageIn(text: string): string {
  try {
    const { message }: { message?: unknown } = Object(JSON.parse(text));
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}
