import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckReport } from '../compliance/report.js';
import { messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { printableLine } from '../core/text.js';
import { namesIn } from '../journal/durable-file.js';
import { isTrusted } from '../journal/state-folder.js';
import { storedReport } from './stored-report.js';

/** `20261130T010203Z-0a1b2c3d`: of a report, and of its file before `.json`. */
const REPORT_ID = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;
const REPORT_FILE = /^(\d{8}T\d{6}Z-[0-9a-f]{8})\.json$/;
/** What a writer that was killed leaves. */
const UNPLACED = /^\d{8}T\d{6}Z-[0-9a-f]{8}\.json\.[0-9a-f]{12}\.new$/;

/** How many characters of an id tell its second. */
const SECOND = 16;

export function isReportId(text: string): boolean {
  return REPORT_ID.test(text);
}

export function historyRoot(stateFolder: string): string {
  return join(stateFolder, 'history');
}

/** @param inventory the absolute path of its file, or the list of hosts that it is */
export function folderOf(stateFolder: string, inventory: string): string {
  const digest = createHash('sha256').update(inventory).digest('hex');
  return join(historyRoot(stateFolder), digest.slice(0, 32));
}

/** What stands in a history's folder. */
export interface FolderContents {
  /** The newest first, by the second in which they began. */
  readonly ids: readonly string[];
  /** Files that are no reports, and none that are being written. */
  readonly strange: readonly string[];
}

/**
 * The files of a folder, without looking into them; none where there is no such folder.
 * @throws FixError `journal/unwritable` where a folder is not to be trusted
 */
export async function contentsOf(stateFolder: string, folder: string): Promise<FolderContents> {
  if (![stateFolder, historyRoot(stateFolder), folder].every((path) => isTrusted(path, true)))
    return { ids: [], strange: [] };
  const names = await namesIn(folder);
  const ids = names.flatMap((entry) => (entry.isFile() ? (REPORT_FILE.exec(entry.name)?.[1] ?? []) : []));
  const known = new Set(ids.map(fileOf));
  const strange = names.map(({ name }) => name).filter((name) => !known.has(name) && !UNPLACED.test(name));
  return { ids: ids.sort().reverse(), strange };
}

export function fileOf(id: string): string {
  return `${id}.json`;
}

/** Bytes; a report of 10,000 hosts has 10 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * A kept report; no link is followed.
 *
 * @returns `undefined` where it has gone meanwhile
 * @throws Error in words for a person, for a file that is no report of this id
 */
export async function reportIn(folder: string, id: string): Promise<CheckReport | undefined> {
  const text = await textOf(join(folder, fileOf(id)));
  if (text === undefined) return undefined;
  const report = storedReport(text);
  if (report.id !== id) throw new Error(`it is report ${printableLine(report.id, 80)}`);
  return report;
}

async function textOf(path: string): Promise<string | undefined> {
  const file = await opened(path);
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('it is no regular file');
    if (stat.size > MAX_BYTES) throw new Error(`it is over ${MAX_BYTES / 1024 / 1024} MB`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function opened(path: string) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Error(codeOf(error) === 'ELOOP' ? 'it is a link' : messageOf(error), { cause: error });
  }
}

/** The reports of a folder, the newest first, each read when it is asked for; what cannot be read is passed over. */
export async function* reportsIn(
  stateFolder: string,
  folder: string,
  onDamage: (what: string) => void,
): AsyncGenerator<CheckReport> {
  const { ids, strange } = await contentsOf(stateFolder, folder);
  for (const name of strange) onDamage(`${printableLine(name, 100)}: it is no report`);
  for (let from = 0; from < ids.length; ) {
    const second = ids[from]?.slice(0, SECOND);
    const same: CheckReport[] = [];
    for (; ids[from]?.slice(0, SECOND) === second; from += 1) {
      const report = await readOrTell(folder, ids[from] as string, onDamage);
      if (report !== undefined) same.push(report);
    }
    yield* same.sort((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0));
  }
}

async function readOrTell(
  folder: string,
  id: string,
  onDamage: (what: string) => void,
): Promise<CheckReport | undefined> {
  try {
    return await reportIn(folder, id);
  } catch (error) {
    onDamage(`${fileOf(id)}: ${printableLine(messageOf(error))}`);
    return undefined;
  }
}

/** What another writer has placed so lately stays, also where its check began long ago. */
const YOUNG_MS = 10 * 60 * 1000;
/** No writer takes so long over a file. */
const ABANDONED_MS = 24 * 3600 * 1000;

/**
 * Deletes the reports beyond the newest ones, and what killed writers left. Writers may be at work meanwhile: a file
 * that was placed a moment ago, or is being written, stays.
 *
 * @param keep how many stay
 * @param now milliseconds since 1970
 * @returns how many files were deleted
 */
export async function pruneReports(folder: string, { keep, now }: { keep: number; now: number }): Promise<number> {
  const names = (await namesIn(folder)).filter((entry) => entry.isFile()).map(({ name }) => name);
  const reports = names.filter((name) => REPORT_FILE.test(name)).sort();
  const old = reports.slice(0, Math.max(0, reports.length - Math.max(1, keep)));
  const left = names.filter((name) => UNPLACED.test(name));
  let deleted = 0;
  for (const [files, ageMs] of [
    [old, YOUNG_MS],
    [left, ABANDONED_MS],
  ] as const) {
    for (const name of files) if (await deleteOlder(join(folder, name), now - ageMs)) deleted += 1;
  }
  return deleted;
}

async function deleteOlder(path: string, time: number): Promise<boolean> {
  try {
    if ((await lstat(path)).mtimeMs > time) return false;
    await rm(path);
    return true;
  } catch {
    // Another writer may have deleted it; what stays is tried again next time.
    return false;
  }
}
