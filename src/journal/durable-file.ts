import { constants, type Dirent } from 'node:fs';
import { type FileHandle, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../core/error-code.js';
import { FILE_MODE } from './state-folder.js';

const { O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

export interface HowToAppend {
  /** The file must not be there yet. */
  readonly isNew: boolean;
  /** Resolves only once the bytes are on the disk. */
  readonly sync: boolean;
  /** And once the file's name is, too. */
  readonly syncName: boolean;
}

/** Adds bytes to the end of a file, whole or with an error. */
export async function appendTo(path: string, bytes: Buffer, { sync, syncName, isNew }: HowToAppend): Promise<void> {
  const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | (isNew ? O_EXCL : 0), FILE_MODE);
  try {
    if (isNew) await file.chmod(FILE_MODE);
    await writeAll(file, bytes);
    if (sync) await file.datasync();
  } finally {
    await file.close();
  }
  if (syncName) await syncFolder(dirname(path));
}

/** Puts a file in place whole or not at all, and on the disk. */
export async function placeFile(path: string, bytes: Buffer, nonce: string): Promise<void> {
  const temporary = `${path}.${nonce}.new`;
  const file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, FILE_MODE);
  try {
    await file.chmod(FILE_MODE);
    await writeAll(file, bytes);
    await file.datasync();
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at);
    if (bytesWritten === 0) throw new Error('nothing more could be written');
    at += bytesWritten;
  }
}

/** A new name is on the disk once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The names of a folder, none where it is not there. */
export async function namesIn(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
