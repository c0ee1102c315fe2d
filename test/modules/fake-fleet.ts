import type { Ask, Asks, Readings } from '../../src/core/fact.js';
import type { Fields, Outcome } from '../../src/core/module.js';
import { present } from '../../src/core/reading.js';
import { type MemoryRegistry, memoryRegistry } from '../../src/etcd/memory-registry.js';
import { flannelOverlayPing } from '../../src/facts/flannel-overlay-ping.js';
import { hostRouteTo } from '../../src/facts/host-route-to.js';
import { address4 } from '../../src/flannel/address.js';
import type { PingResult } from '../../src/flannel/flanneld-process.js';
import type { OpenKubernetes } from '../../src/flannel/kubernetes.js';
import type { FlannelNode } from '../../src/flannel/node.js';
import type { EtcdHealth } from '../../src/flannel/probes.js';
import type { FleetHost, FleetModule, FleetOutcome, FleetTools } from '../../src/modules/fleet-module.js';
import { taskContext } from '../support/run-module.js';

export interface Fleet {
  /** Changed in place where a test lets time pass. */
  nodes: readonly FlannelNode[];
  /** `10.1.31.0/24 10.0.2.15 [seconds|reserved]` */
  readonly leases?: readonly string[];
  /** Instead of one registry with those leases: by endpoint. */
  readonly registryOf?: (endpoint: string) => MemoryRegistry;
  /** What is thrown when the host is asked. */
  readonly unreachable?: Readonly<Record<string, Error>>;
  readonly etcdHealth?: EtcdHealth;
  /** Without it the fleet has no way to a Kubernetes API. */
  readonly openKubernetes?: OpenKubernetes;
  readonly vars?: Fields;
  readonly hostVars?: Readonly<Record<string, Fields>>;
  readonly check?: boolean;
  /** The interface over which `ip route get` leaves; default eth1. */
  readonly routesLeaveOver?: string;
  readonly ping?: (from: string, to: string, now: number) => PingResult['outcome'];
  /** Called at each pause with the milliseconds since the start. */
  readonly onSleep?: (now: number) => void;
}

const CONFIG = '{"Network":"10.1.0.0/16","Backend":{"Type":"vxlan"}}';

export function registryWith(leases: readonly string[]): MemoryRegistry {
  const registry = memoryRegistry({ config: CONFIG });
  for (const text of leases) {
    const [cidr, address, ttl = '86000'] = text.split(' ') as [string, string, string?];
    const value = { PublicIP: address, BackendType: 'vxlan' };
    registry.put(cidr.replace('/', '-'), ttl === 'reserved' ? { value } : { value, ttlSeconds: Number(ttl) });
  }
  return registry;
}

export interface Planned extends FleetOutcome {
  /** `node1: unchanged` */
  readonly kinds: readonly string[];
  /** Hosts asked, in order, once for each exchange. */
  readonly asked: readonly string[];
  /** Milliseconds that the task waited. */
  readonly waited: number;
  of(host: string): Outcome;
  result(host: string): Fields;
}

/** Plans a fleet task over nodes that are values, with a registry in memory and a clock that only pauses move. */
export async function planFleet<Args>(module: FleetModule<Args>, args: Fields, fleet: Fleet): Promise<Planned> {
  const asked: string[] = [];
  let now = 0;
  const tools = toolsOf(fleet, asked, {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      fleet.onSleep?.(now);
    },
  });
  const outcome = await module.plan(module.args.parse(args), hostsOf(fleet), tools);
  const of = (host: string) => {
    const found = outcome.outcomes.get(host);
    if (found === undefined) throw new Error(`nothing is said of ${host}`);
    return found;
  };
  return {
    ...outcome,
    kinds: [...outcome.outcomes].map(([host, { kind }]) => `${host}: ${kind}`),
    asked,
    waited: now,
    of,
    result: (host) => of(host).result ?? {},
  };
}

function hostsOf({ nodes, unreachable = {}, vars = {}, hostVars = {}, check = false }: Fleet): FleetHost[] {
  const names = [...nodes.map(({ host }) => host), ...Object.keys(unreachable)];
  return [...new Set(names)].map((name) => ({
    name,
    task: { ...taskContext({ check, vars: { groups: { all: names }, ...vars, ...hostVars[name] } }), host: name },
  }));
}

function toolsOf(fleet: Fleet, asked: string[], clock: Pick<FleetTools, 'now' | 'sleep'>): FleetTools {
  const memory = new Map<string, Promise<unknown>>();
  const shared = registryWith(fleet.leases ?? []);
  return {
    ...clock,
    async read<A extends Asks>(host: string, asks: A) {
      asked.push(host);
      const thrown = fleet.unreachable?.[host];
      if (thrown !== undefined) throw thrown;
      const names = Object.keys(asks);
      const answers = names.map((name) => [name, answer(fleet, host, name, asks[name] as Ask, clock.now())]);
      return Object.fromEntries(answers) as Readings<A>;
    },
    withRegistry: (spec, _, use) => use(fleet.registryOf?.(spec.endpoints[0] as string) ?? shared),
    ...(fleet.openKubernetes && { kubernetes: (spec, use) => use((fleet.openKubernetes as OpenKubernetes)(spec)) }),
    etcdHealth: async () =>
      fleet.etcdHealth ?? { members: [], quorum: true, clientCertificateEnds: undefined, v2: 'unknown' },
    whereIsConfig: async () => 'v2: not there; v3: not there',
    remember: <T>(key: string, make: () => Promise<T>) => {
      const made = (memory.get(key) as Promise<T> | undefined) ?? make();
      memory.set(key, made);
      return made;
    },
    forget: () => memory.clear(),
    each: (hosts, work) => Promise.all(hosts.map(work)),
  };
}

function answer(fleet: Fleet, host: string, name: string, { fact, query }: Ask, now: number): unknown {
  if (fact.name === hostRouteTo.name) {
    const { addresses } = query as { addresses: readonly string[] };
    const dev = fleet.routesLeaveOver ?? 'eth1';
    return present(addresses.map((text) => ({ address: address4(text), dev, src: undefined, via: undefined })));
  }
  if (fact.name === flannelOverlayPing.name) {
    const { targets } = query as { targets: readonly { node: string; address: string }[] };
    return present(targets.map((one) => ({ ...one, outcome: fleet.ping?.(host, one.node, now) ?? 'ok' })));
  }
  const node = fleet.nodes.find((one) => one.host === host);
  return node?.readings[name as keyof FlannelNode['readings']];
}
