import type { IPv4 } from 'ip-num';
import { type Reading, valueIfPresent } from '../core/reading.js';
import { address4 } from './address.js';
import { type FlannelVersion, isAtLeast } from './flanneld-process.js';
import type { InterfaceAddress, Route } from './host-network.js';
import type { FlanneldSettings } from './unit.js';

/** The address by which a node's lease is found, and how flanneld comes to it. */
export interface Published {
  readonly address: IPv4;
  readonly iface: string | undefined;
  readonly how: '-public-ip' | '-iface' | 'default route' | 'flannel device' | 'annotation';
}

/** What flanneld looks at when it chooses. */
export interface PublishingHost {
  readonly addresses: Reading<readonly InterfaceAddress[]>;
  readonly routes: Reading<readonly Route[]>;
  readonly version: FlannelVersion | undefined;
}

/**
 * The address that a flanneld with these settings publishes on this host.
 *
 * @returns `undefined` where it cannot be told: an expression chooses, or what is named does not exist
 * @see flannel `main.go`, `LookupExtIface`, at v0.11.0
 */
export function publishedBy(settings: FlanneldSettings, host: PublishingHost): Published | undefined {
  const addresses = valueIfPresent(host.addresses) ?? [];
  const chosen = chosenInterface(settings, addresses, host);
  if (settings.publicIp === undefined || !/^[\d.]+$/.test(settings.publicIp)) return chosen;
  try {
    return { address: address4(settings.publicIp), iface: chosen?.iface, how: '-public-ip' };
  } catch {
    return undefined;
  }
}

function chosenInterface(
  settings: FlanneldSettings,
  addresses: readonly InterfaceAddress[],
  { routes, version }: PublishingHost,
): Published | undefined {
  if (settings.iface.length > 0) {
    // Up to 0.7.1 the flag is one value, and the last one counts.
    const lastWins = version !== undefined && !isAtLeast(version, 0, 8);
    const names = lastWins ? settings.iface.slice(-1) : settings.iface;
    const found = names.map((name) => interfaceNamed(name, addresses)).find((match) => match !== undefined);
    if (found !== undefined) return { ...found, how: '-iface' };
  }
  if (settings.iface.length > 0 || settings.ifaceRegex.length > 0 || settings.ifaceCanReach !== undefined)
    return undefined;
  const gateway = (valueIfPresent(routes) ?? []).find(isDefault)?.dev;
  const address = gateway === undefined ? undefined : primaryAddress(gateway, addresses);
  return address === undefined ? undefined : { address: address.address, iface: gateway, how: 'default route' };
}

function isDefault({ destination, type }: Route): boolean {
  return type === 'unicast' && destination.getPrefix().getValue() === 0n;
}

function interfaceNamed(
  name: string,
  addresses: readonly InterfaceAddress[],
): { address: IPv4; iface: string } | undefined {
  const found = /^[\d.]+$/.test(name)
    ? addresses.find(({ address }) => address.toString() === name)
    : primaryAddress(name, addresses);
  return found === undefined ? undefined : { address: found.address, iface: found.iface };
}

/**
 * The address that flanneld takes of an interface: the first that is not link-local.
 * @see flannel `pkg/ip/iface.go`, `GetIfaceIP4Addr`
 */
export function primaryAddress(iface: string, addresses: readonly InterfaceAddress[]): InterfaceAddress | undefined {
  const own = addresses.filter((address) => address.iface === iface);
  return own.find(({ address }) => !isLinkLocal(address)) ?? own[0];
}

/** Whether it is in 169.254.0.0/16. */
export function isLinkLocal(address: IPv4): boolean {
  return address.getValue() >> 16n === 0xa9fen;
}
