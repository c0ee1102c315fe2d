import { randomBytes, scryptSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import type { RunHeader } from '../journal/record.js';
import type { RunOptions } from './options.js';
import { programVersion } from './program-version.js';
import { userName } from './this-process.js';

/** What the journal says of a run before it does anything. */
export function headerOf(
  inventory: string,
  playbook: string,
  options: RunOptions,
  more: Pick<RunHeader, 'of'> & { kind?: RunHeader['kind'] } = {},
): RunHeader {
  const now = new Date().toISOString();
  const id = `${now.replace(/[-:]|\.\d+/g, '')}-${randomBytes(4).toString('hex')}`;
  return {
    id,
    kind: 'run',
    inventory: existsSync(inventory) ? resolve(inventory) : inventory,
    playbook: resolve(playbook),
    limit: options.limit,
    tags: options.tags,
    skipTags: options.skipTags,
    extraVarsDigest: options.extraVars.length === 0 ? undefined : extraVarsDigest(options.extraVars),
    by: `${userName()}@${hostname()}`,
    pid: process.pid,
    startedAt: now,
    version: programVersion(),
    ...more,
  };
}

/** What tells whether the same `-e` words are given again, without keeping them: `SALT:DIGEST`, in hexadecimal. */
export function extraVarsDigest(words: readonly string[], salt = randomBytes(16).toString('hex')): string {
  return `${salt}:${scryptSync(JSON.stringify(words), salt, 32).toString('hex')}`;
}

/** @param digest of the words of an earlier run; undefined where it had none */
export function sameExtraVars(digest: string | undefined, words: readonly string[]): boolean {
  if (digest === undefined || words.length === 0) return digest === undefined && words.length === 0;
  return extraVarsDigest(words, digest.split(':')[0]) === digest;
}
