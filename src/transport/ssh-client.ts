import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import type { AuthHandlerMiddleware, Client } from 'ssh2';
import { FixError } from '../core/error.js';
import { type Credentials, credentialsOf } from './credentials.js';
import { type HostKeyCheck, hostKeyAlgorithms, hostKeyCheck, placeOf } from './host-key-check.js';
import { type JumpHold, JumpHosts } from './jump-hosts.js';
import { type KnownHosts, readKnownHosts } from './known-hosts.js';
import { algorithmsFor } from './ssh-algorithms.js';
import { authError, connectError, isThrottled, jumpLostError, lostError, placeText } from './ssh-errors.js';
import type { SshOptions, SshTarget } from './ssh-target.js';
import { within } from './within.js';

/** A logged-in SSH connection, without a shell yet. */
export interface SshClient {
  readonly client: Client;
  /** Until when all of connecting has to be done, on the clock of `performance.now()`. */
  readonly deadline: number;
  /** Why the connection is gone, once it is. */
  lost(): FixError | undefined;
  /** Ends it, and those it goes through if nobody else does; has a deadline of its own and never rejects. */
  close(): Promise<void>;
}

const CLOSE_MS = 2000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2000;

/**
 * Connects and logs in, through the target's jump host if it has one. A server that hangs up because too many are
 * logging in at once is tried again until the connect time-out, which starts when there is nothing left to ask a
 * person.
 * @throws FixError `ssh/unreachable`, `ssh/auth`, `ssh/key-file`, `ssh/host-key-unknown`, `ssh/host-key-changed`
 */
export async function openSshClient(target: SshTarget, options: SshOptions): Promise<SshClient> {
  const turn = target.password && (await options.passwords?.turn(passwordPlace(target)));
  let credentials: Credentials | undefined;
  try {
    await askForJumps(target, options);
    credentials = await credentialsOf(target, options, turn?.mayTry ?? true);
    const client = await logIn(target, options, credentials);
    turn?.end(credentials.password.sent ? 'taken' : 'not sent');
    return client;
  } catch (error) {
    const refused = credentials?.password.sent === true && error instanceof FixError && error.code === 'ssh/auth';
    turn?.end(refused ? 'refused' : 'not sent');
    throw error;
  }
}

/** Passphrases on the way are asked for before any time-out runs; what goes wrong is told when it matters. */
async function askForJumps(target: SshTarget, options: SshOptions): Promise<void> {
  if (options.keys === undefined) return;
  for (let jump = target.jump; jump !== undefined; jump = jump.jump) {
    await credentialsOf(jump, options).catch(() => {});
  }
}

function passwordPlace(target: SshTarget): string {
  return target.jump === undefined ? placeText(target) : `${placeText(target)} by ${passwordPlace(target.jump)}`;
}

async function logIn(target: SshTarget, options: SshOptions, credentials: Credentials): Promise<SshClient> {
  const deadline = performance.now() + target.connectTimeoutMs;
  const known = knownHostsOf(target, options);
  const stations = options.jumpHosts ?? new JumpHosts();
  const jump = target.jump && stations.hold(target.jump, (through) => openSshClient(through, options));
  try {
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)) {
      const progress = { shookHands: false };
      try {
        return await attempt({ target, options, credentials, known, jump, deadline, progress });
      } catch (error) {
        // Some randomness keeps those that were turned away from coming back all at once.
        const pauseMs = backoffMs * (0.5 + Math.random());
        if (progress.shookHands || !isThrottled(error) || performance.now() + pauseMs > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  } catch (error) {
    await jump?.release();
    throw connectError(error, target, credentials.tried);
  }
}

function knownHostsOf(target: SshTarget, { knownHosts }: SshOptions): KnownHosts {
  if (typeof knownHosts === 'function') return knownHosts(target);
  return knownHosts ?? readKnownHosts(target.knownHostsFiles, { hashNames: target.hashKnownHosts });
}

interface Attempt {
  readonly target: SshTarget;
  readonly options: SshOptions;
  readonly credentials: Credentials;
  readonly known: KnownHosts;
  readonly jump: JumpHold | undefined;
  readonly deadline: number;
  /** Whether the keys of the connection have been agreed on: no server that is too busy comes that far. */
  readonly progress: { shookHands: boolean };
}

/** A byte stream to the host; through a jump host it can be lost with that. */
interface Way {
  readonly sock: Duplex;
  lost?(): FixError | undefined;
}

async function attempt(trial: Attempt): Promise<SshClient> {
  const { target, known, jump, deadline } = trial;
  const check = hostKeyCheck(target, known);
  const named = target.algorithms ?? {};
  const serverHostKey = hostKeyAlgorithms(known.types(placeOf(target)), named.serverHostKey);
  const way = await (jump === undefined ? openSocket(target, deadline) : jumpTo(jump, target, deadline));
  const ssh = new NodeSSH();
  const algorithms = algorithmsFor(named, serverHostKey);
  const connected = ssh.connect({ sock: way.sock, algorithms, ...loginConfig(trial, check) });
  const client = ssh.connection;
  let failure: FixError | undefined;
  try {
    if (client) {
      watchLogin(client, trial, check, (error) => {
        failure ??= error;
        way.sock.destroy();
      });
    }
    await connected;
    if (client === null || failure !== undefined) throw failure ?? new Error('no connection was made');
    return loggedIn(client, way, trial, check);
  } catch (error) {
    client?.end();
    way.sock.destroy();
    throw check.refusal() ?? failure ?? error;
  }
}

function loginConfig({ target, options, credentials, deadline }: Attempt, check: HostKeyCheck) {
  return {
    username: target.user,
    authHandler: inOrder(credentials),
    hostVerifier: check.verify,
    readyTimeout: Math.max(1, deadline - performance.now()),
    keepaliveInterval: target.keepaliveIntervalMs ?? options.keepaliveIntervalMs ?? 5000,
    keepaliveCountMax: target.keepaliveCountMax ?? options.keepaliveCountMax ?? 2,
  };
}

/** After it is ready, NodeSSH listens to errors no more, and one that nobody listens to would end the program. */
function watchLogin(
  client: Client,
  { target, credentials, progress }: Attempt,
  check: HostKeyCheck,
  fail: (error: FixError) => void,
): void {
  client.on('error', () => {});
  client.once('handshake', () => {
    progress.shookHands = true;
    try {
      check.proven();
    } catch (error) {
      fail(error as FixError);
    }
  });
  client.on('change password', () => fail(authError(target, credentials.tried, 'the password has expired')));
}

function loggedIn(client: Client, way: Way, { target, jump, deadline }: Attempt, check: HostKeyCheck): SshClient {
  let lost: FixError | undefined;
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  client.on('error', (error) => {
    lost ??= check.refusal() ?? lostError(target, error.message);
  });
  client.on('close', () => {
    const onTheWay = way.lost?.();
    lost ??= onTheWay === undefined ? lostError(target, 'the host closed it') : jumpLostError(target, onTheWay);
    void jump?.release();
  });
  return {
    client,
    deadline,
    lost: () => lost,
    async close() {
      lost ??= lostError(target, 'it was closed from here');
      client.end();
      const outcome = await within(closed, way.sock.destroyed ? 0 : CLOSE_MS);
      if (outcome.kind !== 'done') way.sock.destroy();
      await jump?.release();
    },
  };
}

/**
 * Each method once, those that the server does not take left out; after a part of several factors, the next. The
 * password is sent once, by whatever method comes first.
 */
function inOrder({ methods, password }: Credentials): AuthHandlerMiddleware {
  const left = [...methods];
  return (methodsLeft: readonly string[] | null, _partial, next) => {
    for (let method = left.shift(); method !== undefined; method = left.shift()) {
      const name = method.type === 'agent' ? 'publickey' : method.type;
      if (methodsLeft === null && name !== 'publickey') {
        // What it takes is found out first, so that the password leaves only by a way that is open.
        left.unshift(method);
        return next({ type: 'none', username: method.username });
      }
      if (methodsLeft !== null && !methodsLeft.includes(name)) continue;
      if (name !== 'publickey' && password.sent) continue;
      if (name === 'password') password.sent = true;
      return next(method);
    }
    // The types leave this out: `false` says that nothing is left.
    return (next as unknown as (method: false) => void)(false);
  };
}

/** A socket that is connected already: one still connecting would leave a refusal uncaught. */
async function openSocket(target: SshTarget, deadline: number): Promise<Way> {
  const { address: host, port, addressFamily: family } = target;
  // Nagle's algorithm would add 40 ms to each small exchange.
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, ...(family && { family }) });
  socket.on('error', () => {});
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  try {
    const outcome = await within(connected, deadline - performance.now());
    if (outcome.kind !== 'done') throw Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' });
    return { sock: socket };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function jumpTo(jump: JumpHold, target: SshTarget, deadline: number): Promise<Way> {
  return jump.channel(target.address, target.port, deadline).catch((error: Error) => {
    if (error instanceof FixError) throw error;
    throw new Error(`the jump host ${target.jump?.name} cannot reach it: ${error.message}`, { cause: error });
  });
}
