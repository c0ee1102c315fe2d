import { isIPv6 } from 'node:net';
import { IPv4, IPv4CidrRange, IPv4Prefix, IPv6, IPv6CidrRange, IPv6Prefix } from 'ip-num';
import { remembered } from './remembered.js';

/** What the name of a lease's key says. */
export interface SubnetKey {
  /** Without host bits. */
  readonly subnet: IPv4CidrRange;
  /** The second half of a dual-stack key (flannel 0.17 and later), without host bits. */
  readonly subnet6: IPv6CidrRange | undefined;
}

const SHAPE = /^((?:\d{1,3}\.){3}\d{1,3})-(\d{1,2})(?:&([0-9a-fA-F:.]+)-(\d{1,3}))?$/;

/**
 * Reads the last part of a lease's key: `10.1.2.0-24`, or `10.1.2.0-24&2001:db8::-64`.
 *
 * @param key the whole key or its last part
 * @returns `undefined` where flannel would see no subnet: it takes /31 and /127 at the longest
 * @see flannel `pkg/subnet/subnet.go`, `ParseSubnetKey`, at 0f89b8d
 */
export function parseSubnetKey(key: string): SubnetKey | undefined {
  const parts = SHAPE.exec(key.slice(key.lastIndexOf('/') + 1));
  if (parts === null) return undefined;
  const [, address, bits, address6, bits6] = parts as unknown as [string, string, string, string?, string?];
  const subnet = Number(bits) <= 31 ? networkOf(address, Number(bits)) : undefined;
  if (subnet === undefined) return undefined;
  if (address6 === undefined) return { subnet, subnet6: undefined };
  const subnet6 = Number(bits6) <= 127 ? networkOf6(address6, Number(bits6)) : undefined;
  return subnet6 === undefined ? undefined : { subnet, subnet6 };
}

/** The name under which flannel keeps an IPv4 lease: `10.1.2.0-24`. */
export function subnetKey(subnet: IPv4CidrRange): string {
  return `${subnet.getFirst().toString()}-${subnet.getPrefix().getValue()}`;
}

/**
 * The network that an address of it names: host bits are dropped.
 * @returns `undefined` where the text is no IPv4 address or `bits` is not 0 to 32
 */
export function networkOf(address: string, bits: number): IPv4CidrRange | undefined {
  if (address.includes('/')) return undefined;
  try {
    return network4(`${address}/${bits}`);
  } catch {
    return undefined;
  }
}

const network4 = remembered((text) => {
  const [address = '', bits = ''] = text.split('/');
  const whole = new IPv4CidrRange(new IPv4(address), new IPv4Prefix(BigInt(bits)));
  return new IPv4CidrRange(whole.getFirst(), whole.getPrefix());
});

function networkOf6(address: string, bits: number): IPv6CidrRange | undefined {
  if (!isIPv6(address)) return undefined;
  try {
    const whole = new IPv6CidrRange(new IPv6(address), new IPv6Prefix(BigInt(bits)));
    return new IPv6CidrRange(whole.getFirst(), whole.getPrefix());
  } catch {
    return undefined;
  }
}
