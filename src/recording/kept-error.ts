import { FixError, messageOf } from '../core/error.js';
import { keptText } from './kept-text.js';
import type { Kept, KeptError } from './recording.js';

/** Anything that was thrown, as it may be kept. What is no error of ours means that the host could not be read. */
export function keptError(thrown: unknown): KeptError {
  if (!(thrown instanceof FixError)) {
    return { code: 'host/unreadable', message: keptText(messageOf(thrown)), hint: 'Gather again.' };
  }
  return { code: thrown.code, message: keptText(thrown.message), hint: keptText(thrown.hint) };
}

export function errorOf({ code, message, hint }: KeptError, at?: string): FixError {
  return new FixError(code, message, { hint, at });
}

/** @throws FixError what was thrown when it was recorded; `host/unreadable` where it was not asked for */
export function recordedValue<T>(kept: Kept<T> | undefined, what: string): T {
  if (kept === undefined) {
    throw new FixError('host/unreadable', `${what} was not asked for when this was recorded`, {
      hint: 'Gather again with this version of the program.',
    });
  }
  if ('error' in kept) throw errorOf(kept.error);
  return kept.value;
}
