import { FixError } from '../core/error.js';

/** What is wrong in an inventory, and where. */
export function invalidAt(at: string, message: string, hint: string, cause?: unknown): FixError {
  return new FixError('inventory/invalid', message, { hint, at, cause });
}
