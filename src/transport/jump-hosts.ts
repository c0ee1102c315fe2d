import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { FixError } from '../core/error.js';
import { ForwardRefused, forward } from './forward.js';
import type { SshClient } from './ssh-client.js';
import type { SshTarget } from './ssh-target.js';
import { within } from './within.js';

/** A way through a jump host, held for one host behind it. */
export interface JumpHold {
  /**
   * A byte stream to an address behind the jump host, and why it is gone once the jump host is.
   * @throws Error with the server's words; FixError where the jump host itself cannot be logged in to
   */
  channel(host: string, port: number, deadline: number): Promise<{ sock: Duplex; lost(): FixError | undefined }>;
  /** Gives the way up; the last one to do so ends the connections. */
  release(): Promise<void>;
}

/** Logs in to a jump host. */
export type OpenJump = (jump: SshTarget) => Promise<SshClient>;

/** Forwarded channels on one connection, after which another is opened. */
const CHANNELS = 64;

interface Lane {
  readonly client: Promise<SshClient>;
  channels: number;
  full: boolean;
}

interface Station {
  readonly lanes: Set<Lane>;
  holds: number;
  /** A log-in that failed is not tried again at once for each of a thousand hosts. */
  failed?: { readonly error: unknown; readonly until: number } | undefined;
}

/** The connections to jump hosts: hosts behind the same one share it, as long as one of them needs it. */
export class JumpHosts {
  readonly #stations = new Map<string, Station>();

  hold(jump: SshTarget, open: OpenJump): JumpHold {
    const key = keyOf(jump);
    const station = this.#stations.get(key) ?? { lanes: new Set(), holds: 0 };
    this.#stations.set(key, station);
    station.holds += 1;
    let held = true;
    return {
      channel: (host, port, deadline) => channelOn(station, { jump, open, host, port, deadline }),
      release: async () => {
        if (!held) return;
        held = false;
        station.holds -= 1;
        if (station.holds > 0) return;
        if ((station.failed?.until ?? 0) < performance.now()) this.#stations.delete(key);
        await Promise.allSettled([...station.lanes].map(async ({ client }) => (await client).close()));
      },
    };
  }
}

interface Wanted {
  readonly jump: SshTarget;
  readonly open: OpenJump;
  readonly host: string;
  readonly port: number;
  readonly deadline: number;
}

async function channelOn(station: Station, wanted: Wanted) {
  for (;;) {
    const free = [...station.lanes].find(({ full, channels }) => !full && channels < CHANNELS);
    const lane = free ?? newLane(station, wanted);
    lane.channels += 1; // before the wait, so that those who come meanwhile count it
    try {
      const ready = await within(lane.client, wanted.deadline - performance.now());
      if (ready.kind !== 'done') throw new Error('it gives no answer in time');
      const client = ready.value;
      const sock = await forward(client, wanted.host, wanted.port, wanted.deadline - performance.now());
      sock.once('close', () => leave(lane));
      return { sock, lost: client.lost };
    } catch (error) {
      lane.channels -= 1;
      // A server that has no room for one more on this connection may have some on another.
      if (!isShortage(error) || lane.channels === 0) throw error;
      lane.full = true;
    }
  }
}

function leave(lane: Lane): void {
  lane.channels -= 1;
  lane.full = false;
}

function newLane(station: Station, { jump, open }: Wanted): Lane {
  if (station.failed !== undefined && performance.now() < station.failed.until) throw station.failed.error;
  const client = open(jump);
  const lane: Lane = { client, channels: 0, full: false };
  station.lanes.add(lane);
  const forget = () => station.lanes.delete(lane);
  client.then(
    (ready) => ready.client.once('close', forget),
    (error: unknown) => {
      forget();
      station.failed = { error, until: performance.now() + jump.connectTimeoutMs };
    },
  );
  return lane;
}

function isShortage(error: unknown): boolean {
  return error instanceof ForwardRefused && error.reason === 4;
}

/** Two who would log in differently, or check the host in another way, do not share. */
function keyOf(jump: SshTarget): string {
  const settings = JSON.stringify(jump, (key, value) => (UNSHARED.has(key) ? undefined : value));
  return createHash('sha256').update(settings).update(passwordsOf(jump)).digest('hex');
}

const UNSHARED = new Set(['connectTimeoutMs', 'becomes']);

/** JSON shows no secret. */
function passwordsOf({ password, passphrase, jump }: SshTarget): string {
  const own = JSON.stringify([password?.reveal() ?? null, passphrase?.reveal() ?? null]);
  return jump === undefined ? own : own + passwordsOf(jump);
}
