import type { Connection } from '../core/connection.js';
import { messageOf } from '../core/error.js';
import { ABSENT, type Ask, type Asks, type Readings } from '../core/fact.js';
import { absent, present, type Reading, unreadable } from '../core/reading.js';
import { joinScripts, type Script, scriptAsWritten, sh } from '../core/script.js';
import { printableLine } from '../core/text.js';
import type { ReadFacts } from './run.js';

/** What a host said to one question: its script's output and exit status. */
export interface Answer {
  readonly stdout: Buffer;
  readonly stderr: string;
  /** `NaN` where the host said none. */
  readonly status: number;
}

/**
 * Puts all questions to a host in one exchange.
 *
 * Each fact's script runs in a subshell of its own; a line with the nonce closes its part of both streams.
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
  const scripts = names.map((name) => part(scriptOf(asks[name] as Ask), nonce));
  const result = await connection.run(joinScripts(scripts), { timeoutMs });
  const stderr = partsOf(result.stderr, nonce);
  return new Map(
    partsOf(result.stdout, nonce)
      .slice(0, names.length)
      .map(({ bytes, status }, index) => [
        names[index] as string,
        { stdout: bytes, status, stderr: stderr[index]?.bytes.toString('utf8') ?? '' },
      ]),
  );
}

/** Asks the host itself, over its connection. */
export const readFacts: ReadFacts = async (_host, asks, connect, options) => readAsks(await connect(), asks, options);

/** What answers mean to the facts that asked for them. */
export function readingsOf<A extends Asks>(asks: A, answers: ReadonlyMap<string, Answer>): Readings<A> {
  const readings = Object.entries(asks).map(([name, ask]) => [name, readingOf(ask, answers.get(name))]);
  return Object.fromEntries(readings) as Readings<A>;
}

function scriptOf({ fact, query }: Ask): Script {
  return fact.script(query as never);
}

function part(script: Script, nonce: string): Script {
  // `eval` of one quoted word: an unbalanced quote in a script ends that script alone.
  const body = sh`( eval ${script.text} ) </dev/null`;
  const end = scriptAsWritten(`printf '\\n%s %d\\n' ${nonce} $?; printf '\\n%s 0\\n' ${nonce} >&2`);
  return joinScripts([{ text: body.text, shown: script.shown }, end]);
}

interface Part {
  readonly bytes: Buffer;
  readonly status: number;
}

function partsOf(stream: Buffer, nonce: string): Part[] {
  const mark = Buffer.from(`\n${nonce} `);
  const parts: Part[] = [];
  let from = 0;
  for (let at = stream.indexOf(mark); at >= 0; at = stream.indexOf(mark, from)) {
    const end = stream.indexOf('\n', at + mark.length);
    if (end < 0) break;
    parts.push({
      bytes: stream.subarray(from, at),
      status: statusOf(stream.subarray(at + mark.length, end).toString('latin1')),
    });
    from = end + 1;
  }
  return parts;
}

/** What most facts print is a few lines. */
const MOST_BYTES = 1024 * 1024;

/** A status that is none counts as no success. */
function statusOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

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
