import { z } from 'zod';
import { printableLine } from '../core/text.js';
import type { LockHolder } from './cluster-lock.js';

/** Longer ones are nobody's of ours, and are not read. */
const LONGEST_TEXT = 4096;

const line = (limit: number) =>
  z
    .string()
    .max(limit * 2)
    .transform((text) => printableLine(text, limit));

const Holder = z.object({
  run: z.string().regex(/^[\w.-]{1,64}$/),
  by: line(200),
  pid: z.number().int().nonnegative(),
  process: z.string().max(200),
  since: z.iso.datetime({ offset: true }),
  why: line(300),
});
const Holding = z.string().regex(/^[\w-]{1,64}$/);

/** A holder as JSON on one line, cut to what `parseLockHolder` reads. */
export function lockHolderText({ run, by, pid, process, since, why }: LockHolder, holding?: string): string {
  const shown = { run, by: printableLine(by, 200), pid, process, since, why: printableLine(why, 300) };
  return JSON.stringify(holding === undefined ? shown : { ...shown, holding });
}

/**
 * Reads what stands in a lock. Anybody may have written it: what comes out is short and fit to print.
 *
 * @returns no `by` where the text is none of ours
 */
export function parseLockHolder(text: string): { by: LockHolder | undefined; holding: string | undefined } {
  const nothing = { by: undefined, holding: undefined };
  if (text.length > LONGEST_TEXT) return nothing;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return nothing;
  }
  const holder = Holder.safeParse(value);
  if (!holder.success) return nothing;
  const holding = z.object({ holding: Holding }).safeParse(value);
  return { by: holder.data, holding: holding.data?.holding };
}

/** `root@ops1 since 2026-11-24T22:00:00Z (run 20261124T220000Z-3f9a, pid 4711: fix-flannel run inventory.yaml)` */
export function holderInWords(by: LockHolder | undefined): string {
  if (by === undefined) return 'somebody who is no fix-flannel';
  return `${by.by} since ${by.since} (run ${by.run}, pid ${by.pid}: ${by.why})`;
}
