import type { Connection } from '../core/connection.js';
import { messageOf } from '../core/error.js';
import { ABSENT, type Ask, type Asks, type Readings } from '../core/fact.js';
import { absent, present, type Reading, unreadable } from '../core/reading.js';
import type { Script } from '../core/script.js';
import { printableLine } from '../core/text.js';
import type { ReadFacts } from './run.js';
import { type Answer, runTogether } from './together.js';

/**
 * Puts all questions to a host in one exchange.
 *
 * @param nonce fresh and unguessable, so that no output can pass for a boundary
 * @throws FixError from the connection; what one fact cannot read is a reading, not an error
 */
export async function readAsks<A extends Asks>(
  connection: Connection,
  asks: A,
  options: { nonce: string; timeoutMs: number },
): Promise<Readings<A>> {
  return readingsOf(asks, await readAnswers(connection, asks, options));
}

/** The same, as the host gave it: by the questions' names, without those that it did not come to. */
export async function readAnswers(
  connection: Connection,
  asks: Asks,
  { nonce, timeoutMs }: { nonce: string; timeoutMs: number },
): Promise<ReadonlyMap<string, Answer>> {
  const names = Object.keys(asks);
  if (names.length === 0) return new Map();
  const { answers } = await runTogether(
    connection,
    names.map((name) => ({ script: scriptOf(asks[name] as Ask) })),
    { nonce, timeoutMs },
  );
  return new Map(answers.map((answer, index) => [names[index] as string, answer]));
}

/** Asks the host itself, over its connection. */
export const readFacts: ReadFacts = async (_host, asks, connect, options) => readAsks(await connect(), asks, options);

/** What answers mean to the facts that asked for them. */
export function readingsOf<A extends Asks>(asks: A, answers: ReadonlyMap<string, Answer>): Readings<A> {
  const readings = Object.entries(asks).map(([name, ask]) => [name, readingOf(ask, answers.get(name))]);
  return Object.fromEntries(readings) as Readings<A>;
}

/** What asks a host for a fact. */
export function scriptOf({ fact, query }: Ask): Script {
  return fact.script(query as never);
}

/** What most facts print is a few lines. */
const MOST_BYTES = 1024 * 1024;

function readingOf({ fact, query }: Ask, answer: Answer | undefined): Reading<unknown> {
  if (answer === undefined) return unreadable('the host answered only in part');
  if (answer.status === ABSENT) return absent;
  if (answer.status !== 0)
    return unreadable(printableLine(answer.stderr.trim() || `its script ended with ${answer.status}`));
  const { mostBytes = MOST_BYTES } = fact;
  if (answer.stdout.length > mostBytes) return unreadable(`${fact.name}: the answer is larger than ${mostBytes} bytes`);
  try {
    return present(fact.parse(answer.stdout.toString('utf8'), query as never, answer.stdout));
  } catch (error) {
    return unreadable(printableLine(`${fact.name}: ${messageOf(error)}`));
  }
}
