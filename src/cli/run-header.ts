import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import process from 'node:process';
import type { RunHeader } from '../journal/record.js';
import type { RunOptions } from './options.js';

/** What the journal says of a run before it does anything. */
export function headerOf(
  inventory: string,
  playbook: string,
  options: RunOptions,
  more: Pick<RunHeader, 'of'> & { kind?: RunHeader['kind'] } = {},
): RunHeader {
  const now = new Date().toISOString();
  const id = `${now.replace(/[-:]|\.\d+/g, '')}-${randomBytes(2).toString('hex')}`;
  return {
    id,
    kind: 'run',
    inventory: existsSync(inventory) ? resolve(inventory) : inventory,
    playbook: resolve(playbook),
    limit: options.limit,
    tags: options.tags,
    skipTags: options.skipTags,
    extraVarsDigest: options.extraVars.length === 0 ? undefined : extraVarsDigest(id, options.extraVars),
    by: `${userInfo().username}@${hostname()}`,
    pid: process.pid,
    startedAt: now,
    version: programVersion(),
    ...more,
  };
}

/** Tells whether the same `-e` words were given again, without keeping them. */
export function extraVarsDigest(runId: string, words: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([runId, words]))
    .digest('hex');
}

export function programVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
