import { isIP } from 'node:net';
import { FixError } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** One member's client address. */
export interface Endpoint {
  /** `https://10.0.0.111:2379`: never with a user, a path or a trailing slash, so it may be printed. */
  readonly shown: string;
  readonly secure: boolean;
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads etcd's endpoints as flanneld is given them, in order, each once.
 *
 * @param texts URLs; one without a scheme is taken as plain HTTP. Paths, users and trailing slashes are dropped
 * @throws FixError `etcd/unreachable` where one is no http(s) URL, or there are none
 */
export function parseEndpoints(texts: readonly string[]): readonly Endpoint[] {
  const endpoints = new Map<string, Endpoint>();
  for (const text of texts) {
    const trimmed = text.trim();
    if (trimmed === '') continue;
    const endpoint = parseEndpoint(trimmed);
    endpoints.set(endpoint.shown, endpoint);
  }
  if (endpoints.size > 0) return [...endpoints.values()];
  throw new FixError('etcd/unreachable', 'no etcd endpoint is known', { hint: HINT });
}

const HINT = "give etcd's endpoints as URLs, for example https://10.0.0.111:2379 (etcd_endpoints in the inventory)";

function parseEndpoint(text: string): Endpoint {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    const shown = printableLine(text.replace(/\/\/[^/]*@/, '//'));
    throw new FixError('etcd/unreachable', `${shown} is not an etcd endpoint`, { hint: HINT });
  }
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const bare = url.hostname.replace(/^\[|\]$/g, '');
  return { shown: `${url.protocol}//${url.hostname}:${port}`, secure, host: isIP(bare) ? bare : url.hostname, port };
}
