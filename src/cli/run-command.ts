import { FixError } from '../core/error.js';
import { conduct, SHIPPED_PLAYBOOK, settingsOf } from './conduct.js';
import type { RunOptions } from './options.js';
import { loadPlan } from './plan-command.js';
import { resume } from './resume-command.js';

/** `run` and `check`. @returns the exit status */
export async function runCommand(
  inventory: string | undefined,
  playbook: string | undefined,
  options: RunOptions,
): Promise<number> {
  if (options.resume !== undefined) return resume(options.resume, inventory, options);
  if (inventory === undefined) {
    throw new FixError('cli/usage', 'an inventory is missing', { hint: 'fix-flannel run inventory.yaml' });
  }
  const settings = settingsOf(inventory, playbook ?? SHIPPED_PLAYBOOK, options);
  const approved = options.plan === undefined ? undefined : loadPlan(options.plan);
  return conduct({ ...settings, ...(approved && { approved }) }, options);
}
