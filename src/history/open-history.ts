import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { CheckReport } from '../compliance/report.js';
import { FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { maskedDeep } from '../core/mask.js';
import { printableLine } from '../core/text.js';
import { namesIn, placeFile } from '../journal/durable-file.js';
import { ensureFolder, isTrusted } from '../journal/state-folder.js';
import { findReport } from './find-report.js';
import {
  contentsOf,
  fileOf,
  folderOf,
  historyRoot,
  isReportId,
  pruneReports,
  reportIn,
  reportsIn,
} from './history-folder.js';

/** What is kept of one inventory. */
export interface History {
  /**
   * Keeps a report, on the disk before it resolves, and deletes what is older than the newest ones.
   * @throws FixError `journal/unwritable`
   */
  add(report: CheckReport): Promise<void>;
  /** The newest ones first. */
  latest(count: number): Promise<CheckReport[]>;
  /** All of them, the newest first, each read when it is asked for. */
  reports(): AsyncIterable<CheckReport>;
  /** Of all of them, the newest first, by the second in which they began; no file is read. */
  ids(): Promise<readonly string[]>;
  /**
   * The report of an id; `undefined` where it has gone.
   * @throws FixError `journal/damaged`
   */
  read(id: string): Promise<CheckReport | undefined>;
  /**
   * One of them: its id, as much of the beginning as no other has, `latest` or `previous`.
   * @throws FixError `journal/unknown-run`, `journal/damaged`
   */
  get(name: string): Promise<CheckReport>;
  /** Files that could not be read so far, each with why. */
  damaged(): readonly string[];
}

export interface HistorySettings {
  /** How many reports stay. */
  readonly keep?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Twelve hexadecimal digits that no other writer has. */
  readonly nonce?: () => string;
}

export const DEFAULT_KEEP_REPORTS = 500;

/**
 * The reports of an inventory, each in a file of its own, `<state>/history/<digest>/<id>.json`. Folders are 0700 and
 * files 0600 whatever the umask is. Several processes may add and read at once.
 *
 * @param inventory the absolute path of its file, or the list of hosts that it is
 */
export function openHistory(stateFolder: string, inventory: string, settings: HistorySettings = {}): History {
  return historyIn(stateFolder, folderOf(stateFolder, inventory), settings);
}

/**
 * The histories of all inventories that have one.
 * @throws FixError `journal/unwritable` where the folder is not to be trusted
 */
export async function allHistories(stateFolder: string): Promise<History[]> {
  const root = historyRoot(stateFolder);
  if (!isTrusted(stateFolder, true) || !isTrusted(root, true)) return [];
  const folders = (await namesIn(root)).filter((entry) => entry.isDirectory() && /^[0-9a-f]{32}$/.test(entry.name));
  return folders.map(({ name }) => historyIn(stateFolder, join(root, name), {}));
}

function historyIn(
  stateFolder: string,
  folder: string,
  { keep = DEFAULT_KEEP_REPORTS, now = Date.now, nonce = () => randomBytes(6).toString('hex') }: HistorySettings,
): History {
  const damaged = new Set<string>();
  const reports = () => reportsIn(stateFolder, folder, (what) => void damaged.add(what));
  const history: History = {
    async add(report) {
      if (!isReportId(report.id)) throw new RangeError(`not the id of a report: ${printableLine(report.id, 80)}`);
      try {
        for (const path of [stateFolder, historyRoot(stateFolder), folder]) ensureFolder(path);
        const text = `${JSON.stringify(maskedDeep(report))}\n`;
        await placeFile(join(folder, fileOf(report.id)), Buffer.from(text), nonce());
        await pruneReports(folder, { keep, now: now() });
      } catch (error) {
        throw unkept(folder, error);
      }
    },
    latest: (count) => newest(reports(), count),
    reports,
    ids: async () => (await contentsOf(stateFolder, folder)).ids,
    read: (id) => readWhole(folder, id),
    get: (name) => findReport([history], name),
    damaged: () => [...damaged],
  };
  return history;
}

/** The first ones of these, and no more read. */
async function newest(reports: AsyncIterable<CheckReport>, count: number): Promise<CheckReport[]> {
  const found: CheckReport[] = [];
  if (count < 1) return found;
  for await (const report of reports) if (found.push(report) >= count) break;
  return found;
}

async function readWhole(folder: string, id: string): Promise<CheckReport | undefined> {
  try {
    return await reportIn(folder, id);
  } catch (cause) {
    throw new FixError('journal/damaged', `report ${id} cannot be read: ${printableLine(messageOf(cause))}`, {
      hint: 'Its file may be deleted; the others are not touched by it.',
      at: join(folder, fileOf(id)),
      cause,
    });
  }
}

function unkept(folder: string, error: unknown): FixError {
  // Of a folder that is not to be trusted its own words are the best ones.
  if (error instanceof FixError && error.cause === undefined) return error;
  const cause = error instanceof FixError ? error.cause : error;
  const isFull = codeOf(cause) === 'ENOSPC' || codeOf(cause) === 'EDQUOT';
  const why = isFull ? 'the disk is full' : messageOf(cause);
  return new FixError('journal/unwritable', `cannot keep the report in ${printableLine(folder)}: ${why}`, {
    hint: isFull
      ? 'Make room, or name another folder with --state-folder.'
      : 'Name another folder with --state-folder.',
    cause,
  });
}
