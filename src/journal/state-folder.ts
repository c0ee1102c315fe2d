import { chmodSync, lstatSync, mkdirSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { codeOf, isMissing } from '../core/error-code.js';
import { printableLine } from '../core/text.js';

/** Only its owner may look into it. */
export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/**
 * Makes a folder of the state, or takes one that is there: of this user, no link, closed to others. One of our own
 * that is open to others is closed, whatever the umask is.
 *
 * @param isNew nothing may be there yet
 * @throws FixError `journal/unwritable`
 */
export function ensureFolder(path: string, isNew = false): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    try {
      mkdirSync(path, { mode: FOLDER_MODE });
    } catch (error) {
      if (isNew || codeOf(error) !== 'EEXIST') throw error;
    }
    refuseForeign(path, lstatSync(path));
    chmodSync(path, FOLDER_MODE);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * Whether a folder is there and ours.
 *
 * @param toRead what others keep is only told, never acted on: then root may look into it, as root may anyway
 * @throws FixError `journal/unwritable` where it is not to be trusted
 */
export function isTrusted(path: string, toRead = false): boolean {
  let stat: Stats;
  try {
    stat = lstatSync(path);
  } catch (error) {
    if (isMissing(error)) return false;
    throw unwritable(path, error);
  }
  if (!toRead || stat.isSymbolicLink() || !stat.isDirectory() || process.getuid?.() !== 0) refuseForeign(path, stat);
  return true;
}

function refuseForeign(path: string, stat: Stats): void {
  const shown = printableLine(path);
  const why = stat.isSymbolicLink()
    ? 'it is a link'
    : !stat.isDirectory()
      ? 'it is no folder'
      : process.getuid !== undefined && stat.uid !== process.getuid()
        ? 'it belongs to another user'
        : undefined;
  if (why === undefined) return;
  throw new FixError('journal/unwritable', `the state folder ${shown} is not used: ${why}`, {
    hint: 'Name another one with --state-folder: a folder of your own that others cannot enter.',
  });
}

/** Any trouble with the state folder as the one error that stops a run before its next change. */
export function unwritable(path: string, cause: unknown): FixError {
  if (cause instanceof FixError) return cause;
  const full = codeOf(cause) === 'ENOSPC' || codeOf(cause) === 'EDQUOT';
  const why = full ? 'the disk is full' : messageOf(cause);
  return new FixError('journal/unwritable', `cannot write the journal in ${printableLine(path)}: ${why}`, {
    hint: full
      ? 'Make room, or name another folder with --state-folder; what cannot be written down is not done.'
      : 'Name another folder with --state-folder; what cannot be written down is not done.',
    cause,
  });
}
