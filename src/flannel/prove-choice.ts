import type { Reading } from '../core/reading.js';
import type { Choice } from './choose-interface.js';
import type { RouteTo } from './host-network.js';

const MOST_PEERS = 50;

/**
 * The peers' addresses to which each chosen host must have a road over its chosen interface: all of them up to fifty
 * hosts, and above that fifty spread evenly over the fleet (each host is then asked for by fifty others).
 */
export function proofPeers(choices: ReadonlyMap<string, Choice>): Map<string, string[]> {
  const chosen = [...choices].flatMap(([host, choice]) =>
    choice.kind === 'chosen' ? [{ host, address: choice.address }] : [],
  );
  const total = chosen.length;
  const peers = Math.min(total - 1, MOST_PEERS);
  return new Map(
    chosen.map(({ host }, at) => [
      host,
      Array.from({ length: Math.max(0, peers) }, (_, step) => {
        const offset = 1 + Math.floor((step * (total - 1)) / peers);
        return (chosen[(at + offset) % total] as (typeof chosen)[number]).address.toString();
      }),
    ]),
  );
}

/**
 * Holds the choices against what `ip route get` said on each host. A choice stands only where every road to a peer
 * leaves over the chosen interface.
 *
 * @param routes by host; a host without a reading was not asked, and stands where it has no peers to reach
 */
export function checkProof(
  choices: ReadonlyMap<string, Choice>,
  routes: ReadonlyMap<string, Reading<readonly RouteTo[]>>,
): Map<string, Choice> {
  const peers = proofPeers(choices);
  return new Map([...choices].map(([host, choice]) => [host, proven(choice, peers.get(host) ?? [], routes.get(host))]));
}

function proven(choice: Choice, peers: readonly string[], reading: Reading<readonly RouteTo[]> | undefined): Choice {
  if (choice.kind === 'refused' || peers.length === 0) return choice;
  if (reading?.state !== 'present') {
    const why = reading?.state === 'unreadable' ? reading.why : 'nothing was answered';
    return unproven(choice, `the routes to the other hosts cannot be read: ${why}`);
  }
  const roads = new Map(reading.value.map((road) => [road.address.toString(), road]));
  for (const peer of peers) {
    const road = roads.get(peer);
    if (road?.dev === undefined) return unproven(choice, `there is no route to ${peer}`);
    if (road.dev !== choice.iface) return unproven(choice, `${peer} is reached over ${road.dev}, not ${choice.iface}`);
  }
  return {
    ...choice,
    why: `${choice.why}; the routes to ${peers.length === 1 ? 'its peer' : `${peers.length} peers`} leave over it`,
  };
}

function unproven(choice: Extract<Choice, { kind: 'chosen' }>, why: string): Choice {
  return {
    kind: 'refused',
    why: `${choice.iface} (${choice.address}) does not lead to the other hosts: ${why}`,
    candidates: [{ iface: choice.iface, address: choice.address.toString(), verdict: why }],
    hint: 'Mend the routes between the hosts, or set flannel_iface to the interface that does lead there.',
  };
}
