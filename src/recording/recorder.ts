import { messageOf } from '../core/error.js';
import { ABSENT, type Ask, type Asks, type Readings } from '../core/fact.js';
import { type Answer, readAnswers, readingsOf } from '../engine/gather.js';
import type { ReadFacts, RunSettings, World } from '../engine/run.js';
import type { EtcdHealth } from '../flannel/probes.js';
import type { Registry, RegistrySpec } from '../flannel/registry.js';
import { keptAnswerBytes } from './kept-bytes.js';
import { keptError } from './kept-error.js';
import { keptInventory } from './kept-inventory.js';
import { keptText } from './kept-text.js';
import { etcdKey, keptQuery, questionKey } from './questions.js';
import type { AnswerOutcome, Kept, KeptAnswer, KeptEtcd, Recording } from './recording.js';
import { varsRecorder } from './vars-recorder.js';

export interface Recorder {
  /** The world as it was, which listens to itself. */
  readonly world: World;
  /** What was heard so far. Call it last: a secret that was learnt late is masked in what was heard early. */
  recording(): Recording;
}

/** Listens to what hosts and etcds say to a check. */
export function recorder(world: World, settings: RunSettings): Recorder {
  const hosts = new Map<string, Map<string, Heard>>();
  const etcds = new Map<string, HeardEtcd>();
  const vars = varsRecorder(settings);
  let gatheredAt: number | undefined;
  const readFacts: ReadFacts = async <A extends Asks>(...[host, asks, connect, options]: FactArguments<A>) => {
    gatheredAt ??= world.now();
    const heard = hosts.get(host) ?? new Map<string, Heard>();
    hosts.set(host, heard);
    const note = (came: (name: string) => Heard['came']) => {
      for (const [name, ask] of Object.entries(asks)) {
        heard.set(questionKey(ask.fact.name, keptQuery(ask.query)), { ask, came: came(name) });
      }
    };
    try {
      const answers = await readAnswers(await connect(), asks, options);
      note((name) => ({ answer: answers.get(name) }));
      return readingsOf(asks, answers) as Readings<A>;
    } catch (error) {
      note(() => ({ error }));
      throw error;
    }
  };
  return {
    world: { ...world, ...registriesOf(world, etcds), readFacts, findModule: vars.listeningTo(world.findModule) },
    recording: () => ({
      toolVersion: settings.header.version,
      gatheredAt: gatheredAt ?? world.now(),
      inventory: keptInventory(settings, vars.heard),
      hosts: new Map([...hosts].map(([host, heard]) => [host, [...heard.values()].map(keptAnswer)])),
      etcds: [...etcds.values()].map(keptEtcd),
      damage: [],
    }),
  };
}

type FactArguments<A extends Asks> = [host: string, asks: A, ...rest: ConnectAndOptions];
type ConnectAndOptions = [connect: Parameters<ReadFacts>[2], options: Parameters<ReadFacts>[3]];

interface Heard {
  readonly ask: Ask;
  readonly came: { readonly answer: Answer | undefined } | { readonly error: unknown };
}

function keptAnswer({ ask: { fact, query }, came }: Heard): KeptAnswer {
  const outcome: AnswerOutcome =
    'error' in came
      ? { kind: 'error', error: keptError(came.error) }
      : came.answer === undefined
        ? { kind: 'cut off' }
        : { kind: 'answer', ...keptOutput(fact, came.answer) };
  return { fact: fact.name, query: keptQuery(query), outcome };
}

/** Units; what went wrong stands in the first lines. */
const MOST_STDERR = 16_384;
/** Bytes, of a fact that names no other limit. */
const MOST_STDOUT = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

function keptOutput(fact: Ask['fact'], { status, stdout, stderr }: Answer): Answer {
  const errors = keptText(stderr).slice(0, MOST_STDERR);
  // What went wrong may have been said on either, so of a failed script nothing is kept where all of it is a secret.
  if (status !== 0) return { status, stdout: NOTHING, stderr: status === ABSENT ? '' : errors };
  const { mostBytes = MOST_STDOUT } = fact;
  const failed = (why: string) => ({ status: 1, stdout: NOTHING, stderr: `${fact.name}: ${why}` });
  if (stdout.length > mostBytes) return failed(`the answer is larger than ${mostBytes} bytes`);
  try {
    return { status, stdout: keptAnswerBytes(fact, stdout), stderr: errors };
  } catch (error) {
    return failed(keptText(messageOf(error)));
  }
}

interface HeardEtcd {
  readonly spec: RegistrySpec;
  config?: Kept<Awaited<ReturnType<Registry['config']>>>;
  leases?: Kept<Awaited<ReturnType<Registry['leases']>>>;
  health?: Kept<EtcdHealth>;
  whereIsConfig?: Kept<string>;
}

function registriesOf(
  world: World,
  etcds: Map<string, HeardEtcd>,
): Pick<World, 'openRegistry' | 'etcdHealth' | 'whereIsConfig'> {
  const heardOf = (spec: RegistrySpec): HeardEtcd => {
    const heard = etcds.get(etcdKey(spec)) ?? { spec };
    etcds.set(etcdKey(spec), heard);
    return heard;
  };
  return {
    openRegistry(spec, tunnel) {
      const heard = heardOf(spec);
      try {
        const registry = world.openRegistry(spec, tunnel);
        return {
          ...registry,
          config: () => listen(heard, 'config', () => registry.config()),
          leases: () => listen(heard, 'leases', () => registry.leases()),
        };
      } catch (error) {
        heard.config ??= { error: keptError(error) };
        throw error;
      }
    },
    etcdHealth: (spec, tunnel) => listen(heardOf(spec), 'health', () => world.etcdHealth(spec, tunnel)),
    whereIsConfig: (spec, tunnel) => listen(heardOf(spec), 'whereIsConfig', () => world.whereIsConfig(spec, tunnel)),
  };
}

type Part = 'config' | 'leases' | 'health' | 'whereIsConfig';

/** Another road to the same etcd may lead there: an answer stays, whatever goes wrong after it. */
async function listen<T>(heard: HeardEtcd, part: Part, ask: () => Promise<T>): Promise<T> {
  try {
    const value = await ask();
    Object.assign(heard, { [part]: { value } });
    return value;
  } catch (error) {
    const known = heard[part];
    if (known === undefined || 'error' in known) Object.assign(heard, { [part]: { error: keptError(error) } });
    throw error;
  }
}

function keptEtcd({ spec: { store, endpoints, prefix }, config, leases, health, whereIsConfig }: HeardEtcd): KeptEtcd {
  return {
    store,
    endpoints: endpoints.map(keptText),
    prefix: keptText(prefix),
    config,
    leases,
    health,
    whereIsConfig: whereIsConfig && 'value' in whereIsConfig ? { value: keptText(whereIsConfig.value) } : whereIsConfig,
  };
}
