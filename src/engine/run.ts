import type { Connection } from '../core/connection.js';
import type { Asks, Readings } from '../core/fact.js';
import type { Footprint } from '../core/footprint.js';
import type { Module } from '../core/module.js';
import type { VaultReader } from '../core/vault.js';
import type { ClusterLock, LockHolder, OpenLock } from '../flannel/cluster-lock.js';
import type { OpenKubernetes } from '../flannel/kubernetes.js';
import type { EtcdHealth } from '../flannel/probes.js';
import type { OpenRegistry, RegistrySpec, Tunnel } from '../flannel/registry.js';
import type { Inventory } from '../inventory/inventory.js';
import type { Journal } from '../journal/journal.js';
import type { RunHeader } from '../journal/record.js';
import type { FleetModule } from '../modules/fleet-module.js';
import type { Playbook, Variables } from '../playbook/play.js';
import type { Environment, LazyDict, Lookup } from '../template/index.js';
import type { Emit } from './events.js';
import type { HostRun } from './host-run.js';
import type { Job } from './jobs.js';
import type { LiveInventory } from './live-inventory.js';
import type { PlanFile, PlanGuard } from './plan-file.js';
import type { StopRequest } from './stop-request.js';

/** Who a host's shell runs as. */
export interface Become {
  readonly method: string;
  readonly user: string;
}

/** How a host is reached, besides what its own variables say. */
export interface Road {
  readonly become: Become | undefined;
  /** `ansible_connection`, `ansible_user` and `ansible_port` as a play's or task's keywords set them: variables win. */
  readonly words: Variables;
}

/** The same for the same road. */
export function roadKey({ become, words }: Road): string {
  return JSON.stringify([become, words]);
}

/** Opens a connection. Its settings come from the host's rendered `ansible_*` variables. */
export type Connect = (host: string, vars: Variables, become: Become | undefined) => Promise<Connection>;

/**
 * Puts questions to a host for a fleet module.
 * @param connect opens the connection to the host, where one is needed
 * @throws FixError where the host cannot be asked
 */
export type ReadFacts = <A extends Asks>(
  host: string,
  asks: A,
  connect: () => Promise<Connection>,
  options: { readonly nonce: string; readonly timeoutMs: number },
) => Promise<Readings<A>>;

/** What a person is asked. */
export interface Question {
  readonly text: string;
  /** What is typed is not shown. */
  readonly isPrivate: boolean;
  /** Asked for twice. */
  readonly confirm: boolean;
  /** What an empty answer stands for. */
  readonly otherwise?: string | undefined;
}

/** What the engine needs of the world; all of it arrives as arguments. */
export interface World {
  connect: Connect;
  openRegistry: OpenRegistry;
  /** Opens the Kubernetes API, from the controller itself; without it those clusters' leases are not evaluated. */
  openKubernetes?: OpenKubernetes;
  /** Asks hosts, or a folder in which their answers were kept. */
  readFacts: ReadFacts;
  /** How each member of an etcd fares; throws nothing. */
  etcdHealth(spec: RegistrySpec, tunnel?: Tunnel): Promise<EtcdHealth>;
  /** In words: what each of etcd's stores holds under a prefix. */
  whereIsConfig(spec: RegistrySpec, tunnel?: Tunnel): Promise<string>;
  /** Whether the controller itself has a road to an address. */
  canReach(host: string, port: number): Promise<boolean>;
  findModule(name: string): Module | FleetModule | undefined;
  /** A file on the controller. @throws FixError `file/missing` */
  readFile(path: string): Buffer;
  /** The permission bits of a file, for `mode: preserve`; without it that counts as no mode. */
  fileMode?(path: string): number;
  /** Writes a file on the controller, and the folders above it. @throws FixError `file/unwritable` */
  saveFile(path: string, content: Uint8Array): void;
  /** Asks a person; `undefined` where nobody is there. */
  ask(question: Question): Promise<string | undefined>;
  /** Opens what is encrypted with ansible-vault; without it nothing is. */
  readonly vault?: VaultReader;
  lookups: Readonly<Record<string, Lookup>>;
  /** Milliseconds since 1970. */
  now(): number;
  /** 24 hexadecimal digits, unguessable. */
  nonce(): string;
  sleep(ms: number): Promise<void>;
  /** Where the run writes down what it does. */
  journal: Journal;
  openLock: OpenLock;
  /** This process, as it stands in a lock. */
  holder(runId: string): LockHolder;
  /** Milliseconds that only grow, and miss no time that this machine slept. */
  elapsedMs(): number;
  /** Whether a holder's process has ended; `undefined` where that cannot be told. */
  isGone(holder: LockHolder): boolean | undefined;
}

/** How a run is to go; the same for all its plays. */
export interface RunSettings {
  readonly inventory: Inventory;
  readonly playbook: Playbook;
  readonly check: boolean;
  readonly limit: string | undefined;
  readonly extraVars: Variables;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  /** Asked before each task; one that is not wanted is passed over. */
  readonly wanted?: (task: string) => Promise<boolean>;
  /** Whether plays that do not say so gather facts: all, none, or those whose hosts have none yet. */
  readonly gathering?: 'implicit' | 'explicit' | 'smart';
  /** Reads the inventory again, for `meta: refresh_inventory`. */
  readonly readInventory?: () => Inventory;
  /** What the command line named as inventories, and how much it wants told: for playbooks that ask. */
  readonly inventorySources?: readonly string[];
  readonly verbosity?: number;
  /** Differences are asked for. */
  readonly diff?: boolean;
  /** Hosts worked on at once. */
  readonly forks: number;
  /** Milliseconds for one script, where its task sets no other. */
  readonly scriptTimeoutMs: number;
  /** What the journal says of this run; its id stands in backups too. */
  readonly header: RunHeader;
  /** Plan and show the whole first, though no task sees the fleet. */
  readonly planFirst?: boolean;
  /** A plan that this run has to keep to. */
  readonly approved?: PlanFile;
  /** Seconds that a lock outlives a holder that has died. */
  readonly lockTtlSeconds: number;
  /** Where the lock of a host is kept on it, instead of the usual folder. */
  readonly targetLockFolder?: string;
  /** Milliseconds to wait for a lock that another run holds. */
  readonly lockWaitMs: number;
}

/** An etcd that a playbook changes the cluster of. */
export interface LockSite {
  /** For people, and for the order in which several are taken. */
  readonly name: string;
  open(): Promise<ClusterLock>;
}

/** The right to go on changing things. */
export interface Hold {
  /** @throws FixError `lock/lost` */
  assertHeld(): void;
}

/**
 * What is planned for each host, by the identity (`identityKey`) that it is done as; an identity is taken out once what
 * stood there has been written down.
 */
export type PlannedFootprints = ReadonlyMap<string, Map<string, Footprint>>;

/** A run under way. */
export interface Run {
  readonly settings: RunSettings;
  readonly world: World;
  readonly emit: Emit;
  readonly stop: StopRequest;
  readonly hosts: Map<string, HostRun>;
  /**
   * One connection a host and road, opened when first needed and kept to the end.
   * @param forWhom a host that hands work to this one: it has a connection of its own, so that they do not wait for
   *   each other
   */
  connectionOf(host: HostRun, road: Road, forWhom?: string): Promise<Connection>;
  /** One that is opened for whoever asks, and closed by them: it proves that the host can be reached now. */
  newConnection(host: HostRun, road: Road): Promise<Connection>;
  /** Closes the connections to a host that are kept: the next one that is asked for is new. */
  forgetConnections(host: HostRun): void;
  /** A host of the inventory, of the run, or one that a task is handed to: known by its name alone where need be. */
  hostNamed(name: string): HostRun;
  /** The inventory as it is now: `add_host` and `group_by` add to it. */
  readonly live: LiveInventory;
  /** Jobs that were started with `async`, by id. */
  readonly jobs: Map<string, Job>;
  /** What `set_stats` told, by host; under `''` what is of the whole run. */
  readonly stats: Map<string, Record<string, unknown>>;
  /** What fleet modules have read; forgotten at the first change to anything. */
  readonly memory: Map<string, Promise<unknown>>;
  readonly hostvars: LazyDict;
  /** What all templates of the run share. */
  readonly environment: Environment;
  /** The etcds that fleet modules found, by name. */
  readonly sites: Map<string, LockSite>;
  readonly hold: Hold;
  readonly planned: PlannedFootprints;
  /** Of an approved plan, where there is one. */
  readonly planGuard: PlanGuard | undefined;
}
