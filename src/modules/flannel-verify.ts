import { z } from 'zod';
import { type Fields, fail, type Outcome, skip, unchanged } from '../core/module.js';
import type { Expected } from '../diagnose/verify-node.js';
import { verifyNode } from '../diagnose/verify-node.js';
import { cidrText } from '../flannel/address.js';
import { float } from './arguments.js';
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
    timeout: float.refine((seconds) => seconds > 0, 'is not above 0').default(30),
    /** Seconds that flanneld has to have run: one that starts and dies a little later is not in order. */
    settle: float.refine((seconds) => seconds >= 0, 'is below 0').default(5),
  }),
  async plan({ timeout, settle }, hosts, tools): Promise<FleetOutcome> {
    if (hosts.every((host) => host.task.check)) {
      return { outcomes: sameForAll(hosts, skip('proven once it is mended')) };
    }
    const outcomes = new Map<string, Outcome>();
    const deadline = tools.now() + timeout * 1000;
    for (let left = hosts; ; ) {
      const fleet = await readAfresh(left, tools);
      for (const host of left) outcomes.set(host.name, verdict(host, fleet, settle));
      left = left.filter(({ name }) => outcomes.get(name)?.kind === 'fail');
      if (left.length === 0 || tools.now() >= deadline) return { outcomes };
      await tools.sleep(pauseMs(left, fleet, settle));
    }
  },
});

/** Until the first of them may be settled: they are not asked all the time for nothing. */
function pauseMs(hosts: readonly FleetHost[], fleet: FlannelFleet, settle: number): number {
  const ages = hosts.map(({ name }) => fleet.nodes.get(name)?.process?.ageSeconds ?? settle);
  return Math.max(PAUSE_MS, (settle - Math.max(...ages)) * 1000);
}

function verdict(host: FleetHost, fleet: FlannelFleet, settle: number): Outcome {
  const unread = whyUnread(fleet, host.name);
  if (unread !== undefined) return fail(unread instanceof Error ? unread.message : String(unread));
  const node = fleet.nodes.get(host.name);
  const site = fleet.sites.find(({ nodes }) => nodes.some((one) => one.host === host.name));
  if (node === undefined || site === undefined) return fail(node?.why ?? 'flanneld does not run there any more');
  const expected = expectedOf(host.task.vars.flannel as Fields);
  const faults = verifyNode(node, expected, site.leases, site.config);
  if (faults.length > 0) return fail(faults.join('; '));
  const age = node.process?.ageSeconds;
  if (age !== undefined && age < settle) return fail(`flanneld runs for ${age.toFixed(1)} s only; it does not stay up`);
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
