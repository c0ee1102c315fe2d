import { defineCheck, found } from './check.js';
import { grouped } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';
import {
  cutOff,
  type LossShape,
  lossShapes,
  lostLines,
  type NodePair,
  namedPairs,
  nodePairs,
  pairOutcome,
  rootsByHost,
  untested,
} from './node-pairs.js';

/** What, found on either end, takes packets away by itself. */
const ROOTS: ReadonlySet<string> = new Set('FF101 FF102 FF107 FF207 FF301 FF303 FF304 FF403 FF502'.split(' '));

/** FF401: packets that do not get from one node to another over the overlay. */
export const overlayLoss = defineCheck({
  id: 'FF401',
  title: 'overlay traffic lost between nodes',
  severity: 'error',
  about: 'Containers on these nodes do not reach each other, whatever leases and routes say.',
  onlyInCheck: true,
  page: {
    reads: [
      'a ping from each node to the overlay address of others: all of them up to 50 nodes, above that its neighbours and some spread over the fleet',
      'a ping to the address that the other node publishes, beside the overlay',
    ],
    why: 'This is what the overlay is for, so it is tried and not concluded. A packet counts as lost when it was sent twice and not answered within two seconds. Where something else was found on one of the two nodes (a shared subnet, a missing route, a filter), that is the cause, and this follows from it. Where the nodes do not answer beside the overlay either, the network between them is the fault.',
    byHand: [
      'ping -c 3 -W 2 10.1.31.0',
      'ping -c 3 -W 2 10.0.0.112',
      'tcpdump -ni eth1 udp port 8472',
      'ip -s link show flannel.1',
    ],
    mend: 'Run tcpdump on both nodes while one pings the other. Sent and not received: something between the hosts filters it. Received and not answered: compare the flannel device, routes and forwarding entries of the receiver, and try `ethtool -K flannel.1 tx-checksum-ip-generic off`, as some kernels send wrong checksums.',
    causes: [CAUSE.overlayLost, CAUSE.underlayLost],
  },
  look(view, earlier) {
    const pairs = nodePairs(view);
    const tested = pairs.filter((pair) => pairOutcome(pair, 'small') !== 'not tested');
    const lost = pairs.filter((pair) => pairOutcome(pair, 'small') === 'lost');
    const roots = rootsByHost(view, earlier, ROOTS);
    const cut = cutOff(lost, tested);
    const groups = grouped(lost, (pair) => `${rootOfPair(pair, roots, cut)} ${causeOf(pair)}`);
    return {
      findings: [...groups.values()].flatMap((group) => {
        const [first] = group as [NodePair];
        const shapes = lossShapes(group, cut, group.length === tested.length);
        return shapes.map((shape) => findingOf(shape, causeOf(first), rootOfPair(first, roots, cut)));
      }),
      notEvaluated: untested('FF401', view, pairs, 'small'),
    };
  },
});

function rootOfPair({ ends }: NodePair, roots: ReadonlyMap<string, string>, cut: ReadonlySet<string>): string {
  const cutFirst = [...ends].sort((one, other) => Number(cut.has(other)) - Number(cut.has(one)));
  return cutFirst.map((end) => roots.get(end)).find((root) => root !== undefined) ?? '';
}

function causeOf(pair: NodePair): string {
  return pairOutcome(pair, 'underlayPing') === 'lost' ? CAUSE.underlayLost : CAUSE.overlayLost;
}

function findingOf(shape: LossShape, cause: string, root: string): Finding {
  return found(overlayLoss, {
    cause,
    hosts: shape.hosts,
    summary: summaryOf(shape),
    evidence: lostLines(shape.pairs, 'small'),
    mend: mendOf(cause, root),
    because: root === '' ? undefined : root,
  });
}

function summaryOf({ kind, hosts, pairs }: LossShape): string {
  if (kind === 'all') return `no packet crosses the overlay between ${namedHosts(hosts)}`;
  if (kind === 'nodes') return `${namedHosts(hosts)}: no packet crosses the overlay to or from other nodes`;
  return `packets are lost in the overlay between ${namedPairs(pairs)}`;
}

function mendOf(cause: string, root: string): string {
  if (root !== '') return `mend ${root} first`;
  return cause === CAUSE.underlayLost
    ? 'mend the network between the hosts: they do not answer beside the overlay either'
    : 'run tcpdump -ni <interface> udp port 8472 on both nodes while one pings the other: see where the packet ends';
}
