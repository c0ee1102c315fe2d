import type { Module } from '../core/module.js';
import { bareName } from '../core/module-names.js';
import { addHost } from './add-host.js';
import { apt } from './apt.js';
import { assemble } from './assemble.js';
import { assert } from './assert.js';
import { asyncStatus } from './async-status.js';
import { authorizedKey } from './authorized-key.js';
import { blockinfile } from './blockinfile.js';
import { command } from './command.js';
import { commitConfirmed } from './commit-confirmed.js';
import { copy } from './copy.js';
import { debug } from './debug.js';
import { fail } from './fail.js';
import { fetch } from './fetch.js';
import { file } from './file.js';
import { find } from './find.js';
import { flannelClusters } from './flannel-clusters.js';
import { flannelDiagnose } from './flannel-diagnose.js';
import { flannelHealth } from './flannel-health.js';
import { flannelIface } from './flannel-iface.js';
import { flannelLeases } from './flannel-leases.js';
import { flannelOverlay } from './flannel-overlay.js';
import { flannelRestart } from './flannel-restart.js';
import { flannelRestore } from './flannel-restore.js';
import { flannelRunStateModule } from './flannel-run-state.js';
import { flannelVerify } from './flannel-verify.js';
import type { FleetModule } from './fleet-module.js';
import { group } from './group.js';
import { groupBy } from './group-by.js';
import { hostname } from './hostname.js';
import { includeVars } from './include-vars.js';
import { lineinfile } from './lineinfile.js';
import { meta } from './meta.js';
import { modprobe } from './modprobe.js';
import { packageModule } from './package.js';
import { pause } from './pause.js';
import { ping } from './ping.js';
import { raw } from './raw.js';
import { reboot } from './reboot.js';
import { replace } from './replace.js';
import { script } from './script.js';
import { serviceFacts } from './service-facts.js';
import { setFact } from './set-fact.js';
import { setStats } from './set-stats.js';
import { setup } from './setup.js';
import { shell } from './shell.js';
import { slurp } from './slurp.js';
import { stat } from './stat.js';
import { sysctl } from './sysctl.js';
import { systemd } from './systemd.js';
import { tempfile } from './tempfile.js';
import { template } from './template.js';
import { uri } from './uri.js';
import { user } from './user.js';
import { validateArgumentSpec } from './validate-argument-spec.js';
import { waitFor } from './wait-for.js';
import { waitForConnection } from './wait-for-connection.js';

/** A module of either kind. */
export type AnyModule = Module | FleetModule;

/** Every task module, one line each. */
export const modules: readonly AnyModule[] = [
  addHost,
  apt,
  assemble,
  assert,
  asyncStatus,
  authorizedKey,
  blockinfile,
  command,
  commitConfirmed,
  copy,
  debug,
  fail,
  fetch,
  file,
  find,
  flannelClusters,
  flannelDiagnose,
  flannelHealth,
  flannelIface,
  flannelLeases,
  flannelOverlay,
  flannelRestart,
  flannelRestore,
  flannelRunStateModule,
  flannelVerify,
  group,
  groupBy,
  hostname,
  includeVars,
  lineinfile,
  meta,
  modprobe,
  packageModule,
  pause,
  ping,
  raw,
  reboot,
  replace,
  serviceFacts,
  script,
  setFact,
  setup,
  setStats,
  shell,
  slurp,
  stat,
  sysctl,
  systemd,
  tempfile,
  template,
  uri,
  user,
  validateArgumentSpec,
  waitFor,
  waitForConnection,
];

/** Other names that playbooks use for a module. */
export const ALIASES: Readonly<Record<string, string>> = {
  gather_facts: 'setup',
  service: 'systemd',
  systemd_service: 'systemd',
};

/** A module by its name, with or without its collection; undefined where there is none. */
export function findModule(name: string): AnyModule | undefined {
  const bare = bareName(name);
  const real = Object.hasOwn(ALIASES, bare) ? ALIASES[bare] : bare;
  return modules.find((module) => module.name === real);
}
