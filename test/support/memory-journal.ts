import type { Journal } from '../../src/journal/journal.js';
import type { ClusterEntry, HostEntry, RunEnding, RunHeader } from '../../src/journal/record.js';

/** A journal that keeps what it is told, for tests to look at. */
export interface MemoryJournal extends Journal {
  readonly headers: RunHeader[];
  readonly entries: { readonly host: string; readonly entry: HostEntry }[];
  readonly clusterEntries: ClusterEntry[];
  readonly endings: RunEnding[];
  /** `a before`, `a begin 1`, `a end 1 done`, in the order in which they were written. */
  lines(): string[];
}

/** @param fail called before each entry; what it throws is what the disk would */
export function memoryJournal(fail: (entry: HostEntry) => void = () => {}): MemoryJournal {
  const headers: RunHeader[] = [];
  const entries: { host: string; entry: HostEntry }[] = [];
  const clusterEntries: ClusterEntry[] = [];
  const endings: RunEnding[] = [];
  return {
    headers,
    entries,
    clusterEntries,
    endings,
    async begin(header) {
      headers.push(header);
    },
    async host(host, entry) {
      fail(entry);
      entries.push({ host, entry });
    },
    async cluster(entry) {
      clusterEntries.push(entry);
    },
    async end(ending) {
      endings.push(ending);
    },
    lines: () => entries.map(({ host, entry }) => `${host} ${inWords(entry)}`),
  };
}

function inWords(entry: HostEntry): string {
  switch (entry.kind) {
    case 'before':
      return `before ${entry.image.files.map(({ path, kind }) => `${path} ${kind}`).join(', ')}`;
    case 'begin':
      return `begin ${entry.step} ${entry.task}`;
    case 'end':
      return `end ${entry.step} ${entry.outcome}`;
    case 'state':
      return `state ${entry.state}`;
    default:
      return entry.kind;
  }
}
