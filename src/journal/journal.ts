import type { ClusterEntry, HostEntry, RunEnding, RunHeader } from './record.js';

/** Writes down what a run does, before and after it does it. Every call resolves once it is on the disk. */
export interface Journal {
  /** @throws FixError `journal/unwritable`: then nothing may be changed */
  begin(header: RunHeader): Promise<void>;
  host(host: string, entry: HostEntry): Promise<void>;
  cluster(entry: ClusterEntry): Promise<void>;
  end(ending: RunEnding): Promise<void>;
}

/** For a check, which has nothing to undo. */
export const noJournal: Journal = {
  async begin() {},
  async host() {},
  async cluster() {},
  async end() {},
};
