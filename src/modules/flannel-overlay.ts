import { z } from 'zod';
import { ask } from '../core/fact.js';
import { type Fields, fail, type Outcome, skip, unchanged } from '../core/module.js';
import { count } from '../core/text.js';
import { pingTargets } from '../diagnose/verify-cluster.js';
import { flannelOverlayPing } from '../facts/flannel-overlay-ping.js';
import type { PingResult } from '../flannel/flanneld-process.js';
import { readFleet } from './flannel-fleet.js';
import { defineFleetModule, type FleetHost, type FleetOutcome, type FleetTools, sameForAll } from './fleet-module.js';

/** Sends packets between the nodes, over the overlay. */
export const flannelOverlay = defineFleetModule({
  name: 'flannel_overlay',
  about: 'Ping every other node over the overlay (a spanning sample above 50 nodes).',
  example: `- flannel_overlay:
    timeout: 15`,
  args: z.strictObject({
    /** Seconds that nodes have to learn of each other after a change. */
    timeout: z.number().nonnegative().default(15),
  }),
  async plan({ timeout }, hosts, tools): Promise<FleetOutcome> {
    const mends = hosts.some(({ task }) => (task.vars.flannel as Fields | undefined)?.mend === true);
    const check = hosts[0]?.task.check === true;
    if (check && mends) return { outcomes: sameForAll(hosts, skip('tested once the hosts are mended')) };
    const fleet = await readFleet(hosts, tools);
    const targets = new Map(
      fleet.sites.flatMap((site) => [...pingTargets(site.nodes)]).filter(([, peers]) => peers.length > 0),
    );
    const results = await pingUntil(hosts, targets, tools, tools.now() + (mends ? timeout * 1000 : 0));
    return { outcomes: new Map(hosts.map(({ name }) => [name, outcomeOf(results.get(name))])) };
  },
});

type Targets = ReadonlyMap<string, readonly { node: string; address: string }[]>;

async function pingUntil(hosts: readonly FleetHost[], targets: Targets, tools: FleetTools, deadline: number) {
  const results = new Map<string, readonly PingResult[]>();
  for (let left = targets; ; await tools.sleep(250)) {
    await tools.each(
      hosts.filter(({ name }) => left.has(name)),
      async ({ name }) => {
        const { pings } = await tools.read(name, { pings: ask(flannelOverlayPing, { targets: left.get(name) ?? [] }) });
        const fresh = pings.state === 'present' ? pings.value : (left.get(name) ?? []).map(notTested);
        results.set(name, [
          ...(results.get(name) ?? []).filter((one) => !fresh.some(({ node }) => node === one.node)),
          ...fresh,
        ]);
      },
    );
    left = new Map(
      [...targets]
        .map(([name, peers]) => [name, peers.filter(({ node }) => isLost(results.get(name), node))] as const)
        .filter(([, peers]) => peers.length > 0),
    );
    if (left.size === 0 || tools.now() >= deadline) return results;
  }
}

function notTested({ node, address }: { node: string; address: string }): PingResult {
  return { node, address, outcome: 'not tested' };
}

function isLost(results: readonly PingResult[] | undefined, node: string): boolean {
  return results?.some((result) => result.node === node && result.outcome === 'lost') === true;
}

function outcomeOf(results: readonly PingResult[] | undefined): Outcome {
  if (results === undefined || results.length === 0) return unchanged('no other node to reach');
  const named = (outcome: PingResult['outcome']) => results.filter((one) => one.outcome === outcome);
  const lost = named('lost');
  if (lost.length > 0) {
    return fail(
      `packets over the overlay are lost to ${lost.map(({ node, address }) => `${node} (${address})`).join(', ')}`,
      {
        hint: 'Look for a filter on UDP 8472 (vxlan) or 8285 (udp) between the hosts.',
      },
    );
  }
  const untested = named('not tested');
  if (untested.length > 0) {
    return unchanged(
      `overlay not tested to ${untested.map(({ node }) => node).join(', ')}: nothing there to send with`,
      {
        result: { notice: true },
      },
    );
  }
  return unchanged(`packets cross the overlay to ${count(results.length, 'other node')}`, { result: { proven: true } });
}
