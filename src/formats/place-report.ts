import { constants, type Stats } from 'node:fs';
import { lstat, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { printableLine } from '../core/text.js';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Puts a report in place whole or not at all: a reader sees the old one or the new one. A link is never followed and
 * never replaced, as it may be somebody else's; a device or a pipe is left alone.
 *
 * @throws FixError `report/unwritable`
 */
export async function placeReport(
  path: string,
  text: string,
  { mode, nonce }: { readonly mode: number; readonly nonce: string },
): Promise<void> {
  await mustTakeFile(path);
  const temporary = `${path}.${nonce}.new`;
  try {
    await writeNew(temporary, text, mode);
    await renameOrRemove(temporary, path);
  } catch (cause) {
    throw unwritable(reasonOf(cause), 'Name a file in a folder that you may write to.', path, cause);
  }
}

/** A file that is there already is somebody else's, and stays. */
async function writeNew(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.datasync();
  } catch (error) {
    await unlink(path).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

async function renameOrRemove(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    await unlink(from).catch(() => {});
    throw error;
  }
}

async function mustTakeFile(path: string): Promise<void> {
  const folder = dirname(path);
  if (path.endsWith('/') || !(await isFolder(folder)))
    throw unwritable(
      path.endsWith('/') ? 'it names a folder' : `there is no folder ${printableLine(folder)}`,
      path.endsWith('/') ? 'Name a file in it.' : 'Make the folder first, or check the path.',
      path,
    );
  const there = await whatIsAt(path);
  if (there === undefined || there.isFile()) return;
  const what = there.isSymbolicLink() ? 'a link' : there.isDirectory() ? 'a folder' : 'a device or a pipe';
  throw unwritable(`it is ${what}`, 'Name a regular file, or - for standard output.', path);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function whatIsAt(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch {
    return undefined;
  }
}

function unwritable(why: string, hint: string, at: string, cause?: unknown): FixError {
  return new FixError('report/unwritable', why, { hint, at, cause });
}

function reasonOf(cause: unknown): string {
  const code = codeOf(cause);
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'ENOSPC') return 'the disk is full';
  return code === 'EROFS' ? 'the file system is read-only' : messageOf(cause);
}
