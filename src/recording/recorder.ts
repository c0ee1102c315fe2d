import { messageOf } from '../core/error.js';
import { ABSENT, type Ask, type Asks, type Readings } from '../core/fact.js';
import { readAnswers, readingsOf } from '../engine/gather.js';
import type { ReadFacts, RunSettings, World } from '../engine/run.js';
import type { Answer } from '../engine/together.js';
import { keptAnswerBytes } from './kept-bytes.js';
import { keptError } from './kept-error.js';
import { keptInventory } from './kept-inventory.js';
import { keptText } from './kept-text.js';
import { keptQuery, questionKey } from './questions.js';
import type { AnswerOutcome, KeptAnswer, Recording } from './recording.js';
import { registryRecorder } from './registry-recorder.js';
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
  const registries = registryRecorder(world);
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
    world: { ...world, ...registries.world, readFacts, findModule: vars.listeningTo(world.findModule) },
    recording: () => ({
      toolVersion: settings.header.version,
      gatheredAt: gatheredAt ?? world.now(),
      inventory: keptInventory(settings, vars.heard),
      hosts: new Map([...hosts].map(([host, heard]) => [host, [...heard.values()].map(keptAnswer)])),
      etcds: registries.heard(),
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
