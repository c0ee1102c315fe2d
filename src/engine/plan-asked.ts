import { scryptSync } from 'node:crypto';
import type { AskedFor } from './plan-file.js';
import type { RunSettings } from './run.js';

/**
 * What a run is asked for, in a form that two runs can be compared by.
 * @param salt the plan file's: inventories and variables may hold passwords, so that only salted, slow digests
 *   are kept
 */
export function askedFor(settings: RunSettings, salt: string): AskedFor {
  const { inventory, playbook, limit, tags, skipTags, extraVars } = settings;
  const digest = (value: unknown) => scryptSync(JSON.stringify(value, plainly) ?? '', salt, 32).toString('hex');
  return {
    inventory: digest([[...inventory.hosts.values()], [...inventory.groups.values()]]),
    playbook: digest(playbook.plays),
    limit: limit ?? '',
    tags: [...tags].sort(),
    skipTags: [...skipTags].sort(),
    extraVars: digest(extraVars),
  };
}

function plainly(_: string, value: unknown): unknown {
  if (value instanceof Map) return [...value];
  return typeof value === 'bigint' ? value.toString() : value;
}
