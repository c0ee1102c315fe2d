import type { Connection } from '../core/connection.js';
import { FixError } from '../core/error.js';
import { implicitLocalhost } from '../inventory/index.js';
import type { Inventory, InventoryHost } from '../inventory/inventory.js';
import type { Variables } from '../playbook/play.js';
import { createEnvironment, renderDeep } from '../template/index.js';
import { controllerLookups } from './controller-lookups.js';
import type { Emit, HostCounts } from './events.js';
import { fileLookups, templateLoader } from './file-lookups.js';
import { type HostRun, newHostRun } from './host-run.js';
import { jobsEnded } from './jobs.js';
import { LiveInventory } from './live-inventory.js';
import { type Hold, type PlannedFootprints, type Run, type RunSettings, roadKey, type World } from './run.js';
import { type PlayEnd, runPlay } from './run-play.js';
import type { StopRequest } from './stop-request.js';
import { hostvarsOf, NO_PLAY, scopeFor } from './variables.js';

/** What a run came to. */
export interface RunEnd {
  readonly end: PlayEnd;
  readonly run: Run;
  /** What broke the playbook itself, after which no step was taken. */
  readonly error?: unknown;
}

/** What a pass is given from the one before it, and whom it tells. */
export interface PassContext {
  readonly connections: Connections;
  readonly emit: Emit;
  readonly stop: StopRequest;
  readonly hold: Hold;
  readonly planned?: PlannedFootprints;
  readonly planGuard?: Run['planGuard'];
}

/** The connections of a run: opened when first needed, shared by its passes, closed at the end. */
export class Connections {
  readonly #open = new Map<string, Promise<Connection>>();

  /** Closes those of a host. */
  forget(host: string): void {
    for (const [key, opening] of this.#open) {
      if (JSON.parse(key)[0] !== host) continue;
      this.#open.delete(key);
      opening.then((connection) => connection.close()).catch(() => {});
    }
  }

  get(key: string, connect: () => Promise<Connection>): Promise<Connection> {
    const known = this.#open.get(key);
    if (known) return known;
    const opening = connect().then((connection) => this.#forgottenWhenLost(key, connection));
    this.#open.set(key, opening);
    // A host that could not be reached may be asked for again; one that refused who we are may lock us out for it.
    opening.catch((error) => isRefusal(error) || this.#open.delete(key));
    return opening;
  }

  /** A connection that broke is no use to anybody; who comes next (a rescue, say) gets a new one. */
  #forgottenWhenLost(key: string, connection: Connection): Connection {
    return {
      host: connection.host,
      run: (script, options) =>
        connection.run(script, options).catch((error) => {
          if (error instanceof FixError && error.code === 'ssh/lost' && this.#open.delete(key))
            connection.close().catch(() => {});
          throw error;
        }),
      tunnel: (host, port) => connection.tunnel(host, port),
      close: () => connection.close(),
    };
  }

  async close(): Promise<void> {
    const closing = [...this.#open.values()].map((opening) => opening.then((connection) => connection.close()));
    this.#open.clear();
    await Promise.allSettled(closing);
  }
}

const REFUSALS: readonly string[] = ['ssh/auth', 'become/password', 'become/refused'];

function isRefusal(error: unknown): boolean {
  return error instanceof FixError && REFUSALS.includes(error.code);
}

/** Runs a playbook's plays in order, until one fails as a whole or a stop is asked for. */
export async function runPlaybook(settings: RunSettings, world: World, context: PassContext): Promise<RunEnd> {
  const run = newRun(settings, world, context);
  let end: PlayEnd = 'done';
  run.emit({ kind: 'playbook', file: settings.playbook.file, plays: settings.playbook.plays.length });
  try {
    for (const play of settings.playbook.plays) {
      end = await runPlay(run, play);
      if (end !== 'done') break;
    }
    await jobsEnded(run);
    return { end, run };
  } catch (error) {
    return { end: 'failed', run, error };
  } finally {
    run.emit({ kind: 'recap', hosts: countsOf(run), stats: run.stats });
  }
}

/** Of the hosts that a task was run on. */
function countsOf({ hosts }: Run): Map<string, HostCounts> {
  const worked = [...hosts.values()].filter(({ counts }) => Object.values(counts).some((n) => n > 0));
  return new Map(worked.map(({ name, counts }) => [name, { ...counts }]));
}

function newRun(settings: RunSettings, world: World, context: PassContext): Run {
  const { connections, emit, stop, hold, planned, planGuard } = context;
  const { inventory } = settings;
  const hosts = new Map([...inventory.hosts.values()].map((host) => [host.name, newHostRun(host)]));
  const live = new LiveInventory(inventory);
  const others = new Map<string, HostRun>();
  const run: Run = {
    settings,
    world,
    emit,
    stop,
    hosts,
    live,
    jobs: new Map(),
    stats: new Map(),
    memory: new Map(),
    sites: new Map(),
    hold,
    planned: planned ?? new Map(),
    planGuard,
    hostvars: hostvarsOf(() => run),
    environment: createEnvironment({
      lookups: {
        ...fileLookups(world),
        ...controllerLookups({ check: settings.check, inventory: () => live.inventory }),
        ...world.lookups,
      },
      loadTemplate: templateLoader(world),
      now: () => new Date(world.now()),
    }),
    connectionOf: (host, road, forWhom = '') =>
      connections.get(JSON.stringify([host.name, roadKey(road), forWhom]), () => run.newConnection(host, road)),
    newConnection: (host, { become, words }) =>
      world.connect(host.name, { ...words, ...connectionVars(run, host) }, become),
    forgetConnections: (host) => connections.forget(host.name),
    hostNamed: (name) => {
      const host = hosts.get(name) ?? others.get(name) ?? newHostRun(strangerNamed(live.inventory, name));
      if (!hosts.has(name)) others.set(name, host);
      return host;
    },
  };
  return run;
}

/** A host that the inventory does not hold: the controller, or whatever is known by this name. */
function strangerNamed(inventory: Inventory, name: string): InventoryHost {
  const ofAll = inventory.groups.get('all')?.vars;
  const known = implicitLocalhost(inventory, name);
  return known ?? { name, groups: [], vars: Object.assign(Object.create(null), ofAll), at: inventory.path };
}

/** A host's `ansible_*` variables, rendered. */
function connectionVars(run: Run, host: HostRun): Variables {
  const scope = scopeFor(run, host, { play: {}, hosts: NO_PLAY });
  const sources = [host.inventory.vars, host.included, host.facts, run.settings.extraVars];
  const names = new Set(sources.flatMap((vars) => Object.keys(vars).filter((name) => name.startsWith('ansible_'))));
  return Object.fromEntries([...names].map((name) => [name, renderDeep(scope.get(name), scope)]));
}
