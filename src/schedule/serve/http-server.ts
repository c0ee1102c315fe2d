import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FixError, messageOf } from '../../core/error.js';
import { printableLine } from '../../core/text.js';
import { pagePolicy } from '../../formats/html-page.js';
import type { Listen } from './config.js';
import type { Page } from './pages.js';
import type { Log } from './ports.js';
import { isLoopback } from './read-config.js';

export interface HttpSettings {
  readonly page: (path: string) => Promise<Page>;
  /** What has to come with a request; may be another after a reload. `undefined`: nothing. */
  readonly token: () => string | undefined;
  readonly log: Log;
}

export interface HttpPlace {
  readonly port: number;
  close(): Promise<void>;
}

/** Milliseconds. A client that is slower than this is let go. */
const HEADERS_WITHIN = 10_000;
const SILENCE = 30_000;
const MAX_URL = 1024;

/**
 * Serves pages, for reading only.
 *
 * @throws FixError `serve/invalid` where nothing can listen there
 */
export function serveHttp({ address, port }: Listen, settings: HttpSettings): Promise<HttpPlace> {
  const server = createServer(
    {
      ...{ maxHeaderSize: 8192, headersTimeout: HEADERS_WITHIN, requestTimeout: HEADERS_WITHIN },
      ...{ keepAliveTimeout: 5000, connectionsCheckingInterval: 2000 },
    },
    (request, response) => void answer(request, response, { ...settings, isLoopback: isLoopback(address) }),
  );
  server.maxConnections = 100;
  server.setTimeout(SILENCE);
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(address, port, cause)));
    server.listen(port, address, () => resolve(placeOf(server, settings.log)));
  });
}

function cannotListen(address: string, port: number, cause: Error): FixError {
  return new FixError('serve/invalid', `cannot listen on ${address}, port ${port}: ${cause.message}`, {
    hint: 'Name another listen.port, or end what listens there: it may be another daemon.',
    cause,
  });
}

function placeOf(server: Server, log: Log): HttpPlace {
  server.on('error', (error) => log('trouble', { why: printableLine(error.message) }));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Answering = HttpSettings & { readonly isLoopback: boolean };

async function answer(request: IncomingMessage, response: ServerResponse, settings: Answering): Promise<void> {
  const isHead = request.method === 'HEAD';
  try {
    const refusal = refusalOf(request, settings);
    if (refusal !== undefined) return say(response, refusal, isHead);
    const path = (request.url ?? '').split('?', 1)[0] as string;
    say(response, await settings.page(path), isHead);
  } catch (error) {
    settings.log('trouble', { why: printableLine(messageOf(error)) });
    say(response, plain(500, 'This went wrong; the log says why.'), isHead);
  }
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function refusalOf({ method, url = '', headers }: IncomingMessage, settings: Answering): Answer | undefined {
  if (method !== 'GET' && method !== 'HEAD')
    return { ...plain(405, 'Only GET and HEAD.'), headers: { allow: 'GET, HEAD' } };
  if (url.length > MAX_URL) return plain(414, 'The address is too long.');
  // A page of a stranger may have led its own name here: then a browser sends that name.
  if (settings.isLoopback && !isLoopbackHost(headers.host)) return plain(421, 'There is no such host here.');
  const token = settings.token();
  // A probe has no token; all that it learns is whether the daemon is well.
  if (token === undefined || url === '/healthz' || hasToken(headers.authorization, token)) return undefined;
  return { ...plain(401, 'A token is needed.'), headers: { 'www-authenticate': 'Basic realm="fix-flannel"' } };
}

function isLoopbackHost(host: string | undefined): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i.test(host ?? '');
}

/** `Bearer TOKEN`, or the token as the password of a browser's question, whatever the user. */
function hasToken(authorization = '', token: string): boolean {
  const [scheme = '', given = ''] = authorization.split(' ', 2);
  if (scheme.toLowerCase() === 'bearer') return isSame(given, token);
  if (scheme.toLowerCase() !== 'basic') return false;
  const pair = Buffer.from(given, 'base64').toString('utf8');
  return isSame(pair.slice(pair.indexOf(':') + 1), token);
}

/** Takes the same time wherever they differ. */
function isSame(given: string, token: string): boolean {
  const [a, b] = [given, token].map((text) => createHash('sha256').update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(a, b);
}

function plain(status: number, text: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', text: `${text}\n` };
}

function say(response: ServerResponse, { status, type, text, headers = {} }: Answer, isHead: boolean): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    ...headers,
    'content-type': type,
    'content-length': body.length,
    'content-security-policy': `${pagePolicy()}; frame-ancestors 'none'`,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  });
  response.end(isHead ? undefined : body);
}
