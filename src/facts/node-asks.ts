import { type Ask, type Asks, ask } from '../core/fact.js';
import type { Fields } from '../core/module.js';
import type { Reading } from '../core/reading.js';
import type { Choice } from '../flannel/choose-interface.js';
import type { RouteTo } from '../flannel/host-network.js';
import type { FlannelNode, NodeReadings } from '../flannel/node.js';
import { proofPeers } from '../flannel/prove-choice.js';
import { containerBridges } from './container-bridges.js';
import { flannelDependents } from './flannel-dependents.js';
import { flannelDevices } from './flannel-device.js';
import { flannelPeers } from './flannel-peers.js';
import { flannelProcess } from './flannel-process.js';
import { DEFAULT_SUBNET_FILE, flannelRunState } from './flannel-run-state.js';
import { flannelSubnetEnv } from './flannel-subnet-env.js';
import { flannelUnit } from './flannel-unit.js';
import { flannelVersion } from './flannel-version.js';
import { hostAddresses } from './host-addresses.js';
import { hostIdentity } from './host-identity.js';
import { hostLinks } from './host-links.js';
import { hostRouteTo } from './host-route-to.js';
import { hostRoutes } from './host-routes.js';

/** The questions whose answers make a `FlannelNode`. */
export type NodeAsks = {
  readonly [K in keyof NodeReadings]: NodeReadings[K] extends Reading<infer V> ? Ask<V> : never;
};

/**
 * All that is asked of a host in the first exchange.
 * @param vars `flannel_unit` and `flannel_subnet_file` are looked at
 */
export function nodeAsks(vars: Fields): NodeAsks {
  const unit = text(vars.flannel_unit);
  const subnetFile = text(vars.flannel_subnet_file) ?? DEFAULT_SUBNET_FILE;
  return {
    identity: ask(hostIdentity, {}),
    addresses: ask(hostAddresses, {}),
    links: ask(hostLinks, {}),
    routes: ask(hostRoutes, {}),
    unit: ask(flannelUnit, { name: unit }),
    process: ask(flannelProcess, {}),
    version: ask(flannelVersion, {}),
    subnetEnv: ask(flannelSubnetEnv, { path: subnetFile }),
    runState: ask(flannelRunState, { subnetFile }),
    devices: ask(flannelDevices, {}),
    peers: ask(flannelPeers, {}),
    bridges: ask(containerBridges, {}),
    dependents: ask(flannelDependents, { units: unitsAsked(vars) }),
  };
}

/**
 * What has to be asked again now that the command line and the unit are known: the subnet file stands elsewhere, or
 * the unit has another name. The answers replace the first ones, under the same names.
 *
 * @returns an empty object where the first exchange told everything
 */
export function furtherAsks(node: FlannelNode, vars: Fields): Partial<NodeAsks> {
  const asked = text(vars.flannel_subnet_file) ?? DEFAULT_SUBNET_FILE;
  const subnetFile = node.settings?.subnetFile ?? asked;
  const unit = node.unit?.name;
  return {
    ...(subnetFile !== asked && {
      subnetEnv: ask(flannelSubnetEnv, { path: subnetFile }),
      runState: ask(flannelRunState, { subnetFile }),
    }),
    ...(unit !== undefined &&
      !unitsAsked(vars).includes(unit) && { dependents: ask(flannelDependents, { units: [unit] }) }),
  };
}

/** `ip route get` to the peers, for each host whose interface is chosen and that has peers. */
export function proofAsks(
  choices: ReadonlyMap<string, Choice>,
): Map<string, { readonly routes: Ask<readonly RouteTo[]> } & Asks> {
  return new Map(
    [...proofPeers(choices)]
      .filter(([, addresses]) => addresses.length > 0)
      .map(([host, addresses]) => [host, { routes: ask(hostRouteTo, { addresses }) }]),
  );
}

function unitsAsked(vars: Fields): readonly string[] {
  const unit = text(vars.flannel_unit);
  return unit === undefined ? ['flanneld.service', 'flannel.service'] : [unit];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
