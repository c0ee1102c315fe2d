import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  connect as connectTls,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { FixError } from '../core/error.js';
import type { RegistrySpec, Tunnel } from '../flannel/registry.js';
import type { Endpoint } from './endpoint.js';
import { asProblem, errorCode, isEtcdProblem, problem } from './problem.js';
import { isCertificate, refusedClientWords, serverCertificateWords } from './tls-words.js';

export type OnCertificate = (endpoint: Endpoint, shown: PeerCertificate) => void;

/** The way to etcd's members: directly or through a tunnel, with TLS where an endpoint asks for it. */
export interface Road {
  /**
   * Opens a byte stream to a member; with `https` its certificate has been verified, as Go does it, for the
   * endpoint's host.
   *
   * @param alpn what to offer by ALPN: `h2` for gRPC
   * @throws FixError `etcd/unreachable`, `etcd/tls`; after `deadlineMs` too
   */
  open(endpoint: Endpoint, deadlineMs: number, alpn?: string): Promise<Duplex>;
  /** What an error on an open stream to a member means. */
  problemOf(thrown: unknown, endpoint: Endpoint): FixError;
}

/**
 * The key material stays in memory: it goes into the TLS context and nowhere else.
 *
 * @param onCertificate is told each certificate that a member shows, also one that is not accepted
 */
export function makeRoad({ tls }: Pick<RegistrySpec, 'tls'>, tunnel?: Tunnel, onCertificate?: OnCertificate): Road {
  let context: SecureContext | undefined;
  return {
    async open(endpoint, deadlineMs, alpn) {
      if (endpoint.secure) context ??= secureContext(tls);
      const opening = new Opening(deadlineMs);
      try {
        const plain = await opening.race(plainStream(endpoint, tunnel, opening));
        opening.connected = true;
        if (!endpoint.secure || context === undefined) return plain;
        return await opening.race(verified(plain, { endpoint, context, tls, alpn, opening, onCertificate }));
      } catch (thrown) {
        opening.abandon();
        throw asProblem(thrown);
      } finally {
        opening.done();
      }
    },
    problemOf(thrown, endpoint) {
      if (!endpoint.secure) return plainProblem(thrown);
      const refused = refusedClientWords(thrown, tls, new Date());
      return refused === undefined ? asProblem(thrown) : problem('etcd/tls', refused, { cause: thrown });
    },
  };
}

function plainProblem(thrown: unknown): FixError {
  if (isEtcdProblem(thrown) || errorCode(thrown) !== 'ECONNRESET') return asProblem(thrown);
  const hint = 'look whether etcd runs there; if it serves TLS, the endpoint has to be https:// instead of http://';
  return problem('etcd/unreachable', 'the connection was closed by the other side', { hint, cause: thrown });
}

/** One attempt: its deadline, and the stream to give up when it passes. */
class Opening {
  readonly #timer: NodeJS.Timeout;
  readonly #late: Promise<never>;
  #stream: Duplex | undefined;
  #over = false;
  connected = false;

  constructor(deadlineMs: number) {
    let expire: (error: Error) => void = () => {};
    this.#late = new Promise((_, reject) => {
      expire = reject;
    });
    this.#late.catch(() => {});
    this.#timer = setTimeout(() => {
      const step = this.connected ? 'connected, but no TLS handshake' : 'no connection';
      expire(problem('etcd/unreachable', `${step} within ${deadlineMs} ms`));
    }, deadlineMs);
  }

  race<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#late]);
  }

  /** Keeps a stream so that it is closed if the attempt fails, also when it comes too late. */
  holds<S extends Duplex>(stream: S): S {
    this.#stream = stream;
    if (this.#over) this.abandon();
    return stream;
  }

  abandon(): void {
    this.#over = true;
    this.#stream?.on('error', () => {});
    this.#stream?.destroy();
  }

  done(): void {
    clearTimeout(this.#timer);
  }
}

async function plainStream({ host, port }: Endpoint, tunnel: Tunnel | undefined, opening: Opening): Promise<Duplex> {
  if (tunnel !== undefined) return opening.holds(await tunnel(host, port));
  const socket = opening.holds(connect({ host, port, noDelay: true }));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}

interface Handshake {
  readonly endpoint: Endpoint;
  readonly context: SecureContext;
  readonly tls: RegistrySpec['tls'];
  readonly alpn: string | undefined;
  readonly opening: Opening;
  readonly onCertificate: OnCertificate | undefined;
}

/** A verified TLS stream over a plain one. */
function verified(plain: Duplex, handshake: Handshake): Promise<TLSSocket> {
  const { endpoint, context, tls, alpn, opening, onCertificate } = handshake;
  const { host } = endpoint;
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: plain,
      secureContext: context,
      host,
      ...(isIP(host) ? {} : { servername: host }),
      ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
      // Node drops the certificate together with the reason when it rejects by itself, and its dates are what people
      // need. Nobody gets this socket before `authorized` has been looked at, below.
      rejectUnauthorized: false,
    });
    opening.holds(socket);
    const failed = (thrown: Error) => reject(handshakeProblem(thrown, tls));
    socket.once('error', failed);
    socket.once('close', () => failed(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    socket.once('secureConnect', () => {
      socket.removeListener('error', failed);
      onCertificate?.(endpoint, socket.getPeerCertificate());
      if (socket.authorized) return resolve(socket);
      const code = verificationCode(socket.authorizationError);
      reject(problem('etcd/tls', serverCertificateWords(code, socket.getPeerCertificate(), host, new Date())));
    });
  });
}

/** Node documents an Error and gives its code. */
function verificationCode(reason: unknown): string {
  return typeof reason === 'string' ? reason : (errorCode(reason) ?? String(reason));
}

function handshakeProblem(thrown: Error, tls: RegistrySpec['tls']): FixError {
  const refused = refusedClientWords(thrown, tls, new Date());
  if (refused !== undefined) return problem('etcd/tls', refused, { cause: thrown });
  const code = errorCode(thrown) ?? '';
  const hint = 'if etcd serves no TLS there, the endpoint has to be http:// instead of https://';
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return problem('etcd/tls', 'it does not speak TLS', { hint, cause: thrown });
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return problem('etcd/tls', 'the connection was closed during the TLS handshake', { hint, cause: thrown });
  }
  if (code.startsWith('ERR_SSL_')) return problem('etcd/tls', `TLS failed (${code})`, { cause: thrown });
  return asProblem(thrown);
}

function secureContext(tls: RegistrySpec['tls']): SecureContext {
  const { ca, cert, key } = tls ?? {};
  if (ca !== undefined && !isCertificate(ca)) throw problem('etcd/tls', 'the CA file is not a PEM certificate');
  if (cert !== undefined && !isCertificate(cert)) {
    throw problem('etcd/tls', 'the client certificate is not a PEM certificate');
  }
  try {
    return createSecureContext({ ca: ca?.reveal(), cert: cert?.reveal(), key: key?.reveal() });
  } catch (thrown) {
    const code = errorCode(thrown) ?? 'unreadable';
    const why = code.includes('MISMATCH')
      ? 'the client key does not belong to the client certificate'
      : `the CA, certificate or key text cannot be used (${code})`;
    throw problem('etcd/tls', why);
  }
}
