import { FixError } from '../core/error.js';
import type { RunSettings } from '../engine/run.js';
import { conduct, SHIPPED_PLAYBOOK, settingsOf } from './conduct.js';
import type { RunOptions } from './options.js';
import { loadPlan } from './plan-command.js';
import { resume } from './resume-command.js';

/** `run`, and `check` of a playbook. @returns the exit status */
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
  const asked = { ...settings, ...(approved && { approved }) };
  return (options.report ?? []).length === 0 ? conduct(asked, options) : conductWithReports(asked, options);
}

async function conductWithReports(settings: RunSettings, options: RunOptions): Promise<number> {
  const [{ parseReportOption, writeReports }, { reportOfRun }, { SurveyListener }] = await Promise.all([
    import('../formats/write-report.js'),
    import('./run-report.js'),
    import('./survey-listener.js'),
  ]);
  const targets = (options.report ?? []).map(parseReportOption);
  const listener = new SurveyListener();
  const began = performance.now();
  const exitStatus = await conduct(settings, options, { listener });
  const { ended } = listener;
  if (ended === undefined) return exitStatus;
  const seconds = Math.round(performance.now() - began) / 1000;
  await writeReports(targets, reportOfRun(settings, listener, ended, seconds), []);
  return exitStatus;
}
