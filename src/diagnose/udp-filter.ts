import { valueIfPresent } from '../core/reading.js';
import type { FlannelNode } from '../flannel/node.js';
import { overlayPort } from '../flannel/overlay-port.js';
import { blind, type CheckResult, defineCheck, found } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';
import { type NodePair, nodePairs, pairOutcome, rootsByHost, untested } from './node-pairs.js';

/** What explains lost packets without a filter. */
const OTHER_ROOTS: ReadonlySet<string> = new Set('FF101 FF102 FF107 FF207 FF301 FF303 FF304 FF502'.split(' '));

/** FF403: the packets that flannel sends between hosts are filtered. */
export const udpFilter = defineCheck({
  id: 'FF403',
  title: 'UDP 8472 or 8285 filtered',
  severity: 'error',
  about: 'All that containers send to other nodes travels in packets to this one UDP port.',
  onlyInCheck: true,
  page: {
    reads: [
      'the rules of iptables and nftables on each node (the filter table)',
      'which nodes answer beside the overlay, and which over it',
      "the network configuration's backend and port",
    ],
    why: 'vxlan sends to UDP 8472 and the udp backend to UDP 8285, unless the configuration names another port. A rule of the host counts where it drops such a packet for certain: no rule before it accepts the packet or might accept it. Without such a rule, a filter between the hosts is the conclusion where a node answers beside the overlay, no packet over the overlay reaches it, and its device and routes are right.',
    byHand: ['iptables -S', 'firewall-cmd --list-all', 'nft list ruleset', 'tcpdump -ni eth1 udp port 8472'],
    mend: 'Accept the port from the other nodes, ahead of the rule that drops it: `firewall-cmd --permanent --add-port=8472/udp` and `firewall-cmd --reload`, or `iptables -I INPUT -p udp --dport 8472 -s 10.0.0.0/24 -j ACCEPT`, kept over a restart. Between hosts: open it in security groups, routers and the filter of the hypervisor.',
    causes: [CAUSE.filterRule, CAUSE.filtered],
  },
  look(view, earlier) {
    const overlay = view.nodes.map(({ device }) => overlayPort(view.config, device)).find((one) => one !== undefined);
    if (overlay === undefined) return withoutPort(view);
    const facts = factsOf(view, earlier);
    const ruled = view.nodes.filter((node) => isRuled(view, node, facts));
    const silent = view.nodes.filter((node) => !ruled.includes(node) && isSilent(node.host, facts, ruled));
    const foundOn = new Set([...ruled, ...silent].map(({ host }) => host));
    return {
      findings: [...ruleFinding(view, ruled, overlay.port), ...silentFinding(silent, facts, overlay.port)],
      notEvaluated: [
        ...untested('FF403', view, facts.pairs, 'small')
          .map((one) => ({ ...one, hosts: one.hosts.filter((host) => !foundOn.has(host)) }))
          .filter(({ hosts }) => hosts.length > 0),
        ...blind('FF403', undecided(view, facts, foundOn), NOT_BESIDE),
      ],
    };
  },
});

const NOT_BESIDE =
  'packets are lost, and whether a filter takes them cannot be told: no answer beside the overlay, or routes not judged';

/** Backends that send nothing by UDP have nothing to filter; of one that is not known nothing can be said. */
function withoutPort(view: ClusterView): CheckResult {
  const hosts = view.config === undefined ? view.nodes.map(({ host }) => host) : [];
  return { findings: [], notEvaluated: blind('FF403', hosts, 'the backend of the overlay is not known') };
}

interface Facts {
  readonly pairs: readonly NodePair[];
  /** Tested pairs by each of their ends. */
  readonly pairsOf: ReadonlyMap<string, readonly NodePair[]>;
  readonly roots: ReadonlyMap<string, string>;
  /** Without leases nobody has said that routes are right. */
  readonly routesJudged: boolean;
}

function factsOf(view: ClusterView, earlier: readonly Finding[]): Facts {
  const pairs = nodePairs(view);
  const pairsOf = new Map<string, NodePair[]>();
  for (const pair of pairs) {
    if (pairOutcome(pair, 'small') === 'not tested') continue;
    for (const end of pair.ends) {
      const known = pairsOf.get(end);
      if (known === undefined) pairsOf.set(end, [pair]);
      else known.push(pair);
    }
  }
  return { pairs, pairsOf, roots: rootsByHost(view, earlier, OTHER_ROOTS), routesJudged: view.leases !== undefined };
}

/** A rule drops flannel's packets; where all that was sent arrived nevertheless, it was read wrongly. */
function isRuled(view: ClusterView, { host }: FlannelNode, { pairsOf }: Facts): boolean {
  if (dropsOn(view, host).length === 0) return false;
  const pairs = pairsOf.get(host) ?? [];
  return pairs.length === 0 || pairs.some((pair) => pairOutcome(pair, 'small') === 'lost');
}

function dropsOn(view: ClusterView, host: string): readonly string[] {
  const firewall = view.cluster.probes?.hosts.get(host)?.firewall;
  return (firewall && valueIfPresent(firewall)?.drops) ?? [];
}

/** It answers beside the overlay, nothing over the overlay reaches it, and nothing else explains that. */
function isSilent(host: string, { pairsOf, roots, routesJudged }: Facts, ruled: readonly FlannelNode[]): boolean {
  if (roots.has(host) || !routesJudged) return false;
  const explained = new Set(ruled.map((node) => node.host));
  const pairs = (pairsOf.get(host) ?? []).filter(({ ends }) =>
    ends.every((end) => !roots.has(end) && !explained.has(end)),
  );
  return pairs.length > 0 && pairs.every(isFiltered);
}

function isFiltered(pair: NodePair): boolean {
  return pairOutcome(pair, 'small') === 'lost' && !passes(pair) && pairOutcome(pair, 'underlayPing') === 'ok';
}

/** An answer came one way: there and back it travelled to this UDP port, so no filter of it lies between. */
function passes({ ways }: NodePair): boolean {
  return ways.some(({ small }) => small === 'ok');
}

function ruleFinding(view: ClusterView, ruled: readonly FlannelNode[], port: number): Finding[] {
  if (ruled.length === 0) return [];
  const hosts = ruled.map(({ host }) => host);
  return [
    found(udpFilter, {
      cause: CAUSE.filterRule,
      hosts,
      summary: `${namedHosts(hosts)}: the packet filter drops UDP ${port}, by which flannel's packets travel`,
      evidence: hosts.slice(0, 10).flatMap((host) =>
        dropsOn(view, host)
          .slice(0, 2)
          .map((rule) => `${host}: ${rule}`),
      ),
      mend: `accept UDP ${port} from the other nodes ahead of that rule`,
    }),
  ];
}

function silentFinding(silent: readonly FlannelNode[], { pairsOf }: Facts, port: number): Finding[] {
  if (silent.length === 0) return [];
  const hosts = silent.map(({ host }) => host);
  const line = (host: string) => {
    const lost = (pairsOf.get(host) ?? []).filter(isFiltered).length;
    return `${host}: ${lost} of its peers answer beside the overlay and not over it; its device and routes are right`;
  };
  return [
    found(udpFilter, {
      cause: CAUSE.filtered,
      hosts,
      summary: `${namedHosts(hosts)}: UDP ${port} does not get through, though the hosts reach each other`,
      evidence: hosts.slice(0, 10).map(line),
      mend: `open UDP ${port} between the nodes, in security groups, routers and the filter of the hypervisor; or the host drops what comes out of its flannel device, which looks the same`,
    }),
  ];
}

function undecided(view: ClusterView, { pairsOf, roots, routesJudged }: Facts, foundOn: ReadonlySet<string>): string[] {
  return view.nodes
    .map(({ host }) => host)
    .filter((host) => !foundOn.has(host) && !roots.has(host))
    .filter((host) => {
      const pairs = (pairsOf.get(host) ?? []).filter(({ ends }) =>
        ends.every((end) => !foundOn.has(end) && !roots.has(end)),
      );
      return pairs.some(
        (pair) => pairOutcome(pair, 'small') === 'lost' && !passes(pair) && !(routesJudged && isFiltered(pair)),
      );
    });
}
