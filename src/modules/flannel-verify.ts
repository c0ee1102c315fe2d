import { z } from 'zod';
import { type Fields, fail, type Outcome, skip, unchanged } from '../core/module.js';
import type { Expected } from '../diagnose/verify-node.js';
import { verifyNode } from '../diagnose/verify-node.js';
import { cidrText } from '../flannel/address.js';
import { type FlannelFleet, readAfresh, whyUnread } from './flannel-fleet.js';
import { defineFleetModule, type FleetHost, type FleetOutcome, sameForAll } from './fleet-module.js';

/** How long between two looks at hosts that are not ready yet. */
const PAUSE_MS = 250;

/** Proves the hosts of a batch before the next one starts. */
export const flannelVerify = defineFleetModule({
  name: 'flannel_verify',
  about: 'Prove mended hosts: unit, command line, fresh subnet file, a lease of their own, the device.',
  example: `- flannel_verify:
    timeout: 30`,
  args: z.strictObject({
    /** Seconds to wait for flanneld to settle. */
    timeout: z.number().positive().default(30),
  }),
  async plan({ timeout }, hosts, tools): Promise<FleetOutcome> {
    if (hosts.every((host) => host.task.check)) {
      return { outcomes: sameForAll(hosts, skip('proven once it is mended')) };
    }
    const outcomes = new Map<string, Outcome>();
    const deadline = tools.now() + timeout * 1000;
    for (let left = hosts; ; await tools.sleep(PAUSE_MS)) {
      const fleet = await readAfresh(left, tools);
      for (const host of left) outcomes.set(host.name, verdict(host, fleet));
      left = left.filter(({ name }) => outcomes.get(name)?.kind === 'fail');
      if (left.length === 0 || tools.now() >= deadline) return { outcomes };
    }
  },
});

function verdict(host: FleetHost, fleet: FlannelFleet): Outcome {
  const unread = whyUnread(fleet, host.name);
  if (unread !== undefined) return fail(unread instanceof Error ? unread.message : String(unread));
  const node = fleet.nodes.get(host.name);
  const site = fleet.sites.find(({ nodes }) => nodes.some((one) => one.host === host.name));
  if (node === undefined || site === undefined) return fail(node?.why ?? 'flanneld does not run there any more');
  const expected = expectedOf(host.task.vars.flannel as Fields);
  const faults = verifyNode(node, expected, site.leases, site.config);
  if (faults.length > 0) return fail(faults.join('; '));
  const subnet = node.held === undefined ? '' : cidrText(node.held.subnet);
  return unchanged(`${subnet} is its own, for ${expected.address}`, { result: { proven: true, subnet } });
}

/** What the diagnosis decided for the host, as it was registered. */
function expectedOf(decided: Fields): Expected {
  return {
    argument: decided.needs_iface === true && typeof decided.iface === 'string' ? decided.iface : undefined,
    address: String(decided.address),
    ...(decided.needs_iface === true && typeof decided.old_subnet === 'string' && { notSubnet: decided.old_subnet }),
    restarted: decided.clear === true,
  };
}
