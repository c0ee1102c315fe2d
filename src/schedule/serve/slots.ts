import { createHash } from 'node:crypto';
import { Cron } from 'croner';
import type { When } from './config.js';

/**
 * The first time after another one at which a check is due; milliseconds since 1970. An interval is counted from the
 * time that is given.
 *
 * @returns `undefined` for a cron expression that names no day that there is
 * @throws Error for a cron expression or a timezone that cannot be read
 */
export function nextSlot(when: When, after: number): number | undefined {
  if (when.kind === 'every') return after + when.ms;
  return cronOf(when.pattern, when.timezone).nextRun(new Date(after))?.getTime();
}

/** The time between the two next slots, in milliseconds. */
export function periodAfter(when: When, after: number): number {
  const first = nextSlot(when, after);
  const second = first === undefined ? undefined : nextSlot(when, first);
  return first === undefined || second === undefined ? Number.POSITIVE_INFINITY : second - first;
}

/**
 * How much later than its slot a check begins. Half of it belongs to the cluster's name, so that clusters keep apart;
 * half is luck. Never more than half of a period.
 *
 * @param random from 0 to 1
 */
export function delayOf(name: string, most: number, period: number, random: number): number {
  const own = createHash('sha256').update(name).digest().readUInt32BE() / 2 ** 32;
  return Math.floor((Math.min(most, period / 2) * (own + random)) / 2);
}

/** Five fields as cron has them: minutes are fine enough for a check. Never started: it only tells times. */
function cronOf(pattern: string, timezone: string | undefined): Cron {
  return new Cron(pattern, { mode: '5-part', paused: true, ...(timezone !== undefined && { timezone }) });
}
