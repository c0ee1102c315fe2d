import type { Role, Variables } from '../playbook/play.js';
import {
  holds,
  type Layer,
  LazyDict,
  layeredScope,
  layerOf,
  layerOfValues,
  renderDeep,
  type Scope,
} from '../template/index.js';
import type { Frame } from './frame.js';
import type { HostRun } from './host-run.js';
import { magicOf } from './magic.js';
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
  /** The play, and of the task what its variables may be asked for. */
  readonly of?: Frame['of'];
  readonly environment?: Frame['environment'];
  readonly delegateTo?: unknown;
  readonly loop?: Variables;
  readonly hosts: PlayHosts;
}

/**
 * A host's variables for one task. Values are rendered when they are read; what was registered or came from a host is
 * a value already and never a template.
 */
export function scopeFor(run: Run, host: HostRun, layers: Layers): Scope {
  const { defaults = {}, play, params = {}, loop = {} } = layers;
  const { exposed, inventory, gathered, included, facts } = host;
  const scope: Scope = layeredScope(
    [
      magicOf(run, host, layers, () => scope),
      layerOfValues(loop),
      layerOf(run.settings.extraVars),
      layerOf(params),
      layerOfValues(facts),
      layerOf(included),
      layerOf(exposed.vars),
      layerOf(play),
      layerOfValues(gathered),
      layerOf(inventory.vars),
      layerOf(exposed.defaults),
      layerOf(defaults),
    ] satisfies Layer[],
    run.environment,
  );
  return scope;
}

/** The host that a task is handed to; an empty text where it is none. */
export function delegateName(delegateTo: unknown, scope: Scope): string {
  if (delegateTo === undefined || delegateTo === null) return '';
  return String(renderDeep(delegateTo, scope)).trim();
}

const LOCALHOST = 'localhost';

/** Every host's variables by host name, each rendered in that host's own scope and only when it is asked for. */
export function hostvarsOf(run: () => Run): LazyDict {
  const scopes = (host: HostRun) => scopeFor(run(), host, { play: {}, hosts: NO_PLAY });
  return new LazyDict({
    // Ansible's own localhost is always among them, also where no inventory names it.
    keys: () => [...new Set([...run().hosts.keys(), LOCALHOST])],
    has: (name) => name === LOCALHOST || run().hosts.has(name),
    get: (name) => varsOf(scopes(run().hostNamed(name)), run().hostNamed(name)),
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
