import { cidrText } from '../flannel/address.js';
import type { Lease } from '../flannel/lease.js';
import type { FlannelNode } from '../flannel/node.js';
import { blind, defineCheck, found, rootOf, withoutLeases } from './check.js';
import { type ClusterView, grouped, type Held } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';

/** FF301: what a running node holds is not what etcd leases to it. */
export const leaseOfNode = defineCheck({
  id: 'FF301',
  title: 'subnet.env and lease differ',
  severity: 'error',
  about: 'Peers send the packets for this node to another one, or to none.',
  page: {
    reads: [
      'the subnet file of each running node (`/run/flannel/subnet.env`, or what `-subnet-file` names)',
      'the leases in etcd',
      'the address that flanneld publishes',
    ],
    why: "Containers of a node get addresses of the subnet in its subnet file. Peers send packets for a subnet to the address that its lease in etcd names. Where the two differ, packets for the node's containers go to another node or nowhere. It comes about when a node keeps an old subnet file, when its lease has expired or was deleted and another node took the subnet, or when etcd was restored from a copy.",
    byHand: [
      'cat /run/flannel/subnet.env',
      'ip -o -4 addr show dev flannel.1',
      'etcdctl ls /coreos.com/network/subnets',
      'etcdctl get /coreos.com/network/subnets/10.1.31.0-24',
    ],
    mend: "Clear flannel's run state on the node and restart flanneld: it takes the lease of its own address, or a new one. Then restart docker there, so that containers move to the subnet.",
    task: 'Restart flanneld',
    causes: [CAUSE.outOfStep],
  },
  look(view, earlier) {
    const none = withoutLeases('FF301', view);
    if (none !== undefined) return none;
    const running = view.nodes.filter(({ running }) => running !== undefined);
    const unclear = running.filter(
      (node) => view.heldBy(node) === undefined && node.readings.subnetEnv.state === 'unreadable',
    );
    const wrong = running.flatMap((node) => {
      const difference = differenceOf(view, node);
      return difference === undefined
        ? []
        : [{ host: node.host, ...difference, because: rootOf(node.host, earlier, ['FF101', 'FF102']) }];
    });
    return {
      findings: [...grouped(wrong, ({ because }) => because ?? '')].map(([because, some]) =>
        findingOf(some, because || undefined),
      ),
      notEvaluated: blind(
        'FF301',
        unclear.map(({ host }) => host),
        'the subnet file could not be read',
      ),
    };
  },
});

function findingOf(wrong: readonly (Difference & { host: string })[], because: string | undefined): Finding {
  const hosts = wrong.map(({ host }) => host);
  const [only] = wrong;
  const what = wrong.length === 1 && only !== undefined ? only.what : 'what they hold is not what etcd leases to them';
  return found(leaseOfNode, {
    cause: CAUSE.outOfStep,
    hosts,
    summary: `${namedHosts(hosts)}: ${what}`,
    evidence: wrong
      .slice(0, 10)
      .flatMap(({ host, what, evidence }) => (wrong.length === 1 ? evidence : [`${host}: ${what}`])),
    mend: "clear flannel's run state and restart flanneld",
    because,
  });
}

function differenceOf(view: ClusterView, node: FlannelNode): Difference | undefined {
  const held = view.heldBy(node);
  const own = node.published === undefined ? [] : (view.leasesTo.get(node.published.address.toString()) ?? []);
  return held === undefined ? nothingHeld(node, own) : differs(view, node, held, own);
}

interface Difference {
  readonly what: string;
  readonly evidence: readonly string[];
}

function nothingHeld(node: FlannelNode, own: readonly Lease[]): Difference | undefined {
  if (node.readings.subnetEnv.state !== 'absent') return undefined;
  const path = node.settings?.subnetFile ?? 'the subnet file';
  return { what: `flanneld runs, and has written no subnet (${path} is missing)`, evidence: own.map(leaseLine) };
}

function differs(view: ClusterView, node: FlannelNode, held: Held, own: readonly Lease[]): Difference | undefined {
  const lease = view.leaseOf.get(held.cidr);
  const address = node.published?.address.toString();
  if (lease === undefined) {
    return {
      what: `holds ${held.cidr}, which etcd leases to nobody`,
      evidence: [heldLine(node, held), ...own.map(leaseLine)],
    };
  }
  if (address === undefined || lease.publicIp.toString() === address) return undefined;
  return {
    what: `holds ${held.cidr}, which etcd leases to ${lease.publicIp} and not to ${address}`,
    evidence: [heldLine(node, held), leaseLine(lease), ...own.map(leaseLine)],
  };
}

function heldLine({ host }: FlannelNode, { cidr, from }: Held): string {
  return `${host}: ${cidr} in its ${from}`;
}

function leaseLine({ subnet, publicIp }: Lease): string {
  return `etcd: ${cidrText(subnet)} of ${publicIp}`;
}
