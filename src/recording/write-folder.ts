import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { FixError, messageOf } from '../core/error.js';
import { codeOf } from '../core/error-code.js';
import { printableLine } from '../core/text.js';
import { etcdJson, hostJson, MOST_HOSTS, manifestJson } from './format.js';
import { LAYOUT, MOST_BYTES, readManifest } from './read-folder.js';
import type { Recording } from './recording.js';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

export interface HowToWrite {
  /** Letters and digits that no other writer uses. */
  readonly nonce: string;
  /** An earlier recording that stands there is replaced. */
  readonly force: boolean;
}

/**
 * Writes a recording as a folder that only its owner may look into. It is there whole or not at all: it is made beside
 * the place and renamed.
 *
 * @returns how large it is, in bytes
 * @throws FixError `cli/usage` where something stands there that is not to be replaced, `recording/invalid` where it
 *   cannot be written
 */
export function writeRecording(folder: string, recording: Recording, { nonce, force }: HowToWrite): number {
  const place = resolve(folder);
  const isEarlier = refuseUnlessFree(place, force);
  const made = `${place}.${nonce}.new`;
  try {
    mkdirSync(dirname(place), { recursive: true });
    const bytes = writeFiles(made, recording);
    putInPlace(made, place, isEarlier ? `${place}.${nonce}.old` : undefined);
    return bytes;
  } catch (cause) {
    rmSync(made, { recursive: true, force: true });
    throw unwritable(place, cause);
  }
}

/**
 * Told before anything is gathered, so that nobody waits for a recording that cannot be kept.
 * @returns whether an earlier recording stands there, which is to be replaced
 * @throws FixError `cli/usage`
 */
export function refuseUnlessFree(folder: string, force: boolean): boolean {
  const stat = statOf(folder);
  if (stat === undefined) return false;
  if (!stat.isDirectory()) throw taken(folder, 'it is no folder', 'Name a folder that is not there yet.');
  const names = readdirSync(folder);
  if (names.length === 0) return false;
  const foreign = names.find((name) => !LAYOUT.includes(name));
  if (foreign !== undefined) {
    const why = `it holds ${printableLine(foreign, 80)}, which is of no recording`;
    throw taken(folder, why, 'Name a folder that is empty or not there yet.');
  }
  if (!isRecording(folder)) throw taken(folder, 'it is not empty', 'Name a folder that is empty or not there yet.');
  if (!force) throw taken(folder, 'it holds an earlier recording', 'Name another folder, or replace it with --force.');
  return true;
}

function isRecording(folder: string): boolean {
  try {
    readManifest(folder);
    return true;
  } catch {
    return false;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unwritable(path, error);
  }
}

function writeFiles(folder: string, recording: Recording): number {
  mkdirSync(folder, { mode: FOLDER_MODE });
  let bytes = 0;
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { flag: 'wx', mode: FILE_MODE });
    bytes += Buffer.byteLength(text);
  };
  for (const name of ['hosts', 'etcd']) mkdirSync(join(folder, name), { mode: FOLDER_MODE });
  let index = 0;
  for (const [host, answers] of recording.hosts) {
    put(join('hosts', fileName(++index, host)), hostText(host, answers));
  }
  for (const [at, etcd] of recording.etcds.entries()) put(join('etcd', `${at + 1}.json`), textOf(etcdJson(etcd)));
  // The manifest comes last: without it a folder is no recording.
  put('manifest.json', textOf(manifestJson(recording)));
  return bytes;
}

/** `00001-node1.json`: the number keeps names apart that differ in what a file's name cannot hold. */
function fileName(index: number, host: string): string {
  const plain = host.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 60);
  return `${String(index).padStart(String(MOST_HOSTS).length, '0')}-${plain}.json`;
}

function hostText(host: string, answers: Parameters<typeof hostJson>[1]): string {
  const text = textOf(hostJson(host, answers));
  if (Buffer.byteLength(text) <= MOST_BYTES) return text;
  const error = {
    code: 'file/too-large',
    message: 'the answers of this host were too large to be recorded',
    hint: 'See what makes them so large.',
  } as const;
  return textOf(
    hostJson(
      host,
      answers.map((answer) => ({ ...answer, outcome: { kind: 'error', error } })),
    ),
  );
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function putInPlace(made: string, place: string, aside: string | undefined): void {
  if (aside !== undefined) renameSync(place, aside);
  try {
    renameSync(made, place);
  } catch (error) {
    if (aside !== undefined) renameSync(aside, place);
    throw error;
  }
  if (aside !== undefined) rmSync(aside, { recursive: true, force: true });
}

function taken(folder: string, why: string, hint: string): FixError {
  return new FixError('cli/usage', `cannot record into ${printableLine(folder)}: ${why}`, { hint });
}

function unwritable(place: string, cause: unknown): FixError {
  if (cause instanceof FixError) return cause;
  return new FixError(
    'recording/invalid',
    `the recording cannot be written to ${printableLine(place)}: ${printableLine(messageOf(cause))}`,
    { hint: `Name a folder in one that you may write to, as a new name: ${basename(place)} is made there.`, cause },
  );
}
