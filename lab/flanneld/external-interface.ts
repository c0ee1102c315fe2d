import { isIPv4 } from 'node:net';
import type { Settings } from './settings.js';

/** An interface as the kernel lists it. */
export interface HostInterface {
  readonly index: number;
  readonly name: string;
  readonly mtuBytes: number;
  /** IPv4, in the kernel's order. */
  readonly addresses: readonly string[];
}

/** What a host has to choose from. */
export interface HostNetwork {
  readonly interfaces: readonly HostInterface[];
  /** Interfaces of the IPv4 default routes, in the order in which the kernel lists them; metrics do not count. */
  readonly defaultRoutes: readonly string[];
  /** The interface that the kernel would send to this address by. */
  readonly routeTo: (address: string) => string | undefined;
}

export interface ExternalInterface {
  readonly iface: HostInterface;
  readonly address: string;
  /** The identity under which the lease is kept. */
  readonly publicIp: string;
}

/** The lines that flanneld logs while it looks, by what they say. */
export interface LookupLog {
  searching(address: string): void;
  determining(): void;
  using(name: string, address: string): void;
  external(address: string): void;
  defaulting(address: string): void;
  noMatch(wanted: string, why: string): void;
}

/**
 * Chooses the interface as flanneld does: the first `-iface` that matches, else the first `-iface-regex`, else the
 * interface of the first IPv4 default route.
 * @throws Error in flanneld's words when nothing matches
 * @see flannel v0.11.0 `main.go`, `main` and `LookupExtIface`
 */
export function externalInterface(network: HostNetwork, settings: Settings, log: LookupLog): ExternalInterface {
  const { iface, ifaceRegex, ifaceCanReach } = settings;
  if (iface.length + ifaceRegex.length === 0 && ifaceCanReach === '') {
    log.determining();
    return named(settings, defaultInterface(network), undefined, log);
  }
  const looks = [
    ...iface.map((wanted) => ({ wanted, look: () => byNameOrAddress(network, wanted, log) })),
    ...ifaceRegex.map((wanted) => ({ wanted, look: () => byRegex(network, wanted) })),
    ...(ifaceCanReach === '' ? [] : [{ wanted: ifaceCanReach, look: () => byRoute(network, ifaceCanReach) }]),
  ];
  for (const { wanted, look } of looks) {
    try {
      const found = look();
      return named(settings, found.iface, found.address, log);
    } catch (error) {
      log.noMatch(wanted, error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error('Failed to find interface to use that matches the interfaces and/or regexes provided');
}

interface Found {
  readonly iface: HostInterface;
  readonly address: string | undefined;
}

function defaultInterface(network: HostNetwork): HostInterface {
  const name = network.defaultRoutes[0];
  const found = network.interfaces.find((one) => one.name === name);
  if (found) return found;
  throw new Error(
    'Failed to find any valid interface to use: failed to get default interface: Unable to find default route',
  );
}

function byNameOrAddress(network: HostNetwork, wanted: string, log: LookupLog): Found {
  if (isIPv4(wanted)) {
    log.searching(wanted);
    const iface = network.interfaces.find((one) => one.addresses.includes(wanted));
    if (iface) return { iface, address: wanted };
    throw new Error(`error looking up interface ${wanted}: No interface with given IP found`);
  }
  const iface = network.interfaces.find((one) => one.name === wanted);
  if (iface) return { iface, address: undefined };
  throw new Error(`error looking up interface ${wanted}: route ip+net: no such network interface`);
}

function byRegex(network: HostNetwork, pattern: string): Found {
  const regex = new RegExp(pattern);
  const byAddress = network.interfaces.find((one) => one.addresses[0] !== undefined && regex.test(one.addresses[0]));
  if (byAddress) return { iface: byAddress, address: byAddress.addresses[0] };
  const byName = network.interfaces.find((one) => regex.test(one.name));
  if (byName) return { iface: byName, address: undefined };
  throw new Error(`Could not match pattern ${pattern} to any of the available network interfaces`);
}

function byRoute(network: HostNetwork, address: string): Found {
  const name = network.routeTo(address);
  const iface = network.interfaces.find((one) => one.name === name);
  if (iface) return { iface, address: undefined };
  throw new Error(`failed to get default interface by routing to ${address}`);
}

function named(settings: Settings, iface: HostInterface, given: string | undefined, log: LookupLog): ExternalInterface {
  const address = given ?? iface.addresses.find((one) => !one.startsWith('169.254.')) ?? iface.addresses[0];
  if (address === undefined) throw new Error(`failed to find IPv4 address for interface ${iface.name}`);
  log.using(iface.name, address);
  if (settings.publicIp === '') {
    log.defaulting(address);
    return { iface, address, publicIp: address };
  }
  if (!isIPv4(settings.publicIp)) throw new Error(`invalid public IP address: ${settings.publicIp}`);
  log.external(settings.publicIp);
  return { iface, address, publicIp: settings.publicIp };
}
