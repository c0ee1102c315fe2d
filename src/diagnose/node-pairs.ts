import type { PathResult, PingOutcome } from '../flannel/probes.js';
import { blind } from './check.js';
import { type ClusterView, grouped } from './cluster.js';
import type { Finding, NotEvaluated } from './finding.js';

/** What a packet was sent for. */
export type Sent = 'underlayPing' | 'small' | 'full';

/** Two nodes between which packets were sent, or should have been. */
export interface NodePair {
  readonly ends: readonly [string, string];
  /** One way or both. */
  readonly ways: readonly (PathResult & { readonly from: string })[];
}

/** Each pair of the cluster's nodes once, in the order of the nodes. */
export function nodePairs({ nodes, cluster, owners }: ClusterView): NodePair[] {
  const place = new Map(nodes.map(({ host }, at) => [host, at]));
  const pairs = new Map<string, { ends: [string, string]; ways: (PathResult & { from: string })[] }>();
  for (const { host: from } of nodes) {
    const paths = cluster.probes?.hosts.get(from)?.paths;
    for (const path of paths?.state === 'present' ? paths.value : []) {
      const [one, other] = [place.get(from), place.get(path.node)];
      if (one === undefined || other === undefined || one === other) continue;
      const ends: [string, string] = one < other ? [from, path.node] : [path.node, from];
      const key = `${Math.min(one, other)} ${Math.max(one, other)}`;
      const pair = pairs.get(key) ?? { ends, ways: [] };
      // An address that several hosts have tells nothing of the node: the sender may have answered itself.
      const isShared = (owners.get(path.underlay ?? '') ?? []).length > 1;
      pair.ways.push({ ...path, from, ...(isShared && { underlayPing: 'not tested' as const }) });
      pairs.set(key, pair);
    }
  }
  return [...pairs.values()];
}

/** Lost where any way of it is lost; tested where any was. */
export function pairOutcome({ ways }: NodePair, sent: Sent): PingOutcome {
  if (ways.some((way) => way[sent] === 'lost')) return 'lost';
  return ways.some((way) => way[sent] === 'ok') ? 'ok' : 'not tested';
}

/** `node1 -> node3 (10.1.3.0): lost; 10.0.0.113 beside the overlay: ok` for the ways that are lost. */
export function lostLines(pairs: readonly NodePair[], sent: Sent, most = 10): string[] {
  const lines = pairs.flatMap(({ ways }) =>
    ways
      .filter((way) => way[sent] === 'lost')
      .map(({ from, node, overlay, underlay, underlayPing, fullBytes }) =>
        sent === 'full'
          ? `${from} -> ${node} (${overlay}): small packets pass, one of ${fullBytes} bytes is lost`
          : `${from} -> ${node} (${overlay}): lost; ${underlay ?? 'its address'} beside the overlay: ${underlayPing}`,
      ),
  );
  return lines.length <= most ? lines : [...lines.slice(0, most), `and ${lines.length - most} more like these`];
}

/** What a person sees in a number of lost pairs. */
export interface LossShape {
  /** `all`: nothing passes anywhere; `nodes`: these are cut off from the rest; `pairs`: here and there. */
  readonly kind: 'all' | 'nodes' | 'pairs';
  readonly hosts: readonly string[];
  readonly pairs: readonly NodePair[];
}

/**
 * Lost pairs as a person would tell of them: one shape for the fleet, or one for the nodes that nothing reaches and one
 * for single pairs.
 *
 * @param cut as `cutOff` tells it of all pairs
 * @param everything no pair of the cluster passed, and these are all of them
 */
export function lossShapes(lost: readonly NodePair[], cut: ReadonlySet<string>, everything: boolean): LossShape[] {
  if (everything) return [{ kind: 'all', hosts: endsOf(lost), pairs: lost }];
  const ofNodes = lost.filter(({ ends }) => ends.some((end) => cut.has(end)));
  const others = lost.filter(({ ends }) => !ends.some((end) => cut.has(end)));
  const shapes: LossShape[] = [
    { kind: 'nodes', hosts: endsOf(ofNodes).filter((end) => cut.has(end)), pairs: ofNodes },
    { kind: 'pairs', hosts: endsOf(others), pairs: others },
  ];
  return shapes.filter(({ pairs }) => pairs.length > 0);
}

/**
 * Nodes with nothing but lost pairs, the fewest that account for them: not the one that knows only a dead node.
 * @param tested all pairs that were tested, lost ones too
 */
export function cutOff(lost: readonly NodePair[], tested: readonly NodePair[]): Set<string> {
  const testedOf = countByEnd(tested);
  const partners = new Map<string, string[]>();
  for (const { ends } of lost) {
    const [one, other] = ends;
    partners
      .set(one, partners.get(one) ?? [])
      .get(one)
      ?.push(other);
    partners
      .set(other, partners.get(other) ?? [])
      .get(other)
      ?.push(one);
  }
  const candidates = [...partners].filter(([host, { length }]) => length === testedOf.get(host));
  const cut = new Set<string>();
  for (const [host, others] of candidates.sort(([, one], [, other]) => other.length - one.length)) {
    if (others.some((other) => !cut.has(other))) cut.add(host);
  }
  return cut;
}

function countByEnd(pairs: readonly NodePair[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { ends } of pairs) for (const end of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
  return counts;
}

function endsOf(pairs: readonly NodePair[]): string[] {
  return [...new Set(pairs.flatMap(({ ends }) => ends))];
}

/** `node1 and node4, node2 and node7 and 8 more pairs` */
export function namedPairs(pairs: readonly NodePair[], most = 3): string {
  const names = pairs.slice(0, most).map(({ ends }) => ends.join(' and '));
  return `${names.join(', ')}${pairs.length > most ? ` and ${pairs.length - most} more pairs` : ''}`;
}

/** Checks that tell of an interface: they take packets away where the node publishes an address that others have too. */
const WRONG_INTERFACE: ReadonlySet<string> = new Set(['FF201', 'FF203']);

/** The first finding that explains lost packets of each host: an error of these checks, or a wrong interface in force. */
export function rootsByHost(
  { nodes, owners }: ClusterView,
  earlier: readonly Finding[],
  ids: ReadonlySet<string>,
): Map<string, string> {
  const astray = new Set(
    nodes
      .filter(({ published }) => (owners.get(published?.address.toString() ?? '') ?? []).length > 1)
      .map(({ host }) => host),
  );
  const roots = new Map<string, string>();
  for (const { id, severity, hosts } of earlier) {
    const explains = (host: string) =>
      (severity === 'error' && ids.has(id)) || (WRONG_INTERFACE.has(id) && astray.has(host));
    for (const host of hosts) if (!roots.has(host) && explains(host)) roots.set(host, id);
  }
  return roots;
}

/** Nodes of which some pair was not tested, by why: they are neither sound nor sick. */
export function untested(
  id: string,
  view: ClusterView,
  pairs: readonly NodePair[],
  sent: 'small' | 'full',
): NotEvaluated[] {
  if (view.nodes.length < 2) return [];
  const all = countByEnd(pairs);
  const tested = countByEnd(pairs.filter((pair) => pairOutcome(pair, sent) !== 'not tested'));
  // What two nodes that both could not be asked would have sent to each other shows nowhere.
  const unread = view.nodes.filter(({ host }) => view.cluster.probes?.hosts.get(host)?.paths.state === 'unreadable');
  const dark = new Set(unread.length < 2 ? [] : unread);
  const silent = view.nodes.filter(
    (node) => dark.has(node) || (tested.get(node.host) ?? 0) < Math.max(1, all.get(node.host) ?? 0),
  );
  return [...grouped(silent, (node) => whyUntested(view, node, all.has(node.host), sent))].flatMap(([why, nodes]) =>
    blind(
      id,
      nodes.map(({ host }) => host),
      why,
    ),
  );
}

function whyUntested(view: ClusterView, node: ClusterView['nodes'][number], hasPairs: boolean, sent: Sent): string {
  const probe = view.cluster.probes?.hosts.get(node.host);
  if (probe === undefined) return 'no packets were sent';
  if (probe.paths.state === 'unreadable') return `no packets were sent: ${probe.paths.why}`;
  if (node.running === undefined) return 'flanneld does not run there, so nothing was sent';
  if (node.device?.address === undefined) return 'there is no flannel device with an address to send to';
  if (!hasPairs) return 'no other node has an address of its own in the overlay';
  if (sent === 'small') return 'its ping could not send';
  return 'packets as large as the MTU were not sent: small ones are lost, or its ping cannot forbid fragments';
}
