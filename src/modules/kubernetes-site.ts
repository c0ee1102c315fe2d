import { FixError, messageOf } from '../core/error.js';
import type { Fields } from '../core/module.js';
import { present, unreadable } from '../core/reading.js';
import { namedHosts } from '../diagnose/finding.js';
import { apiNodeNames, leasesByHost, namesOfHost } from '../diagnose/kube-nodes.js';
import type { KubernetesSpec } from '../flannel/kubernetes.js';
import type { Lease, LeaseTable } from '../flannel/lease.js';
import type { FlannelNode } from '../flannel/node.js';
import { publishedBy } from '../flannel/published-address.js';
import type { FlannelFleet } from './flannel-fleet.js';
import type { Site } from './flannel-sites.js';
import type { FleetHost, FleetTools } from './fleet-module.js';

/** For one call; a page of five hundred nodes takes an API server less than one. */
const DEADLINE_MS = 15_000;

/**
 * Fills the sites whose flannel keeps its leases in the Kubernetes API with what stands there, for a check: a run goes
 * on refusing them. Where it cannot be read, the leases are unreadable with the reason and what to do about it.
 */
export async function withKubernetesLeases(
  fleet: FlannelFleet,
  hosts: readonly FleetHost[],
  tools: FleetTools,
): Promise<FlannelFleet> {
  if (!fleet.sites.some(isKubernetes)) return fleet;
  const varsOf = new Map(hosts.map(({ name, task }) => [name, task.vars]));
  const sites = fleet.sites.map((site) => (isKubernetes(site) ? filled(site, varsOf, tools) : site));
  return { ...fleet, sites: await Promise.all(sites) };
}

/** Whether all of its nodes keep their leases in the Kubernetes API. */
export function isKubernetes({ nodes, spec }: Pick<Site, 'nodes' | 'spec'>): boolean {
  return spec === undefined && nodes.length > 0 && nodes.every(({ store }) => store === 'kubernetes');
}

async function filled(site: Site, varsOf: ReadonlyMap<string, Fields>, tools: FleetTools): Promise<Site> {
  try {
    const spec = specOf(varsOf.get(site.via) ?? {});
    if (tools.kubernetes === undefined) throw notHere();
    const read = await tools.kubernetes(spec, async (registry) => ({
      leases: await registry.leases(),
      config: await registry.config(),
    }));
    refuseOtherCluster(site, read.leases, spec);
    const leaseOf = leasesByHost(read.leases.leases);
    return {
      ...site,
      nodes: site.nodes.map((node) => asAnnotated(node, leaseOf(node))),
      leases: present(read.leases),
      config: read.config,
      error: undefined,
    };
  } catch (error) {
    const hint = error instanceof FixError ? `. ${error.hint}` : '';
    const why = unreadable(`${messageOf(error)}${hint}`);
    return { ...site, leases: why, config: why, error };
  }
}

function specOf(vars: Fields): KubernetesSpec {
  const kubeconfig = textOf(vars.flannel_kubeconfig);
  if (kubeconfig === undefined) {
    throw new FixError('kubernetes/config', 'flannel keeps them in the Kubernetes API, and no kubeconfig was given', {
      hint: 'Give --kubeconfig FILE, or set flannel_kubeconfig.',
    });
  }
  return { kubeconfig, context: textOf(vars.flannel_kube_context), deadlineMs: DEADLINE_MS };
}

function notHere(): FixError {
  return new FixError('kubernetes/config', 'the Kubernetes API was not asked', {
    hint: 'Run a check against the cluster itself.',
  });
}

/**
 * Most clusters cut the same subnets from the same network, so that a kubeconfig of another one would look right until
 * every address is compared: names and MACs tell.
 */
function refuseOtherCluster({ nodes }: Site, { leases, malformed }: LeaseTable, { context }: KubernetesSpec): void {
  const names = apiNodeNames({ leases, malformed });
  const macs = new Set(leases.flatMap(({ vtepMac }) => vtepMac ?? []));
  const isKnown = (node: FlannelNode) =>
    namesOfHost(node).some((name) => names.has(name)) || (node.device?.mac !== undefined && macs.has(node.device.mac));
  if (nodes.some(isKnown)) return;
  const there = names.size === 0 ? 'no nodes' : `the nodes ${namedHosts([...names])}`;
  const where = context === undefined ? 'the kubeconfig' : `the context ${context}`;
  throw new FixError('kubernetes/config', `${where} leads to a cluster of other nodes: it has ${there}`, {
    hint: 'Name the kubeconfig and the context of the cluster that the inventory is of.',
  });
}

/**
 * What a pod's flanneld publishes: what its node's annotations order, else what its own command line comes to. There
 * is no unit, so the next start is one with the same command line.
 */
function asAnnotated(node: FlannelNode, lease: Lease | undefined): FlannelNode {
  if (node.running === undefined) return node;
  const computed = publishedBy(node.running, { ...node.readings, version: node.version });
  const ordered = lease?.orderedIp;
  const next =
    ordered === undefined ? computed : { address: ordered, iface: computed?.iface, how: 'annotation' as const };
  const inForce = ordered !== undefined && ordered.toString() === lease?.publicIp.toString();
  const told = lease && { address: lease.publicIp, iface: node.published?.iface, how: 'annotation' as const };
  return {
    ...node,
    next: node.next ?? next,
    published: inForce ? told : (node.published ?? told),
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
