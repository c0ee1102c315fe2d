import { absent, present, type Reading } from '../../src/core/reading.js';
import type { Cluster } from '../../src/diagnose/cluster.js';
import { type Diagnosis, diagnose } from '../../src/diagnose/diagnose.js';
import { checks } from '../../src/diagnose/index.js';
import type { FlannelNode } from '../../src/flannel/node.js';
import type { EtcdHealth, HostProbe, PathResult, PingOutcome, Probes } from '../../src/flannel/probes.js';
import { makeCluster, SOUND_LEASES, soundNodes } from './make-cluster.js';

export interface Paths {
  /** `1-2` or `1>2` for one way: lost. */
  readonly lost?: readonly string[];
  /** Packets as large as the MTU. */
  readonly lostFull?: readonly string[];
  /** Beside the overlay. */
  readonly lostBeside?: readonly string[];
  readonly untested?: readonly string[];
  readonly untestedFull?: readonly string[];
}

const says = (list: readonly string[] | undefined, from: number, to: number) =>
  [`${from}>${to}`, `${from}-${to}`, `${to}-${from}`, `${from}-*`, `${to}-*`].some((one) => list?.includes(one));

/** Every node sends to every other one; what is not said arrives. */
export function pathsOf(nodes: readonly FlannelNode[], paths: Paths = {}): Map<string, PathResult[]> {
  return new Map(
    nodes.map((node, at) => [
      node.host,
      nodes.flatMap((peer, peerAt) => {
        if (peer === node) return [];
        const [from, to] = [at + 1, peerAt + 1];
        const small: PingOutcome = says(paths.untested, from, to)
          ? 'not tested'
          : says(paths.lost, from, to)
            ? 'lost'
            : 'ok';
        const noFull = small !== 'ok' || says(paths.untestedFull, from, to);
        return [
          {
            node: peer.host,
            overlay: peer.device?.address?.toString() ?? '10.1.0.0',
            underlay: peer.published?.address.toString(),
            underlayPing: says(paths.lostBeside, from, to) ? 'lost' : 'ok',
            small,
            full: noFull ? 'not tested' : says(paths.lostFull, from, to) ? 'lost' : 'ok',
            fullBytes: node.device?.mtuBytes ?? 0,
          } satisfies PathResult,
        ];
      }),
    ]),
  );
}

export interface ProbesAre {
  readonly paths?: Paths;
  /** By host, instead of what `paths` says. */
  readonly pathReadings?: Readonly<Record<string, Reading<readonly PathResult[]>>>;
  /** Rules that drop, by host. */
  readonly drops?: Readonly<Record<string, readonly string[]>>;
  readonly etcd?: Reading<EtcdHealth>;
}

export function makeProbes(nodes: readonly FlannelNode[], is: ProbesAre = {}): Probes {
  const paths = pathsOf(nodes, is.paths);
  const probe = (host: string): HostProbe => ({
    boot: absent,
    guards: absent,
    firewall: present({ tool: 'iptables', drops: is.drops?.[host] ?? [] }),
    paths: is.pathReadings?.[host] ?? present(paths.get(host) ?? []),
  });
  return { hosts: new Map(nodes.map(({ host }) => [host, probe(host)])), etcd: is.etcd ?? absent };
}

/** Looks with every check, as `check` does, and keeps what these say. */
export function lookWith(
  ids: readonly string[],
  {
    nodes = soundNodes(),
    leases = SOUND_LEASES,
    ...is
  }: ProbesAre & { nodes?: FlannelNode[]; leases?: readonly string[] } = {},
  more: Partial<Cluster> = {},
): Diagnosis {
  const cluster = makeCluster(nodes, leases, { probes: makeProbes(nodes, is), ...more });
  const { findings, notEvaluated } = diagnose(cluster, checks);
  return {
    findings: findings.filter(({ id }) => ids.includes(id)),
    notEvaluated: notEvaluated.filter(({ id }) => ids.includes(id)),
  };
}

/** `FF401 packets lost in the overlay: node3 <- FF304`, `warn` behind the id of a warning */
export function shown({ findings }: Diagnosis): string[] {
  return findings.map(({ id, severity, cause, hosts, because }) =>
    [
      severity === 'warn' ? `${id} warn` : id,
      `${cause}:`,
      ...hosts,
      ...(because === undefined ? [] : [`<- ${because}`]),
    ].join(' '),
  );
}
