import { fileURLToPath } from 'node:url';
import { applyWaivers } from '../compliance/apply-waivers.js';
import { judge } from '../compliance/judge.js';
import type { Profile } from '../compliance/profile.js';
import { findProfile, withOptions } from '../compliance/read-profile.js';
import { findWaivers } from '../compliance/read-waivers.js';
import type { CheckReport } from '../compliance/report.js';
import { maskedDeep } from '../core/mask.js';
import { printableLine } from '../core/text.js';
import { checks } from '../diagnose/index.js';
import type { RunSettings } from '../engine/run.js';
import type { Inventory } from '../inventory/inventory.js';
import { loadInventory } from '../inventory/load-inventory.js';
import { findModule } from '../modules/index.js';
import { loadPlaybook } from '../playbook/load-playbook.js';
import type { CheckOptions } from './check-options.js';
import { conduct, type Hooks, settingsFor } from './conduct.js';
import { INVENTORY_TEMPLATES } from './inventory-templates.js';
import { programVersion } from './program-version.js';
import type { Progress } from './progress.js';
import { headerOf } from './run-header.js';
import { SurveyListener } from './survey-listener.js';

export const CHECK_PLAYBOOK = fileURLToPath(new URL('../../playbooks/check-flannel.yaml', import.meta.url));

/** What is looked at: an inventory's hosts, or what was recorded of them. */
export interface Subject {
  /** As the person named it; profile and waivers are looked for beside it. */
  readonly name: string;
  readonly inventory: Inventory;
  readonly recorded: CheckReport['recorded'];
  /** Makes the world one in which a recording answers. */
  readonly wrapWorld?: Hooks['wrapWorld'];
  /** Milliseconds since 1970 that waivers are judged at. */
  readonly now: number;
}

/** The hosts of an inventory, as they are now. */
export function hostsOf(name: string, options: CheckOptions): Subject {
  const inventory = loadInventory(name, { vault: options.vault, templates: INVENTORY_TEMPLATES });
  return { name, inventory, recorded: null, now: Date.now() };
}

/**
 * Looks at a fleet with every check that the profile asks for.
 *
 * @param tell says a warning while it goes on
 * @returns `undefined` where it was interrupted
 * @throws FixError for a profile, waivers or a limit that cannot be used; nothing was connected to
 */
export async function look(
  subject: Subject,
  options: CheckOptions,
  tell: (progress: Progress, message: string) => void,
): Promise<CheckReport | undefined> {
  const profile = withOptions(findProfile(subject.name, options.profile), options);
  const waivers = findWaivers(subject.name, options.waivers);
  const settings = settingsOfLook(subject, profile, options);
  let listener: SurveyListener | undefined;
  const began = performance.now();
  await conduct(settings, options, {
    ...(subject.wrapWorld && { wrapWorld: subject.wrapWorld }),
    report: (progress) => {
      listener = new SurveyListener((message) => tell(progress, message));
      return listener;
    },
  });
  if (listener?.ended === undefined || listener.ended.kind === 'interrupted') return undefined;
  const seconds = Math.round(performance.now() - began) / 1000;
  const { sites } = listener;
  const findings = sites.flatMap((site) => site.findings);
  const today = new Date(subject.now).toISOString().slice(0, 10);
  const waived = applyWaivers(findings, waivers, subject.inventory, today);
  for (const warning of waived.warnings) process.stderr.write(`! ${printableLine(warning, 400)}\n`);
  return maskedDeep({
    schema: 'fix-flannel/report/1' as const,
    kind: 'check' as const,
    id: settings.header.id,
    tool: { name: 'fix-flannel' as const, version: programVersion() },
    inventory: { name: subject.name, path: subject.recorded === null ? settings.header.inventory : null },
    recorded: subject.recorded,
    startedAt: settings.header.startedAt,
    seconds,
    profile: profile.name,
    before: null,
    changes: [],
    ...judge({ checks, sites, hosts: listener.hosts(subject.inventory), profile, waivers: waived }),
  });
}

function settingsOfLook({ name, inventory }: Subject, profile: Profile, options: CheckOptions): RunSettings {
  const playbook = loadPlaybook(CHECK_PLAYBOOK, (module) => findModule(module) !== undefined, options.vault);
  const header = headerOf(name, CHECK_PLAYBOOK, options);
  const settings = settingsFor(inventory, playbook, header, { ...options, check: true });
  return { ...settings, extraVars: { ...settings.extraVars, ...variablesOf(profile, options) } };
}

/** What the check's playbook takes from a profile and the command line, under the names that it gives them. */
function variablesOf({ only, skip, thresholds }: Profile, { kubeconfig, kubeContext }: CheckOptions) {
  return {
    ...(only.length > 0 && { flannel_check_only: only }),
    ...(skip.length > 0 && { flannel_check_skip: skip }),
    ...(thresholds.poolUsedPercent !== undefined && { flannel_pool_used_percent: thresholds.poolUsedPercent }),
    ...(thresholds.certificateDays !== undefined && { flannel_certificate_days: thresholds.certificateDays }),
    ...(thresholds.leaseLeftSeconds !== undefined && { flannel_lease_left_seconds: thresholds.leaseLeftSeconds }),
    ...(kubeconfig !== undefined && { flannel_kubeconfig: kubeconfig }),
    ...(kubeContext !== undefined && { flannel_kube_context: kubeContext }),
  };
}
