import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { FixError, messageOf } from '../core/error.js';
import { readRegularFile } from '../core/read-text.js';
import { printableLine } from '../core/text.js';
import {
  answersOf,
  EtcdFileJson,
  etcdOf,
  FORMAT_VERSION,
  HostFileJson,
  Manifest,
  ManifestHead,
  MOST_ETCDS,
  MOST_HOSTS,
} from './format.js';
import type { KeptAnswer, Recording } from './recording.js';

/** Of one file, in bytes. */
export const MOST_BYTES = 64 * 1024 * 1024;
/** Of all files of a recording together, in bytes: they are in memory at once. */
const MOST_BYTES_IN_ALL = 2 * 1024 * 1024 * 1024;
/** All that stands in a recording's folder. */
export const LAYOUT: readonly string[] = ['manifest.json', 'hosts', 'etcd'];
const MOST_DAMAGE = 100;

/**
 * Reads a recording's folder. A host's file that is missing or damaged leaves that host without answers.
 *
 * @throws FixError `file/missing`, `file/too-large`, `recording/invalid` for a folder that is no recording, is of a
 *   newer program, or holds more than a recording can
 */
export function readRecording(folder: string): Recording {
  const { toolVersion, gatheredAt, inventory } = readManifest(folder);
  const budget = { left: MOST_BYTES_IN_ALL };
  const damage: string[] = [];
  const hosts = new Map<string, readonly KeptAnswer[]>();
  const listed = new Set(inventory.hosts.map(({ name }) => name));
  for (const path of filesIn(folder, 'hosts', MOST_HOSTS)) {
    attempt(damage, path, () => {
      const file = read(folder, path, HostFileJson, budget);
      if (!listed.has(file.host)) throw new Error('its host is not in the manifest');
      if (hosts.has(file.host)) throw new Error(`another file is of ${printableLine(file.host, 80)} too`);
      hosts.set(file.host, answersOf(file));
    });
  }
  const etcds = filesIn(folder, 'etcd', MOST_ETCDS).flatMap(
    (path) => attempt(damage, path, () => [etcdOf(read(folder, path, EtcdFileJson, budget))]) ?? [],
  );
  return { toolVersion, gatheredAt: Date.parse(gatheredAt), inventory, hosts, etcds, damage };
}

/** @throws FixError `file/missing`, `file/too-large`, `recording/invalid` */
export function readManifest(folder: string): z.output<typeof Manifest> {
  const value = jsonAt(folder, 'manifest.json');
  const head = ManifestHead.safeParse(value);
  if (!head.success) throw invalid(folder, 'its manifest.json is of something else');
  if (head.data.version > FORMAT_VERSION) {
    throw invalid(folder, 'a newer version of the program made it', 'Read it with a version at least as new.');
  }
  const manifest = manifestOf(folder, value);
  const known = new Set<string>();
  for (const { name } of manifest.inventory.hosts) {
    if (known.has(name)) throw invalid(folder, `manifest.json names ${printableLine(name, 80)} twice`);
    known.add(name);
  }
  return manifest;
}

function manifestOf(folder: string, value: unknown): z.output<typeof Manifest> {
  try {
    return fitted(Manifest, value);
  } catch (error) {
    throw invalid(folder, `manifest.json: ${messageOf(error)}`);
  }
}

function read<T extends z.ZodType>(folder: string, path: string, schema: T, budget: { left: number }): z.output<T> {
  return fitted(schema, jsonAt(folder, path, budget));
}

/** A link is not followed: in somebody else's recording it could lead to any file of this machine. */
function jsonAt(folder: string, path: string, budget?: { left: number }): unknown {
  const place = join(folder, path);
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink()) throw invalid(folder, `${path} is a link`);
  if (budget !== undefined) budget.left -= stat?.size ?? 0;
  if (budget !== undefined && budget.left < 0) {
    throw invalid(folder, 'it is larger than any recording may be', 'Gather fewer hosts at once, with --limit.');
  }
  const bytes = readRegularFile(place, 'the recording', MOST_BYTES);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw invalid(folder, `${printableLine(path, 80)} is no JSON`);
  }
}

/** @throws Error where it does not fit, in words; a value of any depth among it */
function fitted<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  let parsed: z.ZodSafeParseResult<z.output<T>>;
  try {
    parsed = schema.safeParse(value);
  } catch {
    throw new Error('it is nested too deep');
  }
  if (!parsed.success) throw new Error(issueOf(parsed.error));
  return parsed.data;
}

function filesIn(folder: string, name: string, most: number): string[] {
  const place = join(folder, name);
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) throw invalid(folder, `${name} is no folder`);
  const files = readdirSync(place).filter((file) => file.endsWith('.json'));
  if (files.length > most) throw invalid(folder, `${name} holds more than ${most} files`);
  return files.sort().map((file) => join(name, file));
}

/** What is wrong with one file is told, and the others are read. */
function attempt<T>(damage: string[], path: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (damage.length < MOST_DAMAGE) damage.push(`${printableLine(path, 100)}: ${printableLine(messageOf(error))}`);
    return undefined;
  }
}

function issueOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return printableLine(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'does not fit'}`);
}

function invalid(folder: string, why: string, hint = 'Make one with `fix-flannel gather INVENTORY --out FOLDER`.') {
  return new FixError('recording/invalid', `${printableLine(folder)} is no recording that can be read: ${why}`, {
    hint,
  });
}
