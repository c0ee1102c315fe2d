import { count } from '../core/text.js';
import { cidrText, prefixBits } from '../flannel/address.js';
import type { Lease } from '../flannel/lease.js';
import type { NetworkConfig } from '../flannel/network-config.js';
import { blind, defineCheck, found, withoutLeases } from './check.js';
import type { ClusterView } from './cluster.js';
import { blindTo, unheldLeases } from './dead-lease.js';
import { CAUSE, type Finding } from './finding.js';

/** FF106: few subnets are left for nodes that need one. */
export const poolUse = defineCheck({
  id: 'FF106',
  title: 'pool of subnets nearly used up',
  severity: 'warn',
  about: 'A node that needs a new lease gets none when no subnet is free, and its flanneld does not come up.',
  onlyInCheck: true,
  readsNoHost: true,
  page: {
    reads: ['<prefix>/config in etcd: Network, SubnetLen, SubnetMin, SubnetMax', 'leases in etcd'],
    why:
      'flanneld takes a subnet between SubnetMin and SubnetMax that overlaps no lease. Dead leases and reservations ' +
      'take room too. A node whose public address changes needs a second subnet until its old lease ends, up to 24 ' +
      'hours later, so mending a cluster needs free subnets as well. It is an error when none is free.',
    byHand: [
      "# endpoints, certificates and prefix: those of flanneld's command line",
      'P=/coreos.com/network',
      'ETCDCTL_API=2 etcdctl get $P/config',
      'ETCDCTL_API=2 etcdctl ls $P/subnets | wc -l',
      '# flannel 0.18 and later:',
      'ETCDCTL_API=3 etcdctl get --prefix --keys-only $P/subnets/',
    ],
    mend:
      'Have dead leases deleted (FF103) and wait for others to end. If that is not enough, set a wider Network in ' +
      '<prefix>/config and restart flanneld node by node. A longer SubnetLen gives every node a new subnet.',
    causes: [CAUSE.poolUsed],
  },
  look(view, earlier) {
    const none = withoutLeases('FF106', view);
    if (none !== undefined) return none;
    if (view.config === undefined) {
      const hosts = view.nodes.map(({ host }) => host);
      return { findings: [], notEvaluated: blind('FF106', hosts, 'the network configuration was not read') };
    }
    const tellsDead = earlier.some(({ id, cause }) => id === 'FF103' && cause === CAUSE.deadLease);
    return { findings: findingOf(view, view.config, tellsDead), notEvaluated: [] };
  },
});

function findingOf(view: ClusterView, config: NetworkConfig, tellsDead: boolean): Finding[] {
  const leases = view.leases ?? [];
  const isKubernetes = view.nodes.some(({ store }) => store === 'kubernetes');
  const pool = poolOf(config);
  const source = isKubernetes ? 'Kubernetes API' : 'etcd';
  const used = usedSubnets(leases, pool);
  const isFull = (taken: number) => taken * 100 >= view.thresholds.poolUsedPercent * pool.subnets;
  if (!isFull(used)) return [];
  const { dead, strange } = blindTo(view).length > 0 ? { dead: [], strange: [] } : unheldLeases(view);
  const withoutDead = dead.length === 0 ? used : usedSubnets(without(leases, dead), pool);
  return [
    found(poolUse, {
      severity: used >= pool.subnets ? 'error' : 'warn',
      cause: CAUSE.poolUsed,
      hosts: [],
      summary: summaryOf(config, pool, used),
      evidence: [
        `${source}: ${cidrText(config.network)} in subnets of /${config.subnetBits}, ${pool.between}: ${pool.subnets}`,
        `${source}: ${count(leases.length, 'lease')}; subnets taken by them: ${used}`,
        ...countLine(dead, 'of no node any more, taking room too'),
        ...countLine(strange, 'of no host of the inventory'),
        // In Kubernetes no lease has an end: it is the node's for as long as the node is there.
        ...countLine(isKubernetes ? [] : reserved(leases), 'reserved without an end'),
      ],
      mend:
        dead.length > 0
          ? 'delete the dead leases; if that is not enough, give flannel a wider network'
          : 'give flannel a wider network or smaller subnets, or take leases of nodes away that are gone',
      because: tellsDead && !isFull(withoutDead) ? 'FF103' : undefined,
    }),
  ];
}

function summaryOf({ network }: NetworkConfig, { subnets }: Pool, used: number): string {
  if (subnets === 0) return `${cidrText(network)} has no subnet to lease: SubnetMin is above SubnetMax`;
  const left = subnets - used;
  const free = left === 0 ? 'none is free' : left === 1 ? '1 is free' : `${left} are free`;
  return `${used} of the ${subnets} subnets of ${cidrText(network)} are leased (${Math.floor((used * 100) / subnets)} %), ${free}`;
}

function countLine(leases: readonly Lease[], what: string): string[] {
  if (leases.length === 0) return [];
  const names = leases.slice(0, 3).map(({ subnet }) => cidrText(subnet));
  return [`etcd: ${count(leases.length, 'lease')} ${what}: ${names.join(', ')}${leases.length > 3 ? ', ...' : ''}`];
}

function reserved(leases: readonly Lease[]): Lease[] {
  return leases.filter(({ ttlSeconds }) => ttlSeconds === undefined);
}

function without(leases: readonly Lease[], gone: readonly Lease[]): Lease[] {
  const out = new Set(gone);
  return leases.filter((lease) => !out.has(lease));
}

/** The subnets that flannel leases, as numbers: an IPv4 address fits one. */
interface Pool {
  /** Where the first one begins. */
  readonly start: number;
  readonly sizeInAddresses: number;
  /** How many there are. */
  readonly subnets: number;
  /** `from 10.1.1.0 to 10.1.255.0` */
  readonly between: string;
}

/** @see flannel `subnet/etcdv2/local_manager.go`, `allocateSubnet`, at v0.11.0: both ends are leased too */
function poolOf({ network, subnetBits, subnetMin, subnetMax }: NetworkConfig): Pool {
  const sizeInAddresses = 2 ** (32 - subnetBits);
  const secondAt = Number(network.getFirst().getValue()) + sizeInAddresses;
  const lastAt = Number(network.getLast().getValue()) + 1 - sizeInAddresses;
  const start = subnetMin === undefined ? secondAt : Number(subnetMin.getValue());
  const end = subnetMax === undefined ? lastAt : Number(subnetMax.getValue());
  return {
    start,
    sizeInAddresses,
    subnets: Math.max(0, Math.floor((end - start) / sizeInAddresses) + 1),
    between: `from ${addressText(start)} to ${addressText(end)}`,
  };
}

function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** How many subnets of the pool a lease overlaps: flannel leases none of these. A lease may be wider than a subnet. */
function usedSubnets(leases: readonly Lease[], { start, sizeInAddresses, subnets }: Pool): number {
  const spans = leases
    .map(({ subnet }) => {
      const first = Number(subnet.getFirst().getValue()) - start;
      const last = first + 2 ** (32 - prefixBits(subnet)) - 1;
      return [Math.floor(first / sizeInAddresses), Math.floor(last / sizeInAddresses)] as const;
    })
    .sort(([one], [other]) => one - other);
  let used = 0;
  let next = 0;
  for (const [first, last] of spans) {
    const end = Math.min(last, subnets - 1);
    used += Math.max(0, end - Math.max(first, next) + 1);
    next = Math.max(next, end + 1);
  }
  return used;
}
