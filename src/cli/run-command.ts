import { FixError } from '../core/error.js';
import type { RunSettings } from '../engine/run.js';
import { conduct, SHIPPED_PLAYBOOK, settingsOf } from './conduct.js';
import type { RunOptions } from './options.js';
import { withOwnModules } from './own-modules.js';
import { loadPlan } from './plan-command.js';
import { resume } from './resume-command.js';
import { SurveyListener } from './survey-listener.js';

/** `run`, and `check` of a playbook. @returns the exit status */
export async function runCommand(
  inventory: string | undefined,
  playbook: string | undefined,
  given: RunOptions,
): Promise<number> {
  const options = await withOwnModules(given, playbook);
  if (options.resume !== undefined) return resume(options.resume, inventory, options);
  if (inventory === undefined) {
    throw new FixError('cli/usage', 'an inventory is missing', { hint: 'fix-flannel run inventory.yaml' });
  }
  const settings = settingsOf(inventory, playbook ?? SHIPPED_PLAYBOOK, options);
  const approved = options.plan === undefined ? undefined : loadPlan(options.plan);
  return conductAndReport({ ...settings, ...(approved && { approved }) }, options);
}

/** Runs it; what it came to is kept in the history, where it looked at a cluster, and written where `--report` says. */
async function conductAndReport(settings: RunSettings, options: RunOptions): Promise<number> {
  const wanted = options.report ?? [];
  const formats = wanted.length > 0 ? await import('../formats/write-report.js') : undefined;
  const targets = wanted.map((text) => (formats as NonNullable<typeof formats>).parseReportOption(text));
  const listener = new SurveyListener();
  const began = performance.now();
  const exitStatus = await conduct(settings, options, { listener });
  const { ended, sites } = listener;
  const isKept = !settings.check && sites.length > 0;
  if (ended === undefined || !(isKept || targets.length > 0)) return exitStatus;
  const [{ reportOfRun }, { keepReport }] = await Promise.all([import('./run-report.js'), import('./keep-report.js')]);
  const report = reportOfRun(settings, listener, ended, Math.round(performance.now() - began) / 1000);
  const earlier = isKept ? await keepReport(report, options) : [];
  await formats?.writeReports(targets, report, earlier);
  return exitStatus;
}
