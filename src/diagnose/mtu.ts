import { valueIfPresent } from '../core/reading.js';
import type { FlannelNode } from '../flannel/node.js';
import { overlayPort } from '../flannel/overlay-port.js';
import { blind, defineCheck, found } from './check.js';
import { type ClusterView, grouped } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';
import {
  cutOff,
  lossShapes,
  lostLines,
  type NodePair,
  namedPairs,
  nodePairs,
  pairOutcome,
  untested,
} from './node-pairs.js';

/** IP, UDP, vxlan and Ethernet headers, or IP and UDP ones: what the backend puts before each packet. */
const OVERHEAD_BYTES = { vxlan: 50, udp: 28 } as const;

/** FF402: packets as large as the overlay's MTU do not fit through the network beneath, or nodes differ in it. */
export const mtu = defineCheck({
  id: 'FF402',
  title: 'MTU of the overlay wrong',
  severity: 'error',
  about: 'Connections open and then hang: small packets pass, and full ones are lost.',
  onlyInCheck: true,
  page: {
    reads: [
      "the MTU of flannel's device and of the interface beneath it",
      'FLANNEL_MTU in the subnet file',
      'a ping as large as the MTU, with fragments forbidden, to the nodes that a small one reaches',
    ],
    why: "vxlan puts 50 bytes before each packet and the udp backend 28, so the overlay's MTU has to be that much below the MTU of the network beneath. flanneld computes it from the interface when it starts. It is wrong where the interface was changed since, where a network between the hosts carries less than their interfaces say (a VPN, a cloud network), or where somebody set it by hand. Large packets passing in spite of a wrong MTU are fragmented: a warning.",
    byHand: [
      'ip link show flannel.1',
      'ip link show eth1',
      'grep FLANNEL_MTU /run/flannel/subnet.env',
      'ping -c 1 -M do -s 1422 10.1.31.0',
    ],
    mend: 'Give the interface the MTU that the network between the hosts carries, in its configuration too, then restart flanneld: it makes its device and FLANNEL_MTU anew. Restart docker afterwards, so that containers use it.',
    causes: [CAUSE.mtuTooLarge, CAUSE.mtuBetween, CAUSE.mtuDiffers, CAUSE.mtuStale],
  },
  look(view) {
    const nodes = view.nodes.filter(({ running, device }) => running !== undefined && device !== undefined);
    const pairs = nodePairs(view);
    const tooLarge = nodes.filter((node) => excessOf(view, node) !== undefined);
    const known = new Set(tooLarge.map(({ host }) => host));
    const lost = pairs.filter((pair) => pairOutcome(pair, 'full') === 'lost');
    const noLinks = nodes.filter((node) => linkBeneath(node) === undefined && overlayPort(view.config, node.device));
    return {
      findings: [
        ...tooLargeFinding(view, tooLarge, lost),
        ...betweenFindings(
          lost.filter(({ ends }) => !ends.some((end) => known.has(end))),
          pairs.filter((pair) => pairOutcome(pair, 'full') !== 'not tested'),
        ),
        ...differing(nodes.filter(({ host }) => !known.has(host))),
        ...staleFinding(nodes),
      ],
      notEvaluated: [
        ...blind(
          'FF402',
          noLinks.map(({ host }) => host),
          'the MTU of the interface beneath the overlay could not be read',
        ),
        ...untested('FF402', view, pairs, 'full'),
      ],
    };
  },
});

function linkBeneath({ device, published, readings }: FlannelNode) {
  const iface = device?.vxlan?.dev ?? published?.iface;
  return valueIfPresent(readings.links)?.find((link) => link.iface === iface);
}

/** In words, where the device's MTU is larger than the interface leaves. */
function excessOf(view: ClusterView, node: FlannelNode): string | undefined {
  const { device } = node;
  const overlay = overlayPort(view.config, device);
  const link = linkBeneath(node);
  if (overlay === undefined || device === undefined || link === undefined) return undefined;
  const most = link.mtuBytes - OVERHEAD_BYTES[overlay.backend];
  if (device.mtuBytes <= most) return undefined;
  return `${device.name} has an MTU of ${device.mtuBytes}, and ${link.iface} with ${link.mtuBytes} leaves ${most}`;
}

function tooLargeFinding(view: ClusterView, nodes: readonly FlannelNode[], lost: readonly NodePair[]): Finding[] {
  if (nodes.length === 0) return [];
  const hosts = nodes.map(({ host }) => host);
  const own = new Set(hosts);
  const lostHere = lost.filter(({ ends }) => ends.some((end) => own.has(end)));
  return [
    found(mtu, {
      severity: lostHere.length > 0 ? 'error' : 'warn',
      cause: CAUSE.mtuTooLarge,
      hosts,
      summary: `${namedHosts(hosts)}: the overlay's MTU is larger than the interface beneath it can carry`,
      evidence: [
        ...nodes.slice(0, 10).map((node) => `${node.host}: ${excessOf(view, node)}`),
        ...lostLines(lostHere, 'full', 3),
      ],
      mend: 'restart flanneld on these hosts: it takes its MTU from the interface',
    }),
  ];
}

function betweenFindings(lost: readonly NodePair[], tested: readonly NodePair[]): Finding[] {
  return lossShapes(lost, cutOff(lost, tested), lost.length > 0 && lost.length === tested.length).map(
    ({ kind, hosts, pairs }) =>
      found(mtu, {
        cause: CAUSE.mtuBetween,
        hosts,
        summary:
          kind === 'pairs'
            ? `packets as large as the MTU are lost between ${namedPairs(pairs)}`
            : `${namedHosts(hosts)}: small packets cross the overlay, ones as large as its MTU are lost`,
        evidence: lostLines(pairs, 'full'),
        mend: 'give the interfaces the MTU that the network between the hosts carries, then restart flanneld',
      }),
  );
}

function differing(nodes: readonly FlannelNode[]): Finding[] {
  const groups = [...grouped(nodes, ({ device }) => String(device?.mtuBytes))].sort(
    ([, one], [, other]) => other.length - one.length,
  );
  if (groups.length < 2) return [];
  const named =
    (most: number) =>
    ([bytes, group]: (typeof groups)[number]) =>
      `${bytes} on ${namedHosts(
        group.map(({ host }) => host),
        most,
      )}`;
  return [
    found(mtu, {
      severity: 'warn',
      cause: CAUSE.mtuDiffers,
      hosts: groups.slice(1).flatMap(([, group]) => group.map(({ host }) => host)),
      summary: `the overlay's MTU differs: ${groups.slice(0, 3).map(named(3)).join('; ')}`,
      evidence: groups.slice(0, 10).map(named(10)),
      mend: 'give the interfaces beneath the overlay one MTU, then restart flanneld where it differs',
    }),
  ];
}

/** Containers get their MTU from the subnet file. */
function staleFinding(nodes: readonly FlannelNode[]): Finding[] {
  const stale = nodes.flatMap(({ host, device, readings }) => {
    const bytes = valueIfPresent(readings.subnetEnv)?.mtuBytes;
    if (bytes === undefined || bytes === device?.mtuBytes) return [];
    return [{ host, line: `${host}: ${bytes} in the subnet file, and ${device?.name} has ${device?.mtuBytes}` }];
  });
  if (stale.length === 0) return [];
  const hosts = stale.map(({ host }) => host);
  return [
    found(mtu, {
      severity: 'warn',
      cause: CAUSE.mtuStale,
      hosts,
      summary: `${namedHosts(hosts)}: the subnet file has another MTU than flannel's device`,
      evidence: stale.slice(0, 10).map(({ line }) => line),
      mend: 'restart flanneld on these hosts, and docker after it',
    }),
  ];
}
