import type { IPv4 } from 'ip-num';
import { valueIfPresent } from '../core/reading.js';
import { printableLine } from '../core/text.js';
import { addressWithPrefix, cidrText, lies, prefixBits } from './address.js';
import type { InterfaceAddress } from './host-network.js';
import { interfaceUse } from './interface-kind.js';
import type { FlannelNode } from './node.js';
import { isLinkLocal, primaryAddress } from './published-address.js';

/** An interface that was looked at, and what speaks for or against it. */
export interface Candidate {
  readonly iface: string;
  /** `10.0.0.111/24` */
  readonly address: string;
  /** `candidate`, or why it is none. */
  readonly verdict: string;
}

export type Choice =
  | {
      readonly kind: 'chosen';
      readonly iface: string;
      readonly address: IPv4;
      /** What stands behind `-iface=`: the name, or the address where it is not the interface's first one. */
      readonly argument: string;
      readonly why: string;
    }
  | {
      readonly kind: 'refused';
      readonly why: string;
      readonly candidates: readonly Candidate[];
      readonly hint: string;
    };

const HINT = 'Set flannel_iface for the host or its group: a name, an address, or a CIDR such as 10.0.0.0/24.';

/**
 * The interface by which each host reaches the others. Never a guess: where nothing or more than one thing fits, the
 * choice is refused and shows what there is.
 *
 * In this order: the operator's wish; an interface that is named on flanneld's command line already and whose address
 * no other host has; the one interface whose address no other host has and which lies in a network that all share.
 *
 * @param nodes all hosts of the cluster, also those where nothing is to be done: an address is unique among all of them
 * @param wishes by host; without one the node's own `flannel_iface`
 * @returns a choice for each flannel node
 */
export function chooseInterfaces(
  nodes: readonly FlannelNode[],
  wishes: ReadonlyMap<string, string> = new Map(),
): Map<string, Choice> {
  const fleet = fleetOf(nodes);
  const flannel = nodes.filter(({ status }) => status === 'flannel');
  return new Map(flannel.map((node) => [node.host, choiceFor(node, wishes.get(node.host) ?? node.wish, fleet)]));
}

/** An interface with the address that flanneld would take of it. */
export interface Uplink {
  readonly iface: string;
  readonly address: InterfaceAddress;
  /** Why it is out, or `undefined` where it is a candidate. */
  readonly against: string | undefined;
}

interface Fleet {
  /** Which hosts have an address, `10.0.2.15`. */
  readonly owners: ReadonlyMap<string, readonly string[]>;
  readonly uplinks: ReadonlyMap<string, readonly Uplink[]>;
  /** CIDR texts of the networks in which every flannel host has a candidate. */
  readonly shared: ReadonlySet<string>;
  readonly size: number;
}

function fleetOf(nodes: readonly FlannelNode[]): Fleet {
  const owners = addressOwners(nodes);
  const flannel = nodes.filter(({ status }) => status === 'flannel');
  const uplinks = new Map(flannel.map((node) => [node.host, uplinksOf(node, owners)]));
  return { owners, uplinks, shared: sharedNetworks([...uplinks.values()]), size: flannel.length };
}

/** Which hosts have each address on an interface of theirs. */
export function addressOwners(nodes: readonly FlannelNode[]): Map<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const node of nodes) {
    const own = new Set((valueIfPresent(node.readings.addresses) ?? []).map(({ address }) => address.toString()));
    for (const text of own) {
      const hosts = owners.get(text);
      if (hosts === undefined) owners.set(text, [node.host]);
      else hosts.push(node.host);
    }
  }
  return owners;
}

/**
 * The interfaces of a host, one by one.
 * @param owners which hosts have an address; with none named, an address that others have too counts for nothing
 */
export function uplinksOf(node: FlannelNode, owners: ReadonlyMap<string, readonly string[]>): Uplink[] {
  const addresses = valueIfPresent(node.readings.addresses) ?? [];
  return [...new Set(addresses.map(({ iface }) => iface))].flatMap((iface) => {
    const address = primaryAddress(iface, addresses);
    return address === undefined ? [] : [{ iface, address, against: whyNot(node, address, owners) }];
  });
}

function whyNot(
  node: FlannelNode,
  address: InterfaceAddress,
  owners: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const use = useOf(node, address);
  if (use.kind !== 'uplink') return use.why;
  const others = (owners.get(address.address.toString()) ?? []).filter((host) => host !== node.host);
  if (others.length > 0) return `also the address of ${fewHosts(others)}`;
  if (isLinkLocal(address.address)) return 'a link-local address';
  return whyDown(node, address.iface);
}

function fewHosts(hosts: readonly string[]): string {
  return hosts.length <= 3 ? hosts.join(', ') : `${hosts.slice(0, 3).join(', ')} and ${hosts.length - 3} more`;
}

function useOf(node: FlannelNode, { iface, network }: InterfaceAddress): ReturnType<typeof interfaceUse> {
  return interfaceUse(iface, prefixBits(network) < 32, valueIfPresent(node.readings.links) ?? []);
}

function whyDown(node: FlannelNode, iface: string): string | undefined {
  const link = valueIfPresent(node.readings.links)?.find((one) => one.iface === iface);
  if (link === undefined) return undefined;
  if (!link.up) return 'it is down';
  return link.carrier ? undefined : 'it has no carrier';
}

/** The networks in which every host has a candidate; of one host alone, all of its own. */
function sharedNetworks(hosts: readonly (readonly Uplink[])[]): Set<string> {
  const candidates = hosts.map((uplinks) => uplinks.filter(({ against }) => against === undefined));
  const [smallest] = [...candidates].sort((one, other) => one.length - other.length);
  // A network shared by all is at least one of each host's, or holds it: those of the host with the fewest will do.
  const networks = new Map((smallest ?? []).map(({ address }) => [cidrText(address.network), address.network]));
  const shared = [...networks].filter(([, network]) =>
    candidates.every((uplinks) => uplinks.some(({ address }) => lies(address.address, network))),
  );
  return new Set(shared.map(([text]) => text));
}

function choiceFor(node: FlannelNode, wish: string | undefined, fleet: Fleet): Choice {
  if (node.settings?.kubeSubnetMgr) {
    return refused(node, fleet, 'flanneld takes its subnet from Kubernetes (--kube-subnet-mgr), not from etcd', {
      hint: 'Name the interface in the DaemonSet: --iface-regex, or --iface-can-reach.',
    });
  }
  if (wish !== undefined) return choiceByWish(node, wish, fleet);
  return choiceInForce(node, fleet) ?? choiceByNetwork(node, fleet);
}

/** What the command line names already and what works: an administrator's own decision. */
function choiceInForce(node: FlannelNode, fleet: Fleet): Choice | undefined {
  for (const own of [node.next, node.published]) {
    if (own?.how !== '-iface' || (fleet.owners.get(own.address.toString()) ?? []).length > 1) continue;
    const uplink = fleet.uplinks.get(node.host)?.find(({ iface }) => iface === own.iface);
    if (uplink === undefined || useOf(node, uplink.address).kind === 'never') continue;
    if (whyDown(node, uplink.iface) !== undefined) continue;
    return chosen(
      node,
      uplink.iface,
      own.address,
      'named on the command line already, and no other host has its address',
    );
  }
  return undefined;
}

function choiceByNetwork(node: FlannelNode, fleet: Fleet): Choice {
  const candidates = (fleet.uplinks.get(node.host) ?? []).filter(({ against }) => against === undefined);
  const fitting = candidates.filter(({ address }) => inShared(address.address, fleet));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) {
    const where = `in ${cidrText(only.address.network)}`;
    return chosen(
      node,
      only.iface,
      only.address.address,
      fleet.size > 1 ? `its address is unique, ${where}, which all hosts share` : where,
    );
  }
  if (fitting.length > 1) {
    return refused(node, fleet, `more than one interface fits: ${fitting.map(({ iface }) => iface).join(', ')}`);
  }
  if (candidates.length === 0) return refused(node, fleet, 'no interface has an address of its own in the fleet');
  return refused(node, fleet, 'no network that all hosts share');
}

function inShared(address: IPv4, { shared }: Fleet): boolean {
  for (const network of shared) if (lies(address, addressWithPrefix(network).network)) return true;
  return false;
}

function choiceByWish(node: FlannelNode, wish: string, fleet: Fleet): Choice {
  const shown = `flannel_iface ${JSON.stringify(printableLine(wish, 60))}`;
  const found = wished(node, wish, fleet);
  if (typeof found === 'string') return refused(node, fleet, `${shown} ${found}`);
  const use = useOf(node, found);
  if (use.kind === 'never')
    return refused(node, fleet, `${shown} is ${use.why}: never flannel's way to the other hosts`);
  const down = whyDown(node, found.iface);
  if (down !== undefined) return refused(node, fleet, `${shown} means ${found.iface}, and ${down}`);
  const owners = (fleet.owners.get(found.address.toString()) ?? []).filter((host) => host !== node.host);
  if (owners.length > 0) {
    return refused(node, fleet, `${shown} gives ${found.address}, also the address of ${fewHosts(owners)}`);
  }
  return chosen(node, found.iface, found.address, `${shown} of the inventory`);
}

/** The address that a wish means, or what is wrong with the wish. */
function wished(node: FlannelNode, wish: string, fleet: Fleet): InterfaceAddress | string {
  const addresses = valueIfPresent(node.readings.addresses) ?? [];
  if (/^\d[\d.]*\/\d+$/.test(wish)) return wishedNetwork(node, wish, fleet);
  if (/^\d+(\.\d+){3}$/.test(wish)) {
    return addresses.find(({ address }) => address.toString() === wish) ?? 'is an address that no interface here has';
  }
  if (!/^[^\s/:'"\\$`]{1,15}$/.test(wish)) return 'is neither an interface, an address nor a CIDR';
  const found = primaryAddress(wish, addresses);
  if (found !== undefined) return found;
  const there = valueIfPresent(node.readings.links)?.some(({ iface }) => iface === wish);
  return there ? 'has no IPv4 address' : 'does not exist here';
}

function wishedNetwork(node: FlannelNode, wish: string, fleet: Fleet): InterfaceAddress | string {
  let network: ReturnType<typeof addressWithPrefix>['network'];
  try {
    ({ network } = addressWithPrefix(wish));
  } catch {
    return 'is not a network';
  }
  const inside = (fleet.uplinks.get(node.host) ?? []).filter(
    ({ address }) => lies(address.address, network) && useOf(node, address).kind === 'uplink',
  );
  if (inside.length > 1) return `fits more than one interface: ${inside.map(({ iface }) => iface).join(', ')}`;
  return inside[0]?.address ?? 'fits no interface here';
}

function chosen(node: FlannelNode, iface: string, address: IPv4, why: string): Choice {
  const first = primaryAddress(iface, valueIfPresent(node.readings.addresses) ?? []);
  const isFirst = first?.address.toString() === address.toString();
  return { kind: 'chosen', iface, address, argument: isFirst ? iface : address.toString(), why };
}

function refused(node: FlannelNode, fleet: Fleet, why: string, { hint = HINT } = {}): Choice {
  const candidates = (fleet.uplinks.get(node.host) ?? []).map(({ iface, address, against }) => ({
    iface,
    address: `${address.address}/${prefixBits(address.network)}`,
    verdict: against ?? (inShared(address.address, fleet) ? 'candidate' : 'in no network that all hosts share'),
  }));
  return { kind: 'refused', why, candidates, hint };
}

/** One line of a candidate, for people. */
export function candidateLine({ iface, address, verdict }: Candidate): string {
  return `${printableLine(iface, 20)} ${address}: ${printableLine(verdict, 120)}`;
}
