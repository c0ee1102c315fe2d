import { FixError } from '../core/error.js';
import type { HostUndo } from '../core/host-undo.js';
import type { Module } from '../core/module.js';
import { printableLine } from '../core/text.js';
import { type Inventory, nearest } from '../inventory/index.js';
import { hostUndos, type IdentityUndo } from '../journal/host-undo.js';
import { identityKey } from '../journal/identity-key.js';
import type { Identity, RunRecord } from '../journal/record.js';
import { commitConfirmed } from '../modules/commit-confirmed.js';
import { flannelClusters } from '../modules/flannel-clusters.js';
import type { FleetModule } from '../modules/fleet-module.js';
import { PUT_BACK, putBackModule } from '../modules/put-back.js';
import type { Inherited, Play, Playbook, TaskStep } from '../playbook/play.js';

/** A rollback as something to run: plan it first, show it, then do it. */
export interface Rollback {
  readonly playbook: Playbook;
  /** The one that was given, with a group of the hosts to put back. */
  readonly inventory: Inventory;
  /** Knows the modules that the playbook uses. */
  findModule(name: string): Module | FleetModule | undefined;
  /** Hosts with something to undo, in the order in which they are put back. */
  readonly hosts: readonly string[];
}

export interface RollbackChoice {
  /** Only these of the run's hosts; all of them where it is not given. */
  readonly only?: ReadonlySet<string> | undefined;
  /** Hosts on which an earlier undo of this run did not come to its end. */
  readonly again?: ReadonlySet<string> | undefined;
}

/**
 * What undoes a run: its hosts one by one, the one that was changed last first, each with one task for each identity
 * that it was changed as.
 *
 * @throws FixError `inventory/unknown-host` where the inventory lacks a host of the run, `journal/damaged` where there
 *   is nothing to go by
 */
export function rollbackPlaybook(record: RunRecord, inventory: Inventory, choice: RollbackChoice = {}): Rollback {
  const hosts = hostsToUndo(record).filter((name) => choice.only?.has(name) ?? true);
  for (const name of hosts) if (!inventory.hosts.has(name)) throw notInInventory(name, record, inventory);
  const parts = new Map(hosts.map((name) => [name, partsOf(record, name, choice)]));
  const identities = identitiesOf([...parts.values()].flat());
  const undos = new Map([...parts].map(([name, all]) => [name, inPlaces(all, identities)]));
  const module = putBackModule(undos) as Module;
  return {
    playbook: {
      file: `run ${record.header.id}`,
      plays: [guardPlay(record, identities), ...clusterPlays(record, identities), playOf(record, identities)],
    },
    inventory: withGroup(inventory, hosts),
    findModule: (name) => [module, flannelClusters, commitConfirmed].find((one) => one.name === name),
    hosts,
  };
}

/** Hosts that the run changed, the one whose first change came last first. */
export function hostsToUndo({ hosts }: Pick<RunRecord, 'hosts'>): string[] {
  const first = [...hosts].flatMap(([name, entries]) => {
    const begun = entries.find(({ kind }) => kind === 'begin');
    return begun === undefined ? [] : [{ name, at: begun.at }];
  });
  return first.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).map(({ name }) => name);
}

function partsOf({ hosts }: RunRecord, name: string, { again }: RollbackChoice): IdentityUndo[] {
  return hostUndos(hosts.get(name) ?? [], again?.has(name) ?? false);
}

/** Every identity once, in an order that has each host's units last. */
function identitiesOf(parts: readonly IdentityUndo[]): (Identity | undefined)[] {
  const found = new Map<string, { become: Identity | undefined; units: number }>();
  for (const { become, undo } of parts) {
    const key = identityKey(become);
    found.set(key, { become, units: (found.get(key)?.units ?? 0) + undo.units.length });
  }
  return [...found.values()].sort((a, b) => a.units - b.units).map(({ become }) => become);
}

function inPlaces(
  parts: readonly IdentityUndo[],
  identities: readonly (Identity | undefined)[],
): (HostUndo | undefined)[] {
  return identities.map((identity) => parts.find(({ become }) => isSame(become, identity))?.undo);
}

function isSame(one: Identity | undefined, other: Identity | undefined): boolean {
  return one?.method === other?.method && one?.user === other?.user;
}

const GROUP = 'fix_flannel_rollback';

/** The hosts as a group of their own: a pattern of names would read what a name holds. */
function withGroup(inventory: Inventory, hosts: readonly string[]): Inventory {
  const group = { name: GROUP, hosts, ownHosts: hosts, children: [], vars: {}, at: inventory.path };
  return { ...inventory, groups: new Map([...inventory.groups, [GROUP, group]]) };
}

/** A guard that some run left armed would put the hosts back as they were before that one, after this has ended. */
function guardPlay({ header }: RunRecord, identities: readonly (Identity | undefined)[]): Play {
  const at = `run ${header.id}`;
  const clear = {
    ...stepOf(at, identities.at(-1)),
    name: 'Take over guards left behind',
    module: commitConfirmed.name,
    args: { state: 'cleared' },
    // Guards are root's: whoever may not look at them cannot undo what root's runs did either.
    ignoreErrors: true,
  };
  return { ...playWith(at, [clear]), name: `Look for guards before run ${header.id} is undone`, serial: undefined };
}

/** The run held its clusters' locks, so its undo has to: this looks where they are. */
function clusterPlays({ header }: RunRecord, identities: readonly (Identity | undefined)[]): Play[] {
  if ((header.clusters ?? []).length === 0) return [];
  const at = `run ${header.id}`;
  const look = { ...stepOf(at, identities.at(-1)), name: 'Find the clusters', module: flannelClusters.name, args: {} };
  return [{ ...playWith(at, [look]), name: `Find the clusters of run ${header.id}`, serial: undefined }];
}

function playOf({ header }: RunRecord, identities: readonly (Identity | undefined)[]): Play {
  const at = `run ${header.id}`;
  return playWith(
    at,
    identities.map((identity, part) => taskOf(at, identity, part)),
  );
}

function playWith(at: string, steps: readonly TaskStep[]): Play {
  return {
    ...NOTHING_SAID,
    name: `Put back what ${at} changed`,
    at,
    hosts: GROUP,
    // A check looks at all hosts at once, so that every refusal is told.
    serial: '{{ 0 if ansible_check_mode else 1 }}',
    maxFailPercentage: 0,
    gatherFacts: false,
    forceHandlers: undefined,
    order: 'inventory',
    strategy: 'linear',
    gather: undefined,
    prompts: [],
    varsFiles: [],
    folder: '.',
    roles: [],
    roleNames: { used: [], needed: [] },
    when: [],
    steps,
    handlers: [],
  };
}

function taskOf(at: string, identity: Identity | undefined, part: number): TaskStep {
  const earlier = Array.from({ length: part }, (_, index) => `${registerOf(index)}.changed | default(false)`);
  return {
    ...stepOf(at, identity),
    name: 'Put it back',
    module: PUT_BACK,
    args: { part, files_back: earlier.length === 0 ? false : `{{ ${earlier.join(' or ')} }}` },
    register: registerOf(part),
  };
}

function stepOf(at: string, identity: Identity | undefined): Omit<TaskStep, 'module' | 'args'> {
  return {
    ...NOTHING_SAID,
    kind: 'task',
    name: undefined,
    at,
    role: undefined,
    folder: '.',
    vars: becomeVars(identity),
    register: undefined,
    when: [],
    notify: [],
    listen: [],
    loop: undefined,
    until: [],
    retries: undefined,
    delay: undefined,
    changedWhen: [],
    failedWhen: [],
    async: undefined,
    poll: undefined,
  };
}

function registerOf(part: number): string {
  return `fix_flannel_put_back_${part}`;
}

/** As variables, which win over what the inventory says: the identity is the run's. */
function becomeVars(identity: Identity | undefined) {
  if (identity === undefined) return { ansible_become: false };
  return { ansible_become: true, ansible_become_user: identity.user, ansible_become_method: identity.method };
}

const NOTHING_SAID: Inherited = {
  vars: {},
  become: undefined,
  becomeUser: undefined,
  becomeMethod: undefined,
  tags: [],
  ignoreErrors: undefined,
  ignoreUnreachable: undefined,
  checkMode: undefined,
  diff: undefined,
  noLog: undefined,
  environment: [],
  moduleDefaults: [],
  connection: undefined,
  remoteUser: undefined,
  port: undefined,
  timeout: undefined,
  anyErrorsFatal: undefined,
  runOnce: undefined,
  throttle: undefined,
  delegateTo: undefined,
  delegateFacts: undefined,
};

function notInInventory(name: string, { header }: RunRecord, inventory: Inventory): FixError {
  const near = nearest(name, [...inventory.hosts.keys()]).map((found: string) => printableLine(found));
  const hint = near.length > 0 ? `Is it ${near.join(' or ')} now? ` : '';
  return new FixError('inventory/unknown-host', `the run changed ${printableLine(name)}, which this inventory lacks`, {
    hint: `${hint}Give the run's own inventory, ${printableLine(header.inventory)}, or leave the host out with --limit.`,
    at: printableLine(inventory.path),
  });
}
