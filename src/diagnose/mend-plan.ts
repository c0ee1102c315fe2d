import { valueIfPresent } from '../core/reading.js';
import { cidrText } from '../flannel/address.js';
import type { Choice } from '../flannel/choose-interface.js';
import { isAtLeast } from '../flannel/flanneld-process.js';
import type { Lease } from '../flannel/lease.js';
import type { FlannelNode } from '../flannel/node.js';
import { type Cluster, type ClusterView, viewOf } from './cluster.js';
import { bridgeText, staleBridges } from './container-bridge.js';
import { blindTo, unheldLeases } from './dead-lease.js';
import { diagnoseView } from './diagnose.js';
import { CAUSE, type Finding } from './finding.js';

/** What is to be done to one host, and why. */
export interface HostMend {
  readonly host: string;
  /** `-iface` has to be put on the command line. */
  readonly needsIface: boolean;
  /** What flanneld wrote of its lease has to go. */
  readonly needsClear: boolean;
  readonly needsRestart: boolean;
  /** What stands behind `-iface=`; set where `needsIface`. */
  readonly argument: string | undefined;
  /** In words, one reason each. Empty where nothing is to be done. */
  readonly why: readonly string[];
  /** Why it cannot be done; then nothing is to be done to this host. */
  readonly refused: string | undefined;
  /** What goes on using the old subnet until it is restarted itself. */
  readonly staleAfter: readonly string[];
  /** Services that the restart takes along, of those that run now. */
  readonly restartsAlong: readonly string[];
}

export interface MendPlan {
  readonly hosts: readonly HostMend[];
  /** Leases that no node holds now. Never reservations, never while a host could not be read. */
  readonly deadLeases: readonly Lease[];
  /** Leases that no node will hold once the hosts are mended. */
  readonly leasesToGo: readonly Lease[];
  /** Of flannel 0.18 and later a lost race for a subnet ends the process, so hosts are started one after another. */
  readonly serial: 'batches' | 'one by one';
}

/**
 * What mends the cluster, host by host. A host that is in order is left alone.
 *
 * @param choices of `chooseInterfaces`, proven
 */
export function mendPlan(cluster: Cluster, choices: ReadonlyMap<string, Choice>): MendPlan {
  const view = viewOf(cluster);
  const faults = faultsByHost(diagnoseView(view).findings);
  const hosts = view.nodes.map((node) => hostMend(view, node, faults.get(node.host) ?? [], choices.get(node.host)));
  const seesAll = view.leases !== undefined && blindTo(view).length === 0;
  return {
    hosts,
    deadLeases: seesAll ? unheldLeases(view).dead : [],
    leasesToGo: seesAll ? leasesToGo(view, hosts, choices) : [],
    serial: view.nodes.every(startsTogether) ? 'batches' : 'one by one',
  };
}

function startsTogether({ version, store }: FlannelNode): boolean {
  return store === 'v2' && version !== undefined && !isAtLeast(version, 0, 18);
}

function faultsByHost(findings: readonly Finding[]): Map<string, Finding[]> {
  const faults = new Map<string, Finding[]>();
  for (const finding of findings) {
    for (const host of finding.hosts) {
      const own = faults.get(host);
      if (own === undefined) faults.set(host, [finding]);
      else own.push(finding);
    }
  }
  return faults;
}

interface Needs {
  iface: boolean;
  clear: boolean;
  restart: boolean;
  readonly why: string[];
}

function hostMend(
  view: ClusterView,
  node: FlannelNode,
  faults: readonly Finding[],
  choice: Choice | undefined,
): HostMend {
  const needs = needsOf(view, node, faults, choice);
  const refused = whyRefused(node, faults, needs, choice);
  const acts = refused === undefined;
  return {
    host: node.host,
    needsIface: acts && needs.iface,
    needsClear: acts && needs.clear,
    needsRestart: acts && needs.restart,
    argument: choice?.kind === 'chosen' ? choice.argument : undefined,
    why: needs.why,
    refused,
    staleAfter: acts && needs.clear ? staleAfter(view, node) : [],
    restartsAlong: acts && needs.restart ? restartsAlong(node) : [],
  };
}

function needsOf(view: ClusterView, node: FlannelNode, faults: readonly Finding[], choice: Choice | undefined): Needs {
  const needs: Needs = { iface: false, clear: false, restart: false, why: [] };
  const has = (id: string) => faults.find((finding) => finding.id === id);
  const configured = choice?.kind === 'chosen' && hasArgument(node, choice.argument);
  const sharing = has('FF101') ?? has('FF201');
  if (sharing !== undefined && !configured) add(needs, ['iface', 'clear', 'restart'], `${sharing.id} ${sharing.cause}`);
  else if (sharing !== undefined)
    add(needs, ['clear', 'restart'], `${sharing.id}: the interface is named and not in force`);
  if (wishedElsewhere(node, choice)) add(needs, ['iface', 'clear', 'restart'], 'flannel_iface names another interface');
  const shared = has('FF102');
  if (shared !== undefined && sharing === undefined && !ownsLease(view, node)) {
    add(needs, ['clear', 'restart'], `FF102 ${shared.cause}`);
  }
  if (has('FF301') !== undefined && shared === undefined) add(needs, ['clear', 'restart'], `FF301 ${CAUSE.outOfStep}`);
  if (has('FF203') !== undefined) add(needs, ['clear', 'restart'], `FF203 ${CAUSE.notRestarted}`);
  if (has('FF207') !== undefined) add(needs, ['restart'], `FF207 ${CAUSE.notRunning}`);
  for (const id of ['FF303', 'FF304']) {
    const own = has(id);
    if (own !== undefined && own.because === undefined) add(needs, ['restart'], `${id} ${own.cause}`);
  }
  return needs;
}

function add(needs: Needs, what: readonly ('iface' | 'clear' | 'restart')[], why: string): void {
  for (const one of what) needs[one] = true;
  needs.why.push(why);
}

/** The unit's command line has exactly this interface already. */
function hasArgument({ configured, running, unit }: FlannelNode, argument: string): boolean {
  const settings = unit === undefined ? running : configured;
  return settings?.iface.length === 1 && settings.iface[0] === argument && settings.ifaceRegex.length === 0;
}

function wishedElsewhere(node: FlannelNode, choice: Choice | undefined): boolean {
  if (node.wish === undefined || choice?.kind !== 'chosen' || hasArgument(node, choice.argument)) return false;
  const now = node.published ?? node.next;
  return now !== undefined && now.how !== '-public-ip' && now.address.toString() !== choice.address.toString();
}

/** Of those that hold one subnet, the lease's owner may keep it, where its own command line is right. */
function ownsLease(view: ClusterView, node: FlannelNode): boolean {
  const held = view.heldBy(node);
  const lease = held === undefined ? undefined : view.leaseOf.get(held.cidr);
  return lease !== undefined && lease.publicIp.toString() === node.published?.address.toString();
}

function whyRefused(
  node: FlannelNode,
  faults: readonly Finding[],
  needs: Needs,
  choice: Choice | undefined,
): string | undefined {
  if (!needs.iface && !needs.clear && !needs.restart) return undefined;
  if (node.settings?.kubeSubnetMgr) return 'flanneld takes its subnet from Kubernetes, not from etcd';
  if (faults.some(({ id, cause }) => id === 'FF101' && cause === CAUSE.publicIp)) {
    return '-public-ip on its command line decides, and -iface would change nothing';
  }
  if (node.unit?.loadState === 'masked') return `${node.unit.name} is masked`;
  if (!needs.iface) return undefined;
  if (choice === undefined) return 'no interface was chosen';
  return choice.kind === 'refused' ? choice.why : undefined;
}

function staleAfter(view: ClusterView, node: FlannelNode): string[] {
  const held = view.heldBy(node);
  const stale = new Set(staleBridges(view, node));
  const bridges = (valueIfPresent(node.readings.bridges) ?? []).filter(
    (bridge) => stale.has(bridge) || (held !== undefined && cidrText(bridge.network) === held.cidr),
  );
  const along = restartsAlong(node);
  return bridges.map((bridge) => {
    const owner = bridge.iface === 'docker0' ? 'docker' : 'its containers';
    if (bridge.iface === 'docker0' && along.some((name) => name.startsWith('docker'))) {
      return `${bridgeText(bridge)}: docker restarts with flanneld, and its containers with it`;
    }
    return `${bridgeText(bridge)} keeps the old subnet until ${owner} ${bridge.iface === 'docker0' ? 'is' : 'are'} restarted`;
  });
}

function restartsAlong({ readings }: FlannelNode): string[] {
  return (valueIfPresent(readings.dependents) ?? [])
    .filter((dependent) => dependent.restartsAlong && dependent.activeState === 'active')
    .map(({ name }) => name);
}

function leasesToGo(view: ClusterView, hosts: readonly HostMend[], choices: ReadonlyMap<string, Choice>): Lease[] {
  const cleared = new Set(hosts.filter(({ needsClear }) => needsClear).map(({ host }) => host));
  const after = new Set(
    view.nodes.flatMap(({ host, published, next }) => {
      const choice = choices.get(host);
      const address = cleared.has(host) && choice?.kind === 'chosen' ? choice.address : (published ?? next)?.address;
      return address === undefined ? [] : [address.toString()];
    }),
  );
  return (view.leases ?? []).filter((lease) => {
    const address = lease.publicIp.toString();
    if (lease.ttlSeconds === undefined || after.has(address) || !view.owners.has(address)) return false;
    return (view.holders.get(cidrText(lease.subnet)) ?? []).every(({ host }) => cleared.has(host));
  });
}
