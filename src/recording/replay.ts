import type { Connection } from '../core/connection.js';
import { FixError } from '../core/error.js';
import type { Asks, Readings } from '../core/fact.js';
import { unreadable } from '../core/reading.js';
import { readingsOf } from '../engine/gather.js';
import type { ReadFacts, World } from '../engine/run.js';
import type { Answer } from '../engine/together.js';
import type { Registry } from '../flannel/registry.js';
import { errorOf, recordedValue } from './kept-error.js';
import { keptQuery, kubernetesPlace, placeKey, questionKey } from './questions.js';
import type { AnswerOutcome, KeptEtcd, KeptPlace, Recording } from './recording.js';

/**
 * A world in which hosts and etcds say what they said when they were recorded, and the time is that of the recording.
 * Nothing is connected to, locked or deleted; files and the environment of this machine are not for its templates.
 */
export function replayed(recording: Recording, world: World): World {
  const { vault: _, ...rest } = world;
  const etcds = new Map(recording.etcds.map((etcd) => [placeKey(etcd), etcd]));
  const etcdOf = (place: KeptPlace) => etcds.get(placeKey(place));
  return {
    ...rest,
    connect: async (host) => noConnection(host),
    readFacts: factsOf(recording),
    openRegistry: (spec) => recordedRegistry(spec, etcdOf(spec)),
    openKubernetes: (spec) => recordedRegistry(kubernetesPlace(spec), etcdOf(kubernetesPlace(spec))),
    etcdHealth: async (spec) => recordedValue(etcdOf(spec)?.health, 'the health of this etcd'),
    whereIsConfig: async (spec) => recordedValue(etcdOf(spec)?.whereIsConfig, 'where this configuration is'),
    canReach: async () => true,
    lookups: {},
    now: () => recording.gatheredAt,
    sleep: async () => {},
    openLock: () => {
      throw onlyRecorded('the lock of a cluster');
    },
  };
}

function factsOf(recording: Recording): ReadFacts {
  const known = new Map(
    [...recording.hosts].map(([host, answers]) => [
      host,
      new Map(answers.map(({ fact, query, outcome }) => [questionKey(fact, query), outcome])),
    ]),
  );
  return async <A extends Asks>(host: string, asks: A): Promise<Readings<A>> => {
    const outcomes = known.get(host);
    if (outcomes === undefined) throw notRecorded(host);
    const came = new Map(
      Object.entries(asks).flatMap(([name, { fact, query }]) => {
        const outcome = outcomes.get(questionKey(fact.name, keptQuery(query)));
        return outcome === undefined ? [] : [[name, outcome] as const];
      }),
    );
    for (const outcome of came.values()) if (outcome.kind === 'error') throw errorOf(outcome.error, host);
    const notAsked = Object.keys(asks).filter((name) => !came.has(name));
    return {
      ...readingsOf(asks, answersOf(came)),
      ...Object.fromEntries(notAsked.map((name) => [name, NOT_ASKED])),
    };
  };
}

const NOT_ASKED = unreadable('it was not asked when this was recorded');

function answersOf(came: ReadonlyMap<string, AnswerOutcome>): Map<string, Answer> {
  return new Map([...came].flatMap(([name, outcome]) => (outcome.kind === 'answer' ? [[name, outcome] as const] : [])));
}

function notRecorded(host: string): FixError {
  return new FixError('host/unreadable', 'the recording holds no answers of this host', {
    hint: 'Gather again, or see what is said of files that could not be read.',
    at: host,
  });
}

function recordedRegistry({ store }: KeptPlace, etcd: KeptEtcd | undefined): Registry {
  return {
    store,
    config: async () => recordedValue(etcd?.config, "flannel's configuration there"),
    leases: async () => recordedValue(etcd?.leases, 'the leases there'),
    deleteLease: async () => {
      throw onlyRecorded('a lease');
    },
    close: async () => {},
  };
}

/** There is nothing behind it, and a road to an etcd on a host's own loopback goes through it. */
function noConnection(host: string): Connection {
  return {
    host,
    run: async () => {
      throw onlyRecorded(host, host);
    },
    tunnel: async () => {
      throw onlyRecorded(host, host);
    },
    close: async () => {},
  };
}

function onlyRecorded(what: string, at?: string): FixError {
  return new FixError('host/unreadable', `${what} is only recorded: nothing can be done to it`, {
    hint: 'Name the inventory instead of the recording.',
    at,
  });
}
