import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { CheckReport } from '../../compliance/report.js';
import { FixError } from '../../core/error.js';
import { isMissing } from '../../core/error-code.js';
import { readRegularFile } from '../../core/read-text.js';
import { placeReport } from '../../formats/place-report.js';
import { reportSchema } from '../../formats/report-schema.js';
import { type ClusterMemory, type ClusterStore, NO_MEMORY } from './cluster-memory.js';

const MemoryFile = z.object({
  schema: z.literal('fix-flannel/serve/1'),
  lastSlot: z.number().nullable(),
  failure: z.string().nullable(),
  streaks: z.record(z.string(), z.number().int()),
  mended: z.array(z.string()),
});

const MAX_MEMORY_BYTES = 4 * 1024 * 1024;
const MAX_REPORT_BYTES = 64 * 1024 * 1024;

/** A cluster's own folder, `<state>/serve/<name>`, 0700 with files of 0600. */
export class ClusterFolder implements ClusterStore {
  readonly path: string;
  readonly #nonce: () => string;

  /** @param nonce a name that no other writer has */
  constructor(stateFolder: string, name: string, nonce: () => string) {
    this.path = join(stateFolder, 'serve', name);
    this.#nonce = nonce;
  }

  /** @throws Error where it cannot be made */
  make(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
  }

  memory(): ClusterMemory {
    const text = textIn(join(this.path, 'memory.json'), MAX_MEMORY_BYTES);
    return text === undefined ? NO_MEMORY : MemoryFile.parse(JSON.parse(text));
  }

  remember(memory: ClusterMemory): Promise<void> {
    return this.#place('memory.json', { schema: 'fix-flannel/serve/1', ...memory });
  }

  latest(): CheckReport | undefined {
    return reportIn(join(this.path, 'latest.json'));
  }

  keep(report: CheckReport): Promise<void> {
    return this.#place('latest.json', report);
  }

  #place(name: string, value: unknown): Promise<void> {
    this.make();
    return placeReport(join(this.path, name), `${JSON.stringify(value)}\n`, { mode: 0o600, nonce: this.#nonce() });
  }
}

/** A report that somebody wrote, checked; `undefined` where there is none. @throws Error for a file that holds no report */
export function reportIn(path: string): CheckReport | undefined {
  const text = textIn(path, MAX_REPORT_BYTES);
  if (text === undefined) return undefined;
  const read = reportSchema.safeParse(JSON.parse(text));
  if (read.success) return read.data;
  throw new Error(`its report is none that can be read: ${read.error.issues[0]?.path.join('.') ?? ''}`);
}

function textIn(path: string, maxBytes: number): string | undefined {
  try {
    return readRegularFile(path, 'the file', maxBytes).toString('utf8');
  } catch (error) {
    if (error instanceof FixError && isMissing(error.cause)) return undefined;
    throw error;
  }
}
