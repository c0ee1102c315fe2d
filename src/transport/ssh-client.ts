import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import type { AuthHandlerMiddleware, Client } from 'ssh2';
import type { FixError } from '../core/error.js';
import { type Credentials, credentialsOf } from './credentials.js';
import { type HostKeyCheck, hostKeyAlgorithms, hostKeyCheck, placeOf } from './host-key-check.js';
import { type KnownHosts, readKnownHosts } from './known-hosts.js';
import { authError, connectError, isThrottled, lostError } from './ssh-errors.js';
import type { SshOptions, SshTarget } from './ssh-target.js';
import { within } from './within.js';

/** A logged-in SSH connection, without a shell yet. */
export interface SshClient {
  readonly client: Client;
  /** Why the connection is gone, once it is. */
  lost(): FixError | undefined;
  /** Ends it, and those it goes through; has a deadline of its own and never rejects. */
  close(): Promise<void>;
}

const CLOSE_MS = 2000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2000;

/**
 * Connects and logs in, through the target's jump host if it has one. A server that hangs up because too many are
 * logging in at once is tried again until the connect time-out.
 * @param deadline on the clock of `performance.now()`
 * @throws FixError `ssh/unreachable`, `ssh/auth`, `ssh/key-file`, `ssh/host-key-unknown`, `ssh/host-key-changed`
 */
export async function openSshClient(target: SshTarget, options: SshOptions, deadline: number): Promise<SshClient> {
  const credentials = await credentialsOf(target, options);
  const known = options.knownHosts ?? readKnownHosts(target.knownHostsFiles);
  const jump = target.jump && (await openSshClient(target.jump, options, deadline));
  try {
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)) {
      try {
        return await attempt({ target, options, credentials, known, jump, deadline });
      } catch (error) {
        // Some randomness keeps those that were turned away from coming back all at once.
        const pauseMs = backoffMs * (0.5 + Math.random());
        if (!isThrottled(error) || performance.now() + pauseMs > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  } catch (error) {
    await jump?.close();
    throw connectError(error, target, credentials.tried);
  }
}

interface Attempt {
  readonly target: SshTarget;
  readonly options: SshOptions;
  readonly credentials: Credentials;
  readonly known: KnownHosts;
  readonly jump: SshClient | undefined;
  readonly deadline: number;
}

async function attempt(trial: Attempt): Promise<SshClient> {
  const { target, known, jump, deadline } = trial;
  const check = hostKeyCheck(target, known);
  const serverHostKey = hostKeyAlgorithms(known.types(placeOf(target)));
  const sock = await openSocket(target, jump, deadline);
  const ssh = new NodeSSH();
  const connected = ssh.connect({ sock, algorithms: { serverHostKey }, ...loginConfig(trial, check) });
  const client = ssh.connection;
  let failure: FixError | undefined;
  try {
    if (client) {
      watchLogin(client, trial, check, (error) => {
        failure ??= error;
        sock.destroy();
      });
    }
    await connected;
    if (client === null || failure !== undefined) throw failure ?? new Error('no connection was made');
    return loggedIn(client, sock, target, jump, check);
  } catch (error) {
    client?.end();
    sock.destroy();
    throw check.refusal() ?? failure ?? error;
  }
}

function loginConfig({ target, options, credentials, deadline }: Attempt, check: HostKeyCheck) {
  return {
    username: target.user,
    authHandler: inOrder(credentials),
    hostVerifier: check.verify,
    readyTimeout: Math.max(1, deadline - performance.now()),
    keepaliveInterval: options.keepaliveIntervalMs ?? 5000,
    keepaliveCountMax: options.keepaliveCountMax ?? 2,
  };
}

/** After it is ready, NodeSSH listens to errors no more, and one that nobody listens to would end the program. */
function watchLogin(
  client: Client,
  { target, credentials }: Attempt,
  check: HostKeyCheck,
  fail: (error: FixError) => void,
): void {
  client.on('error', () => {});
  client.once('handshake', () => {
    try {
      check.proven();
    } catch (error) {
      fail(error as FixError);
    }
  });
  client.on('change password', () => fail(authError(target, credentials.tried, 'the password has expired')));
}

function loggedIn(
  client: Client,
  sock: Duplex,
  target: SshTarget,
  jump: SshClient | undefined,
  check: HostKeyCheck,
): SshClient {
  let lost: FixError | undefined;
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.on('error', (error) => {
    lost ??= check.refusal() ?? lostError(target, error.message);
  });
  client.on('close', () => {
    lost ??= jump?.lost() ?? lostError(target, 'the host closed it');
  });
  return {
    client,
    lost: () => lost,
    async close() {
      lost ??= lostError(target, 'it was closed from here');
      client.end();
      const outcome = await within(closed, sock.destroyed ? 0 : CLOSE_MS);
      if (outcome.kind !== 'done') sock.destroy();
      await jump?.close();
    },
  };
}

/** Each method once, those that the server does not take left out; after a part of several factors, the next. */
function inOrder({ methods }: Credentials): AuthHandlerMiddleware {
  const left = [...methods];
  return (methodsLeft: readonly string[] | null, _partial, next) => {
    for (let method = left.shift(); method !== undefined; method = left.shift()) {
      const name = method.type === 'agent' ? 'publickey' : method.type;
      if (methodsLeft === null || methodsLeft.includes(name)) return next(method);
    }
    // The types leave this out: `false` says that nothing is left.
    return (next as unknown as (method: false) => void)(false);
  };
}

/** A socket that is connected already: one still connecting would leave a refusal uncaught. */
async function openSocket(target: SshTarget, jump: SshClient | undefined, deadline: number): Promise<Duplex> {
  const timeoutMs = deadline - performance.now();
  if (jump !== undefined) return jumpTo(jump, target, timeoutMs);
  // Nagle's algorithm would add 40 ms to each small exchange.
  const socket = connectTcp({ host: target.address, port: target.port, noDelay: true, keepAlive: true });
  socket.on('error', () => {});
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  try {
    const outcome = await within(connected, timeoutMs);
    if (outcome.kind !== 'done') throw Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function jumpTo(jump: SshClient, target: SshTarget, timeoutMs: number): Promise<Duplex> {
  return forward(jump, target.address, target.port, timeoutMs).catch((error: Error) => {
    throw new Error(`the jump host ${target.jump?.name} cannot reach it: ${error.message}`, { cause: error });
  });
}

/**
 * A byte stream from the host to an address that it can reach.
 * @throws Error with the server's words
 */
export async function forward(ssh: SshClient, host: string, port: number, timeoutMs: number): Promise<Duplex> {
  const opened = new Promise<Duplex>((resolve, reject) => {
    ssh.client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
      if (error) reject(new Error(forwardWords(error)));
      else resolve(channel);
    });
  });
  const outcome = await within(opened, timeoutMs);
  if (outcome.kind === 'done') {
    outcome.value.on('error', () => {}); // its reader sees the close
    return outcome.value;
  }
  opened.then((late) => late.destroy()).catch(() => {});
  throw new Error('no answer in time');
}

/** @see RFC 4254, 5.1, for the reasons */
function forwardWords(error: Error & { reason?: unknown }): string {
  const words = error.message.replace(/^\(SSH\) Channel open failure: /, '');
  return error.reason === 1 ? `forwarding is prohibited (${words})` : words;
}
