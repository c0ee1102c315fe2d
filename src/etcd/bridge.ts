import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FixError } from '../core/error.js';
import type { Endpoint } from './endpoint.js';
import type { Road } from './road.js';

/**
 * A unix socket in a folder of our own (0700) that leads to one member over the road.
 *
 * gRPC is given this socket and no TLS: the road verifies certificates once for both stores, keeps the reason of a
 * failure in words, and asks nobody's HTTP proxy.
 */
export interface Bridge {
  /** gRPC's target: `unix:/tmp/...`. */
  readonly target: string;
  /**
   * Why the last connection failed; `undefined` while one stands. Waits shortly for one that is being opened.
   */
  failure(): Promise<FixError | undefined>;
  /** Closes every connection and removes the folder. */
  close(): Promise<void>;
}

const GRACE_MS = 250;
// A unix socket's path ends at 107 bytes.
const LONGEST_TMPDIR = 60;

export async function openBridge(endpoint: Endpoint, road: Road, deadlineMs: number): Promise<Bridge> {
  const base = tmpdir().length > LONGEST_TMPDIR ? '/tmp' : tmpdir();
  const folder = await mkdtemp(join(base, 'fix-flannel-'));
  const path = join(folder, 'etcd');
  removedAtExit(folder);
  const crossing = new Crossing(endpoint, road, deadlineMs);
  const server = createServer((local) => crossing.carry(local));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.unref();
  return {
    target: `unix:${path}`,
    failure: () => crossing.outcome(),
    async close() {
      crossing.close();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true });
      open.delete(folder);
    },
  };
}

/** Folders of open bridges. One listener removes them all, should the program end before they are closed. */
const open = new Set<string>();

function removedAtExit(folder: string): void {
  if (open.size === 0 && !process.listeners('exit').includes(removeAll)) process.on('exit', removeAll);
  open.add(folder);
}

function removeAll(): void {
  for (const folder of open) rmSync(folder, { recursive: true, force: true });
}

/** The connections over a bridge, and how the last one fared. */
class Crossing {
  readonly #locals = new Set<Socket>();
  #opening: Promise<unknown> = Promise.resolve();
  #failure: FixError | undefined;

  constructor(
    readonly endpoint: Endpoint,
    readonly road: Road,
    readonly deadlineMs: number,
  ) {}

  carry(local: Socket): void {
    this.#locals.add(local);
    local.on('error', () => local.destroy());
    local.once('close', () => this.#locals.delete(local));
    this.#opening = this.#join(local).catch((thrown) => {
      this.#failure = this.road.problemOf(thrown, this.endpoint);
      local.destroy();
    });
  }

  async #join(local: Socket): Promise<void> {
    const far = await this.road.open(this.endpoint, this.deadlineMs, 'h2');
    this.#failure = undefined;
    far.on('error', (error) => {
      this.#failure = this.road.problemOf(error, this.endpoint);
      local.destroy();
    });
    far.once('close', () => {
      if (!local.destroyed) this.#failure ??= this.road.problemOf(closedByPeer(), this.endpoint);
      local.destroy();
    });
    local.once('close', () => far.destroy());
    if (local.destroyed) far.destroy();
    local.pipe(far).pipe(local);
  }

  async outcome(): Promise<FixError | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise((resolve) => {
      timer = setTimeout(resolve, GRACE_MS);
    });
    await Promise.race([this.#opening, grace]);
    clearTimeout(timer);
    return this.#failure;
  }

  close(): void {
    for (const local of this.#locals) local.destroy();
  }
}

function closedByPeer(): Error {
  return Object.assign(new Error('closed'), { code: 'ECONNRESET' });
}
