import { type ErrorCode, FixError, messageOf } from '../core/error.js';
import { printableLine } from '../core/text.js';

/** The codes with which work on etcd fails. */
export type EtcdCode = Extract<ErrorCode, `etcd/${string}`>;

/** What stands in the way at one endpoint; `failover` puts the endpoint's name before it. */
export function problem(code: EtcdCode, why: string, more: { hint?: string; cause?: unknown } = {}): FixError {
  return new FixError(code, why, { hint: more.hint ?? HINTS[code], cause: more.cause });
}

/** Whether a thrown value is a `FixError` about etcd. */
export function isEtcdProblem(thrown: unknown): thrown is FixError & { readonly code: EtcdCode } {
  return thrown instanceof FixError && thrown.code.startsWith('etcd/');
}

/** Anything thrown by a socket, a tunnel or a library, as a problem in words. */
export function asProblem(thrown: unknown): FixError {
  if (isEtcdProblem(thrown)) return thrown;
  return problem('etcd/unreachable', unreachableWords(thrown), { cause: thrown });
}

const HINTS: Readonly<Record<EtcdCode, string>> = {
  'etcd/unreachable':
    'check that etcd runs, that the endpoints are right, and that a route and no firewall leads there',
  'etcd/tls':
    'check the CA, certificate and key files that flanneld is given (-etcd-cafile, -etcd-certfile, -etcd-keyfile)',
  'etcd/auth': "check etcd's user name and password, and that the user's role may read and write flannel's prefix",
  'etcd/no-quorum': 'bring back enough etcd members that more than half of them run, then try again',
  'etcd/store-off': "flannel up to 0.17 needs etcd's v2 API: start etcd with --enable-v2, or look in the v3 store",
  'etcd/bad-answer': 'check that the endpoint is etcd itself and no proxy or other program',
};

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed by the other side',
  EPIPE: 'the connection was closed by the other side',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  EHOSTDOWN: 'the host is down',
  ETIMEDOUT: 'the connection timed out',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve (no answer from DNS)',
};

/** Why a connection could not be made or was lost. */
export function unreachableWords(thrown: unknown): string {
  const code = errorCode(thrown);
  const known = code === undefined ? undefined : WORDS[code];
  return known ?? printableLine(messageOf(thrown) || code || 'the connection failed');
}

/** Node's `code` of an error; of the first one where several addresses were tried. */
export function errorCode(thrown: unknown): string | undefined {
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return errorCode(thrown.errors[0]);
  const code: unknown = typeof thrown === 'object' && thrown !== null ? (thrown as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : undefined;
}
