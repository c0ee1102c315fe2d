import { z } from 'zod';
import { messageOf } from '../core/error.js';
import { fail, type Outcome, unchanged } from '../core/module.js';
import { readFleet } from './flannel-fleet.js';
import { defineFleetModule } from './fleet-module.js';

/** Finds the etcds of hosts, whatever state these are in: a playbook that has it holds their locks while it runs. */
export const flannelClusters = defineFleetModule({
  name: 'flannel_clusters',
  about: 'Find the clusters that hosts belong to, so that a run holds their locks.',
  example: '- flannel_clusters:',
  args: z.strictObject({}),
  async plan(_, hosts, tools) {
    const fleet = await readFleet(hosts, tools);
    const outcomes = new Map<string, Outcome>(hosts.map(({ name }) => [name, unchanged('looked at')]));
    for (const { nodes, error } of fleet.sites) {
      if (error === undefined) continue;
      const why = `its cluster cannot be locked: ${messageOf(error)}`;
      for (const { host } of nodes) outcomes.set(host, fail(why, { hint: 'Mend etcd first; nothing was changed.' }));
    }
    const registries = fleet.sites.flatMap(({ spec, via }) => (spec === undefined ? [] : [{ spec, via }]));
    return { outcomes, errors: fleet.errors, registries };
  },
});
