import type { z } from 'zod';
import type { Basis } from '../core/basis.js';
import type { Asks, Readings } from '../core/fact.js';
import type { Outcome, TaskContext } from '../core/module.js';
import type { Finding, NotEvaluated } from '../diagnose/finding.js';
import type { SiteSurvey } from '../diagnose/survey.js';
import type { KubernetesSpec } from '../flannel/kubernetes.js';
import type { Lease } from '../flannel/lease.js';
import type { EtcdHealth } from '../flannel/probes.js';
import type { Registry, RegistrySpec } from '../flannel/registry.js';

/** What is done about the cluster as a whole, beside what is done to its hosts. */
export type FleetAction = {
  readonly kind: 'delete-lease';
  readonly registry: RegistrySpec;
  readonly via: string;
  readonly lease: Lease;
};

/** A verdict for each host, what the cluster suffers from, and what is done about the cluster. */
export interface FleetOutcome {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Hosts that could not be asked, with what was thrown. */
  readonly errors?: ReadonlyMap<string, unknown>;
  readonly findings?: readonly Finding[];
  readonly notEvaluated?: readonly NotEvaluated[];
  /** The clusters as they were seen. */
  readonly sites?: readonly SiteSurvey[];
  /** Done once, after every host's own outcome; check mode leaves them out. */
  readonly actions?: readonly FleetAction[];
  /** The etcds of the clusters that were looked at, each with a host that has a road to it: where the locks are. */
  readonly registries?: readonly { readonly spec: RegistrySpec; readonly via: string }[];
  /** Facts that the plan for a host rests on. */
  readonly basis?: ReadonlyMap<string, Basis>;
  /** Facts about the clusters that the plan rests on. */
  readonly clusterBasis?: Basis;
  /** Facts about the cluster for people: `etcd v2, /kubernetes/network, 1 lease`. */
  readonly notes?: readonly string[];
}

export interface FleetHost {
  readonly name: string;
  readonly task: TaskContext;
}

/** How a fleet module looks at things. All of it only reads. */
export interface FleetTools {
  /** Answers of one host in one exchange. @throws FixError where the host cannot be asked */
  read<A extends Asks>(host: string, asks: A): Promise<Readings<A>>;
  /** A registry, opened directly or through the host where the controller has no road to it. */
  withRegistry<T>(spec: RegistrySpec, via: string, use: (registry: Registry) => Promise<T>): Promise<T>;
  /** The Kubernetes API as a registry that is only read; `undefined` where there is no way to it. */
  kubernetes?<T>(spec: KubernetesSpec, use: (registry: Registry) => Promise<T>): Promise<T>;
  /** In words: what each of etcd's stores holds under the prefix, and where else a configuration is. */
  whereIsConfig(spec: RegistrySpec, via: string): Promise<string>;
  /** How each member of an etcd fares. What cannot be told is in the answer. */
  etcdHealth(spec: RegistrySpec, via: string): Promise<EtcdHealth>;
  /** What was read under this key already, or else is read now; a change to any host makes it forget. */
  remember<T>(key: string, make: () => Promise<T>): Promise<T>;
  /** What was remembered is read again. */
  forget(): void;
  /** Waits, unless the run is being stopped. */
  sleep(ms: number): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs over hosts, as many at once as `--forks` says, in their order. */
  each<T>(hosts: readonly FleetHost[], work: (host: FleetHost) => Promise<T>): Promise<T[]>;
}

/** A module that needs to see all of a play's hosts at once: the fault it works on belongs to the fleet. */
export interface FleetModule<Args = unknown> {
  readonly name: string;
  readonly about: string;
  readonly example: string;
  readonly args: z.ZodType<Args>;
  readonly fleet: true;
  plan(args: Args, hosts: readonly FleetHost[], tools: FleetTools): Promise<FleetOutcome>;
}

export function defineFleetModule<Args>(module: Omit<FleetModule<Args>, 'fleet'>): FleetModule<Args> {
  return { ...module, fleet: true };
}

/** The same outcome for every host. */
export function sameForAll(hosts: readonly FleetHost[], outcome: Outcome): Map<string, Outcome> {
  return new Map(hosts.map(({ name }) => [name, outcome]));
}
