import { FixError, messageOf } from '../../core/error.js';
import { printableLine } from '../../core/text.js';
import { checkInChild, mendInChild } from './child-check.js';
import { ClusterFolder } from './cluster-folder.js';
import type { ServeConfig } from './config.js';
import { Daemon } from './daemon.js';
import { type HttpPlace, serveHttp } from './http-server.js';
import { Pages } from './pages.js';
import type { Log, Timers } from './ports.js';
import { Webhook } from './webhook.js';

/** What the daemon is given by whoever starts it. */
export interface ServeWorld {
  /** The interpreter and the program, as they run now. */
  readonly program: readonly [string, ...string[]];
  readonly timers: Timers;
  /** From 0 to 1. */
  readonly random: () => number;
  /** A name that no other writer has. */
  readonly nonce: () => string;
  readonly log: Log;
  /** Reads the configuration again. @throws FixError */
  readonly readConfig: () => ServeConfig;
}

/** A daemon that works. */
export interface Serving {
  readonly port: number;
  /** Follows its file as it is now; one that is wrong changes nothing. */
  reload(): void;
  /** Asks what runs to stop, and waits for it. */
  stop(): Promise<void>;
}

/**
 * Checks the clusters of a configuration until it is stopped.
 *
 * @throws FixError `serve/invalid` where nothing can listen
 */
export async function serve(config: ServeConfig, world: ServeWorld): Promise<Serving> {
  const { program, timers, random, nonce, log } = world;
  const { stateFolder, listen } = config;
  const place = { program, stateFolder, nonce };
  let pages: Pages | undefined;
  let { token } = listen;
  // First the door: a second daemon of the same file finds it taken, and checks nothing.
  const http = await serveHttp(listen, {
    page: async (path) => (await pages?.at(path)) ?? { status: 503, type: 'text/plain', text: 'not yet\n' },
    token: () => token,
    log,
  });
  const daemon = new Daemon(config, {
    ...{ timers, random, log },
    runCheck: checkInChild(place, timers),
    mend: mendInChild(place, timers),
    storeOf: (name) => new ClusterFolder(stateFolder, name, nonce),
    messengerOf: (target) => new Webhook(target, { log }),
  });
  pages = new Pages(daemon, { stateFolder, now: timers.now });
  log('serving', { clusters: config.clusters.length, address: listen.address, port: http.port });
  return servingOf(daemon, http, world, (next) => {
    token = next.listen.token;
  });
}

function servingOf(daemon: Daemon, http: HttpPlace, world: ServeWorld, take: (config: ServeConfig) => void): Serving {
  const { log } = world;
  return {
    port: http.port,
    reload() {
      try {
        const next = world.readConfig();
        for (const why of needsRestart(daemon.config, next)) log('not reloaded', { why });
        // A door that others can reach never stands open, also where only the token was taken away.
        const listen = { ...daemon.config.listen, token: next.listen.token ?? daemon.config.listen.token };
        const config = { ...next, listen, stateFolder: daemon.config.stateFolder };
        take(config);
        daemon.reload(config);
        log('reloaded', { clusters: config.clusters.length });
      } catch (error) {
        const hint = error instanceof FixError ? ` ${error.hint}` : '';
        const at = error instanceof FixError && error.at !== undefined ? `${error.at}: ` : '';
        const why = `${at}${messageOf(error)}.${hint} The configuration from before goes on`;
        log('not reloaded', { why: printableLine(why, 500) });
      }
    },
    async stop() {
      log('stopping', {});
      await daemon.stop();
      await http.close();
      log('stopped', {});
    },
  };
}

function needsRestart(now: ServeConfig, next: ServeConfig): string[] {
  const isMoved = now.listen.address !== next.listen.address || now.listen.port !== next.listen.port;
  return [
    ...(isMoved ? ['another address or port needs a restart'] : []),
    ...(now.stateFolder !== next.stateFolder ? ['another state_folder needs a restart'] : []),
  ];
}
