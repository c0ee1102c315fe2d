import process from 'node:process';
import { CommanderError } from 'commander';
import { EXIT, EXIT_STATUS, FixError, messageOf } from '../core/error.js';
import { printable } from '../core/text.js';

/** Says what went wrong, with the next step, and gives the exit status for it. */
export function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.sound : EXIT.usage;
  if (error instanceof FixError) {
    const at = error.at === undefined ? '' : `${printable(error.at)}: `;
    process.stderr.write(`fix-flannel: ${at}${printable(error.message)}\n  → ${printable(error.hint)}\n`);
    return EXIT_STATUS[error.code];
  }
  process.stderr.write(`fix-flannel: ${printable(messageOf(error))}\n`);
  if (process.env.FIX_FLANNEL_TRACE && error instanceof Error)
    process.stderr.write(`${printable(error.stack ?? '')}\n`);
  process.stderr.write('  → This is a fault of the program. FIX_FLANNEL_TRACE=1 shows where it happened.\n');
  return EXIT.cannotWork;
}
