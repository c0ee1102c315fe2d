import { FixError } from '../core/error.js';
import type { Cluster } from '../diagnose/cluster.js';
import { furtherAsks, nodeAsks } from '../facts/node-asks.js';
import { assembleNode, type FlannelNode } from '../flannel/node.js';
import { readSites, type Site } from './flannel-sites.js';
import type { FleetHost, FleetTools } from './fleet-module.js';

/** A fleet as it was read: its hosts, and each etcd with the nodes that use it. */
export interface FlannelFleet {
  readonly nodes: ReadonlyMap<string, FlannelNode>;
  /** Hosts that could not be asked, with what was thrown. */
  readonly errors: ReadonlyMap<string, unknown>;
  readonly sites: readonly Site[];
  /** Milliseconds since 1970 when it was read. */
  readonly now: number;
}

/** Reads hosts and leases, unless that was done since anything changed. */
export function readFleet(hosts: readonly FleetHost[], tools: FleetTools): Promise<FlannelFleet> {
  return tools.remember(`flannel ${hosts.map((host) => host.name).join(' ')}`, () => readAfresh(hosts, tools));
}

/** Reads hosts and leases, whatever was read before. */
export async function readAfresh(hosts: readonly FleetHost[], tools: FleetTools): Promise<FlannelFleet> {
  const nodes = new Map<string, FlannelNode>();
  const errors = new Map<string, unknown>();
  const now = tools.now();
  await tools.each(hosts, async (host) => {
    try {
      nodes.set(host.name, await readNode(host, tools));
    } catch (error) {
      errors.set(host.name, error);
    }
  });
  // What a slow host answered last must not stand first: everything that is shown follows the inventory's order.
  const ordered = new Map(
    hosts.flatMap(({ name }) => (nodes.has(name) ? [[name, nodes.get(name) as FlannelNode]] : [])),
  );
  const members = hosts.flatMap(({ name, task }) => {
    const node = ordered.get(name);
    return node?.status === 'flannel' ? [{ node, vars: task.vars }] : [];
  });
  return { nodes: ordered, errors, sites: await readSites(members, tools), now };
}

async function readNode({ name, task }: FleetHost, tools: FleetTools): Promise<FlannelNode> {
  const readings = await tools.read(name, nodeAsks(task.vars));
  const node = assembleNode(name, readings, task.vars);
  const further = furtherAsks(node, task.vars);
  if (Object.keys(further).length === 0) return node;
  return assembleNode(name, { ...readings, ...(await tools.read(name, further)) }, task.vars);
}

/**
 * A site as the checks take it. Hosts of other sites and hosts without flannel belong to it too: an address has to be
 * unique among all of them.
 */
export function clusterOf(fleet: FlannelFleet, site: Site): Cluster {
  const own = new Set(site.nodes.map(({ host }) => host));
  const others = [...fleet.nodes.values()].filter(({ host, status }) => !own.has(host) && status !== 'flannel');
  return { nodes: [...site.nodes, ...others], leases: site.leases, config: site.config, now: fleet.now };
}

/** Why a host is not judged: it could not be asked, or what it said cannot be understood. */
export function whyUnread(fleet: FlannelFleet, host: string): unknown {
  const node = fleet.nodes.get(host);
  if (fleet.errors.has(host)) return fleet.errors.get(host);
  if (node?.status !== 'unreadable') return undefined;
  return new FixError('host/unreadable', `cannot tell what flannel does there: ${node.why}`, {
    hint: 'Look at the host; nothing was changed anywhere.',
    at: host,
  });
}
