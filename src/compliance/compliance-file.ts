import { lstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { FixError } from '../core/error.js';
import { didYouMean } from '../core/nearest.js';
import { readText } from '../core/read-text.js';
import { readYaml } from '../core/read-yaml.js';
import { printableLine } from '../core/text.js';
import { type SourceYaml, TaggedText, type YamlPath } from '../core/yaml.js';
import { checks } from '../diagnose/index.js';

/** Every id of the catalogue. */
export function catalogueIds(): readonly string[] {
  return checks.map(({ id }) => id);
}

/**
 * A file of this name beside the inventory.
 *
 * @param inventoryPath also a list of hosts, `host1,host2`, which nothing stands beside
 * @returns `undefined` where there is none; a link that leads nowhere is there, and fails when it is read
 */
export function besideInventory(inventoryPath: string, name: string): string | undefined {
  if (inventoryPath.includes(',') && !isThere(inventoryPath)) return undefined;
  const path = join(dirname(inventoryPath), name);
  return isThere(path) ? path : undefined;
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Characters; people write these files by hand. */
const MAX_LENGTH = 1024 * 1024;

/**
 * A file that people write, as plain data.
 *
 * @param what what it is, for errors: `the profile`
 * @throws FixError `file/missing`, `file/too-large`, `yaml/syntax`; `compliance/invalid` for one that is no UTF-8 text
 */
export function readComplianceYaml(path: string, what: string): SourceYaml {
  const text = textOf(path, what);
  if (text.length > MAX_LENGTH) {
    throw new FixError('file/too-large', `${what} ${printableLine(path)} is over 1 MB`, {
      hint: `Name ${what} that was meant: ${printableLine(basename(path))} is something else.`,
      at: path,
    });
  }
  const source = readYaml(text, path);
  const [twice] = source.warnings;
  if (twice !== undefined) {
    const [, at = path, message = twice] = /^(.*:\d+:\d+): (.*)$/s.exec(twice) ?? [];
    throw new FixError('compliance/invalid', message, { hint: 'Say it once: only the last one would count.', at });
  }
  return source;
}

function textOf(path: string, what: string): string {
  try {
    return readText(path, what);
  } catch (error) {
    if (!(error instanceof FixError) || error.code !== 'inventory/invalid') throw error;
    throw new FixError('compliance/invalid', error.message, { hint: error.hint, at: error.at, cause: error });
  }
}

export function invalid(source: SourceYaml, path: YamlPath, message: string, hint: string): FixError {
  return new FixError('compliance/invalid', message, { hint, at: source.at(path) });
}

const HINT = 'Mend it; docs/compliance.md says what profiles and waivers hold.';

/** The first thing that a schema has against a file, with its place. */
export function misfit(source: SourceYaml, error: z.ZodError, keys: readonly string[], about: string): FixError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = `Known are ${keys.join(', ')}.`;
    return invalid(source, [...path, key], `there is no ${shown(key)} in ${about}`, didYouMean(key, keys, known));
  }
  const name = path.findLast((step) => typeof step === 'string') ?? about;
  return invalid(source, path, `${shown(name)} ${issue?.message ?? 'does not fit'}`, HINT);
}

/**
 * The id of a check as the catalogue writes it.
 *
 * @throws FixError with the ids that are close
 */
export function knownId(
  word: string,
  ids: readonly string[],
  refuse: (message: string, hint: string) => FixError,
): string {
  const id = word.trim().toUpperCase();
  if (ids.includes(id)) return id;
  throw refuse(`there is no check ${shown(word)}`, didYouMean(id, ids, '`fix-flannel checks list` shows all checks.'));
}

/** What was written, for an error: `the number 3`. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof TaggedText) return `a text with ${value.tag}`;
  return typeof value === 'object' ? 'a mapping' : `the ${typeof value} ${shown(String(value))}`;
}

function shown(text: string): string {
  return printableLine(text, 80);
}
