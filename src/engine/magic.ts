import { dirname, resolve } from 'node:path';
import { asValue, type Layer, LazyDict, Rendered, renderDeep, type Scope } from '../template/index.js';
import type { HostRun } from './host-run.js';
import type { Run } from './run.js';
import { delegateName, type Layers, NO_PLAY, scopeFor } from './variables.js';

/** What makes a variable when it is read; `undefined` where there is none of that name here. */
type Make = (place: Place) => unknown;

interface Place {
  readonly run: Run;
  readonly host: HostRun;
  readonly layers: Layers;
  scope(): Scope;
}

/** The version whose language this program speaks. */
const ANSIBLE_VERSION = { full: '2.14.18', major: 2, minor: 14, revision: 18, string: '2.14.18' };

/** The variables that Ansible itself sets, which win over all others; each is made when it is read. */
const MAGIC: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['inventory_hostname', ({ host }) => host.name],
  ['inventory_hostname_short', ({ host }) => host.name.split('.')[0]],
  ['group_names', ({ host }) => host.inventory.groups],
  ['groups', ({ run }) => run.live.names],
  ['hostvars', ({ run }) => run.hostvars],
  ['vars', ({ scope }) => rawVariables(scope())],
  ['environment', ({ layers }) => layers.environment],
  ['ansible_play_hosts', ({ layers }) => layers.hosts.working()],
  ['ansible_play_hosts_all', ({ layers }) => layers.hosts.all],
  ['ansible_play_batch', batchOf],
  ['play_hosts', batchOf],
  ['ansible_play_name', ({ layers }) => layers.of?.name],
  ['role_names', ({ layers }) => layers.of?.roleNames.used],
  ['ansible_play_role_names', ({ layers }) => layers.of?.roleNames.used],
  ['ansible_dependent_role_names', ({ layers }) => layers.of && [...new Set(layers.of.roleNames.needed)]],
  ['ansible_role_names', ({ layers: { of } }) => of && [...new Set([...of.roleNames.needed, ...of.roleNames.used])]],
  ['role_name', ({ layers }) => layers.role?.name],
  ['ansible_role_name', ({ layers }) => layers.role?.name],
  ['role_path', ({ layers }) => layers.role && resolve(layers.role.path)],
  ['ansible_parent_role_names', ({ layers }) => parentsOf(layers)?.map(({ name }) => name)],
  ['ansible_parent_role_paths', ({ layers }) => parentsOf(layers)?.map(({ path }) => resolve(path))],
  ['ansible_delegated_vars', delegatedVars],
  ['ansible_check_mode', ({ run }) => run.settings.check],
  ['ansible_diff_mode', ({ run }) => run.settings.diff === true],
  ['ansible_forks', ({ run }) => run.settings.forks],
  ['ansible_run_tags', ({ run: { settings } }) => (settings.tags.length > 0 ? settings.tags : ['all'])],
  ['ansible_skip_tags', ({ run }) => run.settings.skipTags],
  ['ansible_limit', ({ run }) => run.settings.limit],
  [
    'ansible_inventory_sources',
    ({ run: { settings } }) => settings.inventorySources ?? [resolve(settings.inventory.path)],
  ],
  ['ansible_verbosity', ({ run }) => run.settings.verbosity ?? 0],
  ['ansible_version', () => ANSIBLE_VERSION],
  ['playbook_dir', ({ run, layers }) => resolve(layers.of?.folder ?? dirname(run.settings.playbook.file))],
  ['inventory_dir', ({ run }) => dirname(resolve(run.settings.inventory.path))],
  ['inventory_file', ({ run }) => resolve(run.settings.inventory.path)],
  ['fix_flannel_run', ({ run }) => run.settings.header.id],
]);

/** These variables, for a task in its place. @param scope the one that they are part of */
export function magicOf(run: Run, host: HostRun, layers: Layers, scope: () => Scope): Layer {
  const place = { run, host, layers, scope };
  // Most are there without a look at what they are.
  const has = (name: string) => MAGIC.has(name) && (!CONDITIONAL.has(name) || MAGIC.get(name)?.(place) !== undefined);
  return { has, get: (name) => asValue(MAGIC.get(name)?.(place)), names: () => [...MAGIC.keys()].filter(has) };
}

/** Those that are not always there. */
const CONDITIONAL: ReadonlySet<string> = new Set([
  'environment',
  'ansible_play_name',
  'role_names',
  'ansible_play_role_names',
  'ansible_dependent_role_names',
  'ansible_role_names',
  'role_name',
  'ansible_role_name',
  'role_path',
  'ansible_parent_role_names',
  'ansible_parent_role_paths',
  'ansible_delegated_vars',
  'ansible_limit',
]);

function batchOf({ layers: { hosts } }: Place): readonly string[] {
  const working = new Set(hosts.working());
  return hosts.batch.filter((name) => working.has(name));
}

function parentsOf({ role }: Layers) {
  return role === undefined || role.parents.length === 0 ? undefined : role.parents;
}

/** All variables as they were given: what is a template in them is not rendered, as with Ansible. */
function rawVariables(scope: Scope): LazyDict {
  return new LazyDict({
    keys: () => scope.names().filter((name) => name !== 'vars'),
    has: (name) => name !== 'vars' && scope.has(name),
    get(name) {
      const given = scope.get(name);
      return given instanceof Rendered ? given.value : given;
    },
  });
}

/** By its name, the variables of the host that a task is handed to. */
function delegatedVars({ run, layers: { delegateTo }, scope }: Place): LazyDict | undefined {
  if (delegateTo === undefined || delegateTo === null) return undefined;
  const name = () => delegateName(delegateTo, scope());
  return new LazyDict({
    keys: () => [name()],
    has: (key) => key === name(),
    get: (key) => varsOfDelegate(run, run.hostNamed(key)),
  });
}

function varsOfDelegate(run: Run, host: HostRun): LazyDict {
  const scope = scopeFor(run, host, { play: {}, hosts: NO_PLAY });
  return new LazyDict({
    keys: () => [...new Set([...scope.names(), 'ansible_host'])],
    has: (key) => key === 'ansible_host' || scope.has(key),
    get: (key) => (scope.has(key) ? renderDeep(scope.get(key), scope) : host.name),
  });
}
