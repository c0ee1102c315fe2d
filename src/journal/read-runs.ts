import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { didYouMean } from '../core/nearest.js';
import { printableLine } from '../core/text.js';
import { clusterOfLine, endingOfText, entryOfLine, headerOfText, hostOfLine, type StoredEnding } from './entries.js';
import { hostOfFile } from './host-file.js';
import { type HostEntry, isBadEnd, type RunHeader, type RunRecord } from './record.js';
import { isTrusted } from './state-folder.js';

/** A run in one line. */
export interface RunSummary {
  readonly header: RunHeader;
  readonly ending: StoredEnding | undefined;
  /** Hosts that the run changed, and those that did not end well. */
  readonly hosts: { readonly changed: number; readonly failed: number };
}

/** Every run of a state folder, the newest first. What cannot be read is passed over, and named. */
export function listRuns(stateFolder: string): { runs: readonly RunSummary[]; damage: readonly string[] } {
  const damage: string[] = [];
  const runs = runIds(stateFolder).flatMap((id): RunSummary[] => {
    try {
      return [summaryOf(stateFolder, id)];
    } catch (error) {
      damage.push(`${printableLine(id)}: ${messageOf(error)}`);
      return [];
    }
  });
  // Names tell the second.
  runs.sort((a, b) => (a.header.startedAt < b.header.startedAt ? 1 : a.header.startedAt > b.header.startedAt ? -1 : 0));
  return { runs, damage };
}

/** Names of the runs' folders, the newest first. */
export function runIds(stateFolder: string): string[] {
  if (!isTrusted(stateFolder)) return [];
  try {
    const entries = readdirSync(join(stateFolder, 'runs'), { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return names.sort().reverse();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function summaryOf(stateFolder: string, id: string): RunSummary {
  const folder = join(stateFolder, 'runs', id);
  const header = headerIn(folder);
  const ending = endingIn(folder);
  if (ending?.hosts !== undefined) return { header, ending, hosts: ending.hosts };
  const { hosts } = readIn(folder);
  const all = [...hosts.values()];
  return {
    header,
    ending,
    hosts: {
      changed: all.filter((entries) => entries.some(({ kind }) => kind === 'begin')).length,
      failed: all.filter((entries) => entries.some((one) => one.kind === 'state' && isBadEnd(one.state))).length,
    },
  };
}

/**
 * A run as its journal tells it. What is torn or missing is told as damage.
 *
 * @param id a run's id, or the first characters of one where only one run has them
 * @throws FixError `journal/unknown-run`, `journal/damaged` where not even its header can be read
 */
export function readRun(stateFolder: string, id: string): RunRecord {
  return readIn(join(stateFolder, 'runs', findRun(stateFolder, id)));
}

function findRun(stateFolder: string, id: string): string {
  const ids = runIds(stateFolder);
  const found = ids.includes(id) ? [id] : id === '' ? [] : ids.filter((one) => one.startsWith(id));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const shown = printableLine(id, 80);
  const what = first === undefined ? `there is no run ${shown}` : `${found.length} runs start with ${shown}`;
  const list = '`fix-flannel runs list` shows all runs.';
  throw new FixError('journal/unknown-run', `${what} in ${printableLine(stateFolder)}`, {
    hint: first === undefined ? didYouMean(id, ids, list) : `Give more of its id: ${found.slice(0, 4).join(', ')}.`,
  });
}

function readIn(folder: string): RunRecord {
  const damage: string[] = [];
  const header = headerIn(folder);
  const contents = contentsIn(folder, damage);
  const hosts = new Map<string, readonly HostEntry[]>();
  for (const file of hostFilesIn(folder)) {
    const [host, entries] = hostIn(folder, file, contents, damage);
    if (host !== undefined) hosts.set(host, entries);
  }
  const cluster = linesIn(join(folder, 'cluster.ndjson'), 'cluster.ndjson', clusterOfLine, damage);
  const ending = orDamage(() => endingIn(folder), 'end.json', damage);
  return { header, ending, hosts, cluster, damage };
}

function hostFilesIn(folder: string): string[] {
  try {
    return readdirSync(join(folder, 'hosts'))
      .filter((name) => name.endsWith('.ndjson'))
      .sort();
  } catch {
    return [];
  }
}

function hostIn(
  folder: string,
  file: string,
  contents: (digest: string) => Buffer | undefined,
  damage: string[],
): [string | undefined, HostEntry[]] {
  const path = join(folder, 'hosts', file);
  let host: string | undefined;
  const entries = linesIn(
    path,
    file,
    (line, index) => {
      if (index > 0) return entryOfLine(line, contents);
      host = hostOfLine(line);
      return undefined;
    },
    damage,
  );
  host ??= hostOfFile(file);
  if (host === undefined) damage.push(`${file}: whose entries these are is not known`);
  return [host, entries.filter((entry) => entry !== undefined)];
}

/** Every line that can be read; of the others it is told which they are. */
function linesIn<T>(path: string, name: string, read: (line: string, index: number) => T, damage: string[]): T[] {
  const text = textIn(path);
  if (text === undefined) return [];
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  if (last !== '') damage.push(`${printableLine(name)}: the last line is torn`);
  const unread: number[] = [];
  const found = lines.flatMap((line, index) => {
    if (unread.length >= MOST_UNREAD) return [];
    try {
      return [read(line, index)];
    } catch {
      unread.push(index + 1);
      return [];
    }
  });
  damage.push(...unread.map((number) => `${printableLine(name)}: line ${number} cannot be read`));
  if (unread.length >= MOST_UNREAD) damage.push(`${printableLine(name)}: what stands below was not looked at`);
  return found;
}

/** A journal is torn in one place, or in a few where a disk was full; this many is no journal of ours. */
const MOST_UNREAD = 100;

function headerIn(folder: string): RunHeader {
  try {
    return headerOfText(textIn(join(folder, 'run.json')) ?? '');
  } catch (cause) {
    throw new FixError('journal/damaged', `the journal in ${printableLine(folder)} has no header that can be read`, {
      hint: 'Nothing can be undone from it; its folder may be deleted.',
      cause,
    });
  }
}

function endingIn(folder: string): StoredEnding | undefined {
  const text = textIn(join(folder, 'end.json'));
  return text === undefined ? undefined : endingOfText(text);
}

function orDamage<T>(read: () => T, name: string, damage: string[]): T | undefined {
  try {
    return read();
  } catch {
    damage.push(`${name} cannot be read`);
    return undefined;
  }
}

/** Contents by digest, each read once; one that is not what its name says is damage. */
function contentsIn(folder: string, damage: string[]): (digest: string) => Buffer | undefined {
  const known = new Map<string, Buffer | undefined>();
  return (digest) => {
    if (known.has(digest)) return known.get(digest);
    const bytes = digest === '' ? undefined : bytesIn(join(folder, 'images', digest));
    const isRight = bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === digest;
    if (!isRight) damage.push(`the content ${digest.slice(0, 12)} is ${bytes === undefined ? 'missing' : 'changed'}`);
    known.set(digest, isRight ? bytes : undefined);
    return isRight ? bytes : undefined;
  };
}

/** Bytes; no file of a journal is larger. */
const MAX_BYTES = 256 * 1024 * 1024;

function textIn(path: string): string | undefined {
  return bytesIn(path)?.toString('utf8');
}

/** A regular file's bytes, no link followed; undefined where there is none. */
function bytesIn(path: string): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(file);
    return stat.isFile() && stat.size <= MAX_BYTES ? readFileSync(file) : undefined;
  } finally {
    closeSync(file);
  }
}
