import type { PingResult } from '../flannel/flanneld-process.js';
import type { FlannelNode } from '../flannel/node.js';
import type { Cluster } from './cluster.js';
import { diagnose } from './diagnose.js';
import { CAUSE, type NotEvaluated } from './finding.js';

export interface ClusterProof {
  /** What is not in order, one line each; empty: one node, one subnet, one lease, and roads between all. */
  readonly problems: readonly string[];
  readonly notEvaluated: readonly NotEvaluated[];
}

/** What of the facts does not fit together once the hosts are mended and the dead leases are gone. */
export function verifyCluster(cluster: Cluster): ClusterProof {
  const { findings, notEvaluated } = diagnose(cluster);
  // What follows from a root is said by the root.
  const left = findings.filter(
    ({ id, cause, because }) => because === undefined && !NOT_MENDED.has(id) && !LEFT_ALONE.has(cause),
  );
  return { problems: left.map(({ id, summary }) => `${id} ${summary}`), notEvaluated };
}

/**
 * Warnings that were told before the run and that it does not mend: a bridge that waits for its owner's restart, and a
 * unit on a node that needed nothing else, edited since systemd read it or since flanneld started. Of a node that was
 * mended, the proof of the node looks at its unit.
 */
const NOT_MENDED: ReadonlySet<string> = new Set(['FF302', 'FF204', 'FF205']);

/** Warnings about what belongs to somebody else: no run mends it, so it is no sign that one went wrong. */
const LEFT_ALONE: ReadonlySet<string> = new Set([CAUSE.strangeLease, CAUSE.noLease]);

const ALL_PAIRS_UP_TO = 50;

/**
 * Which overlay addresses each node pings: every other node's up to fifty nodes; above that its two neighbours in a
 * ring and some spread over the fleet, so that every node sends and answers.
 */
export function pingTargets(nodes: readonly FlannelNode[]): Map<string, { node: string; address: string }[]> {
  const peers = nodes.flatMap(({ host, device, running }) =>
    device?.address === undefined || running === undefined ? [] : [{ node: host, address: device.address.toString() }],
  );
  const total = peers.length;
  const steps =
    total <= ALL_PAIRS_UP_TO
      ? Array.from({ length: Math.max(0, total - 1) }, (_, index) => index + 1)
      : [1, total - 1, ...[2, 3, 5, 7].map((part) => Math.floor(total / part))];
  return new Map(
    peers.map(({ node }, at) => [
      node,
      [...new Set(steps)]
        .map((step) => peers[(at + step) % total] as (typeof peers)[number])
        .filter((peer) => peer.node !== node),
    ]),
  );
}

export interface PingProof {
  readonly tested: number;
  /** `node1 -> node2 (10.1.6.0): lost` */
  readonly lost: readonly string[];
  /** Pairs that could not be tried; never counted as passed. */
  readonly notTested: readonly string[];
}

/** Sums up the pings of all nodes. */
export function pingProof(results: ReadonlyMap<string, readonly PingResult[]>): PingProof {
  const all = [...results].flatMap(([from, pings]) => pings.map((ping) => ({ from, ...ping })));
  const lines = (outcome: PingResult['outcome']) =>
    all
      .filter((ping) => ping.outcome === outcome)
      .map(({ from, node, address }) => `${from} -> ${node} (${address}): ${outcome}`);
  return {
    tested: all.filter(({ outcome }) => outcome !== 'not tested').length,
    lost: lines('lost'),
    notTested: lines('not tested'),
  };
}
