import type { Connection } from '../core/connection.js';
import { messageOf } from '../core/error.js';
import { ABSENT, type Ask, type Asks, type Readings } from '../core/fact.js';
import { absent, present, type Reading, unreadable } from '../core/reading.js';
import { joinScripts, type Script, scriptAsWritten, sh } from '../core/script.js';
import { printableLine } from '../core/text.js';

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
  { nonce, timeoutMs }: { nonce: string; timeoutMs: number },
): Promise<Readings<A>> {
  const names = Object.keys(asks);
  if (names.length === 0) return {} as Readings<A>;
  const scripts = names.map((name) => part(scriptOf(asks[name] as Ask), nonce));
  const result = await connection.run(joinScripts(scripts), { timeoutMs });
  const stdout = partsOf(result.stdout, nonce);
  const stderr = partsOf(result.stderr, nonce);
  const readings = names.map((name, index) => [
    name,
    readingOf(asks[name] as Ask, stdout[index], stderr[index]?.bytes.toString('utf8') ?? ''),
  ]);
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

function readingOf({ fact, query }: Ask, part: Part | undefined, stderr: string): Reading<unknown> {
  if (part === undefined) return unreadable('the host answered only in part');
  if (part.status === ABSENT) return absent;
  if (part.status !== 0) return unreadable(printableLine(stderr.trim() || `its script ended with ${part.status}`));
  const { mostBytes = MOST_BYTES } = fact;
  if (part.bytes.length > mostBytes) return unreadable(`${fact.name}: the answer is larger than ${mostBytes} bytes`);
  try {
    return present(fact.parse(part.bytes.toString('utf8'), query as never, part.bytes));
  } catch (error) {
    return unreadable(printableLine(`${fact.name}: ${messageOf(error)}`));
  }
}
