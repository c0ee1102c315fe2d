import { dirname, resolve } from 'node:path';
import type { Role, Variables } from '../playbook/play.js';
import { asValues, holds, LazyDict, renderDeep, type Scope, scopeOf } from '../template/index.js';
import type { HostRun } from './host-run.js';
import type { Run } from './run.js';

/** The hosts that a play works on, by name, as its templates see them. */
export interface PlayHosts {
  readonly all: readonly string[];
  readonly batch: readonly string[];
  /** Those that have not failed. */
  working(): readonly string[];
}

export const NO_PLAY: PlayHosts = { all: [], batch: [], working: () => [] };

/** Where a task's variables come from, the weakest first, as Ansible ranks them. */
export interface Layers {
  /** Defaults of roles. */
  readonly defaults?: Variables;
  readonly play: Variables;
  /** The role of the task, and what stands beside its name. */
  readonly role?: Role | undefined;
  readonly params?: Variables;
  /** The folder of the play's file. */
  readonly folder?: string;
  readonly loop?: Variables;
  readonly hosts: PlayHosts;
}

/**
 * A host's variables for one task. Values are rendered when they are read; what was registered or came from a host is
 * a value already and never a template.
 */
export function scopeFor(
  run: Run,
  host: HostRun,
  { defaults, play, role, params, folder, loop, hosts }: Layers,
): Scope {
  const vars = {
    ...defaults,
    ...host.exposed.defaults,
    ...host.inventory.vars,
    ...asValues(host.gathered),
    ...play,
    ...host.exposed.vars,
    ...host.included,
    ...asValues(host.facts),
    ...params,
    ...run.settings.extraVars,
    ...(loop && asValues(loop)),
    ...asValues(magicOf(run, host, hosts)),
    ...(folder !== undefined && asValues({ playbook_dir: resolve(folder) })),
    ...(role && asValues({ role_name: role.name, ansible_role_name: role.name, role_path: resolve(role.path) })),
  };
  return scopeOf(vars, run.environment);
}

/** The version whose language this program speaks. */
const ANSIBLE_VERSION = { full: '2.14.18', major: 2, minor: 14, revision: 18, string: '2.14.18' };

function magicOf(run: Run, host: HostRun, hosts: PlayHosts): Variables {
  const { inventory, playbook, check, header, limit, tags, skipTags } = run.settings;
  const working = new Set(hosts.working());
  return {
    inventory_hostname: host.name,
    inventory_hostname_short: host.name.split('.')[0],
    group_names: host.inventory.groups,
    groups: run.live.names,
    hostvars: run.hostvars,
    ansible_play_hosts: hosts.working(),
    ansible_play_hosts_all: hosts.all,
    play_hosts: hosts.working(),
    ansible_play_batch: hosts.batch.filter((name) => working.has(name)),
    ansible_check_mode: check,
    ansible_diff_mode: run.settings.diff === true,
    ansible_forks: run.settings.forks,
    ansible_run_tags: tags.length > 0 ? tags : ['all'],
    ansible_skip_tags: skipTags,
    ansible_inventory_sources: run.settings.inventorySources ?? [resolve(inventory.path)],
    ansible_verbosity: run.settings.verbosity ?? 0,
    ansible_version: ANSIBLE_VERSION,
    playbook_dir: dirname(resolve(playbook.file)),
    inventory_dir: dirname(resolve(inventory.path)),
    inventory_file: resolve(inventory.path),
    fix_flannel_run: header.id,
    ...(limit !== undefined && { ansible_limit: limit }),
  };
}

/** Every host's variables by host name, each rendered in that host's own scope and only when it is asked for. */
export function hostvarsOf(run: () => Run): LazyDict {
  const scopes = (host: HostRun) => scopeFor(run(), host, { play: {}, hosts: NO_PLAY });
  return new LazyDict({
    keys: () => [...run().hosts.keys()],
    has: (name) => run().hosts.has(name),
    get: (name) => varsOf(scopes(run().hosts.get(name) as HostRun), run().hosts.get(name) as HostRun),
  });
}

function varsOf(scope: Scope, host: HostRun): LazyDict {
  const own = new Set([
    ...Object.keys(host.inventory.vars),
    ...Object.keys(host.gathered),
    ...Object.keys(host.included),
    ...Object.keys(host.facts),
    'inventory_hostname',
    'group_names',
  ]);
  return new LazyDict({ keys: () => [...own], has: (name) => own.has(name), get: (name) => scope.read(name) });
}

/** Whether all conditions hold. @throws FixError `template/*` */
export function allHold(conditions: readonly string[], scope: Scope): boolean {
  return conditions.every((condition) => holds(condition, scope));
}

/** A keyword's value as a boolean, with Ansible's words for true. */
export function isTrue(value: unknown): boolean {
  if (typeof value === 'string') return /^(yes|true|on|1|y|t)$/i.test(value.trim());
  if (Array.isArray(value)) return value.length > 0;
  return Boolean(value);
}

/** A boolean keyword, rendered; `undefined` where it is not written. */
export function flagOf(value: unknown, scope: Scope): boolean | undefined {
  return value === undefined || value === null ? undefined : isTrue(renderDeep(value, scope));
}

/** Whether the playbook says to go on after a failure; a word for it that cannot be rendered says no. */
export function ignores(value: unknown, scope: Scope): boolean {
  try {
    return flagOf(value, scope) === true;
  } catch {
    return false;
  }
}

/** Whether `no_log` hides a task; where that cannot be told, it does. */
export function isNoLog(value: unknown, scope: Scope): boolean {
  try {
    return flagOf(value, scope) === true;
  } catch {
    return true;
  }
}

/** A number keyword, rendered; `otherwise` where it is not written or no number. */
export function numberOf(value: unknown, scope: Scope, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  const number = Number(renderDeep(value, scope));
  return Number.isFinite(number) ? number : otherwise;
}
