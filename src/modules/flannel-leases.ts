import { z } from 'zod';
import { change, type Outcome, skip, unchanged } from '../core/module.js';
import { mendPlan } from '../diagnose/mend-plan.js';
import { cidrText } from '../flannel/address.js';
import { chooseInterfaces } from '../flannel/choose-interface.js';
import type { Lease } from '../flannel/lease.js';
import { clusterOf, readFleet } from './flannel-fleet.js';
import { defineFleetModule, type FleetAction, type FleetOutcome, sameForAll } from './fleet-module.js';

/** Takes away leases that no node holds any more. */
export const flannelLeases = defineFleetModule({
  name: 'flannel_leases',
  about: 'Delete dead leases by compare, once no node holds their subnet; reservations stay.',
  example: `- flannel_leases:
    dead: absent`,
  args: z.strictObject({ dead: z.literal('absent') }),
  async plan(_, hosts, tools): Promise<FleetOutcome> {
    const names = hosts.map(({ name }) => name);
    const all = (outcome: Outcome) => sameForAll(hosts, outcome);
    const task = hosts[0]?.task;
    // Hosts that were left out may hold what looks dead from here.
    if (task?.vars.ansible_limit !== undefined)
      return { outcomes: all(skip('not with --limit: a host left out may hold a lease')) };
    const missing = leftOut(names, task?.vars.groups);
    if (missing.length > 0)
      return { outcomes: all(skip(`${missing.slice(0, 5).join(', ')} left out here, and may hold a lease`)) };
    const fleet = await readFleet(hosts, tools);
    const outcomes = all(unchanged('no dead leases'));
    const actions: FleetAction[] = [];
    if (fleet.errors.size > 0) return { outcomes: all(skip('not every host could be read')) };
    // A node whose etcd is unknown may hold a lease in one that is known.
    if (fleet.sites.some(({ error }) => error !== undefined))
      return { outcomes: all(skip("not every node's leases could be read")) };
    for (const site of fleet.sites) {
      const cluster = clusterOf(fleet, site);
      const plan = mendPlan(cluster, chooseInterfaces(cluster.nodes));
      const dead = task?.check ? plan.leasesToGo : plan.deadLeases;
      if (dead.length === 0 || site.spec === undefined) continue;
      const { spec: registry, via } = site;
      actions.push(...dead.map((lease) => ({ kind: 'delete-lease' as const, registry, via, lease })));
      // The change is the cluster's; the host whose way to etcd is used answers for it.
      outcomes.set(
        via,
        change(`delete ${dead.map(leaseText).join(', ')}, which no node holds then`, {
          actions: [],
          result: { cluster: true },
        }),
      );
    }
    return { outcomes, actions };
  },
});

/** Nodes of the inventory that the task does not see: of the group `flannel` where there is one, else all hosts. */
function leftOut(seen: readonly string[], groups: unknown): string[] {
  const { flannel, all } = (groups ?? {}) as Readonly<Record<string, readonly string[] | undefined>>;
  const names = new Set(seen);
  return [...(flannel ?? all ?? [])].filter((name) => !names.has(name));
}

function leaseText({ subnet, publicIp }: Lease): string {
  return `the dead lease ${cidrText(subnet)} of ${publicIp}`;
}
