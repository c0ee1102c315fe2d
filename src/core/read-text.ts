import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FixError, messageOf } from './error.js';
import { codeOf, isMissing } from './error-code.js';
import { nearest } from './nearest.js';
import { printableLine } from './text.js';

/** Bytes; no inventory or variables file is larger. */
const MAX_BYTES = 16 * 1024 * 1024;
const MB = 1024 * 1024;

/**
 * A file on the controller as text.
 *
 * @param what what it is, for the error: `the inventory`
 * @throws FixError `file/missing` with the names in its folder that are close, or for a folder, a device, a file that
 *   may not be read; `file/too-large` for one over 16 MB, which is not read at all; `inventory/invalid` for one that is not UTF-8
 */
export function readText(path: string, what: string): string {
  const bytes = readRegularFile(path, what);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FixError('inventory/invalid', `${what} ${printableLine(path)} is not UTF-8 text`, {
      hint: 'Save it as UTF-8, or name the file that was meant.',
      at: path,
      cause,
    });
  }
}

/**
 * A file on the controller as bytes: a pipe that nobody writes to, or a device without an end, is never read.
 *
 * @param maxBytes a larger one is not read at all; 16 MB where none is given
 * @throws FixError `file/missing`, `file/too-large`
 */
export function readRegularFile(path: string, what: string, maxBytes = MAX_BYTES): Buffer {
  const shown = printableLine(path);
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new Error(stat.isDirectory() ? 'it is a folder' : 'it is not a regular file');
    if (stat.size > maxBytes) throw tooLarge(path, what, maxBytes);
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof FixError) throw cause;
    throw new FixError('file/missing', `cannot read ${what} ${shown}: ${reason(cause)}`, {
      hint: hintFor(path, cause),
      at: path,
      cause,
    });
  }
}

function tooLarge(path: string, what: string, maxBytes: number): FixError {
  return new FixError('file/too-large', `${what} ${printableLine(path)} is over ${maxBytes / MB} MB`, {
    hint: 'Split it, or name the file that was meant.',
    at: path,
  });
}

function reason(cause: unknown): string {
  if (isMissing(cause)) return 'there is no such file';
  return codeOf(cause) === 'EACCES' ? 'permission denied' : messageOf(cause);
}

function hintFor(path: string, cause: unknown): string {
  if (codeOf(cause) === 'EACCES') return 'Make it readable, or run as a user who may read it.';
  if (!isMissing(cause)) return 'Name a regular file.';
  const folder = dirname(path);
  const there = namesIn(folder);
  if (there === undefined) return `There is no folder ${printableLine(folder)} either: check the path.`;
  const near = nearest(basename(path), there).map((name) => join(folder, name));
  return near.length > 0
    ? `Did you mean ${near.join(' or ')}?`
    : 'Check the path; it is taken from the current folder.';
}

function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder).map((name) => printableLine(name, 100));
  } catch {
    return undefined;
  }
}
