import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { appendTo, placeFile } from './durable-file.js';
import { lineOfCluster, lineOfEntry, lineOfHost, textOfEnding, textOfHeader } from './entries.js';
import { hostFile } from './host-file.js';
import type { Journal } from './journal.js';
import { pruneRuns } from './prune-runs.js';
import { readRun } from './read-runs.js';
import { type HostEntry, isBadEnd, type RunRecord } from './record.js';
import { ensureFolder, unwritable } from './state-folder.js';

export interface FolderJournalSettings {
  /** How many runs stay at least; see `pruneRuns`. */
  readonly keepRuns?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * A journal in a folder of its own for each run, `<state>/runs/<id>/`:
 *
 * `run.json` (header), `hosts/<name>.ndjson` (a line an entry), `cluster.ndjson`, `images/<sha256>` (contents as they
 * stood before the run; they may hold secrets) and `end.json`. Folders are 0700 and files 0600 whatever the umask is.
 * What stood there before, and that a step begins, is on the disk before the promise resolves.
 *
 * Hosts may be written at the same time. Once one write has failed, no entry of a host or of the cluster is taken any
 * more.
 */
export function folderJournal(
  stateFolder: string,
  { keepRuns = DEFAULT_KEEP_RUNS, now = Date.now }: FolderJournalSettings = {},
): Journal & { record(id: string): RunRecord } {
  let open: OpenRun | undefined;
  const current = () => {
    if (open === undefined) throw unwritable(stateFolder, new Error('the run has not begun'));
    return open;
  };
  return {
    async begin(header) {
      const runs = join(stateFolder, 'runs');
      for (const folder of [stateFolder, runs]) ensureFolder(folder);
      pruneRuns(stateFolder, { keepRuns, now: now() });
      const folder = join(runs, header.id);
      // Two runs of one id would write over each other.
      for (const part of [folder, join(folder, 'hosts'), join(folder, 'images')]) ensureFolder(part, true);
      open = new OpenRun(folder);
      await open.place('run.json', textOfHeader(header));
    },
    host: async (host, entry) => current().host(host, entry),
    cluster: async (entry) => current().append('cluster.ndjson', lineOfCluster(entry), true),
    end: async (ending) => current().place('end.json', textOfEnding(ending, current().counts())),
    record: (id) => readRun(stateFolder, id),
  };
}

export const DEFAULT_KEEP_RUNS = 100;

/** A run's folder while it is written to. */
class OpenRun {
  readonly #folder: string;
  readonly #nonce = randomBytes(6).toString('hex');
  readonly #changed = new Set<string>();
  readonly #failed = new Set<string>();
  /** Per file, so that lines of one file never mix while files go on beside each other. */
  readonly #last = new Map<string, Promise<void>>();
  /** Files whose names are on the disk. */
  readonly #named = new Set<string>();
  readonly #images = new Map<string, Promise<void>>();
  #broken: unknown;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async host(host: string, entry: HostEntry): Promise<void> {
    const contents = new Map<string, Buffer>();
    const line = lineOfEntry(entry, (content, digest) => contents.set(digest, content));
    await this.#unlessBroken(() => Promise.all([...contents].map(([digest, content]) => this.#image(digest, content))));
    const file = join('hosts', hostFile(host));
    const first = this.#last.has(file) ? '' : lineOfHost(host);
    await this.append(file, first + line, entry.kind === 'before' || entry.kind === 'begin');
    this.#count(host, entry);
  }

  append(file: string, text: string, sync: boolean): Promise<void> {
    const before = this.#last.get(file);
    const isNew = before === undefined;
    const syncName = sync && !this.#named.has(file);
    if (sync) this.#named.add(file);
    const write = async () => {
      await before;
      await this.#unlessBroken(() => appendTo(join(this.#folder, file), Buffer.from(text), { sync, syncName, isNew }));
    };
    const writing = write();
    this.#last.set(file, writing);
    // Whoever waits for it hears of it; the next in line must not be the only one.
    writing.catch(() => {});
    return writing;
  }

  async place(file: string, text: string): Promise<void> {
    const path = join(this.#folder, file);
    await placeFile(path, Buffer.from(text), this.#nonce).catch((error) => {
      throw unwritable(this.#folder, error);
    });
  }

  counts(): { changed: number; failed: number } {
    return { changed: this.#changed.size, failed: this.#failed.size };
  }

  #count(host: string, entry: HostEntry): void {
    if (entry.kind === 'begin') this.#changed.add(host);
    if (entry.kind === 'state' && isBadEnd(entry.state)) this.#failed.add(host);
  }

  #image(digest: string, content: Buffer): Promise<void> {
    const known = this.#images.get(digest);
    if (known) return known;
    const placing = placeFile(join(this.#folder, 'images', digest), content, this.#nonce);
    this.#images.set(digest, placing);
    return placing;
  }

  /** After a failed write the end of a file is not known: a line after it could be part of that one. */
  async #unlessBroken(write: () => Promise<unknown>): Promise<void> {
    if (this.#broken !== undefined) throw unwritable(this.#folder, this.#broken);
    try {
      await write();
    } catch (error) {
      this.#broken ??= error;
      throw unwritable(this.#folder, error);
    }
  }
}
