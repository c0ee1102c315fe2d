import { ABSENT, type Fact } from '../../src/core/fact.js';
import { absent, present, type Reading, unreadable } from '../../src/core/reading.js';

/** What a fact's script printed, as a reading. */
export function readingOf<Query, Value>(
  fact: Fact<Query, Value>,
  query: Query,
  ran: { status: number; stdout: Buffer; stderr?: string },
): Reading<Value> {
  if (ran.status === ABSENT) return absent;
  if (ran.status !== 0) return unreadable((ran.stderr ?? '').trim() || `exit status ${ran.status}`);
  try {
    return present(fact.parse(ran.stdout.toString('utf8'), query, ran.stdout));
  } catch (thrown) {
    return unreadable(thrown instanceof Error ? thrown.message : String(thrown));
  }
}
