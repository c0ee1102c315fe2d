import type { Identity } from './record.js';

/** Who changes something, as a key: what one user may read or put back, another may not. */
export function identityKey(become: Identity | undefined): string {
  return JSON.stringify(become ?? null);
}
