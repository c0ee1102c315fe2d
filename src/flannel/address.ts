import { IPv4, type IPv4CidrRange } from 'ip-num';
import { remembered } from './remembered.js';
import { networkOf } from './subnet-key.js';

/**
 * An IPv4 address in its one usual form.
 * @throws Error where the text is anything else
 */
export function address4(text: string): IPv4 {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text))
    throw new Error(`not an IPv4 address: ${JSON.stringify(text.slice(0, 60))}`);
  return parsed(text);
}

const parsed = remembered((text) => new IPv4(text));

/** An address with the length of its network's prefix: `10.1.31.1/24`. */
export interface AddressWithPrefix {
  readonly address: IPv4;
  readonly network: IPv4CidrRange;
}

/**
 * Reads `10.1.31.1/24`; an address alone is a /32.
 * @throws Error where the text is anything else
 */
export function addressWithPrefix(text: string): AddressWithPrefix {
  const [host = '', bits = '32', ...more] = text.split('/');
  const address = address4(host);
  const network = /^\d{1,2}$/.test(bits) && more.length === 0 ? networkOf(host, Number(bits)) : undefined;
  if (network === undefined) throw new Error(`not an IPv4 network: ${JSON.stringify(text.slice(0, 60))}`);
  return { address, network };
}

/** A network in CIDR form: `10.1.31.0/24`. */
export function cidrText(network: IPv4CidrRange): string {
  return viewOf(network).text;
}

/** What is asked of a network again and again. */
interface View {
  readonly text: string;
  readonly bits: number;
  /** Its first address without the host bits. */
  readonly stem: bigint;
}

const views = new WeakMap<IPv4CidrRange, View>();

function viewOf(network: IPv4CidrRange): View {
  const known = views.get(network);
  if (known !== undefined) return known;
  const first = network.getFirst();
  const bits = Number(network.getPrefix().getValue());
  const view = { text: `${first.toString()}/${bits}`, bits, stem: first.getValue() >> BigInt(32 - bits) };
  views.set(network, view);
  return view;
}

/** The length of a network's prefix, in bits. */
export function prefixBits(network: IPv4CidrRange): number {
  return viewOf(network).bits;
}

/** Whether an address lies in a network. */
export function lies(address: IPv4, network: IPv4CidrRange): boolean {
  const { bits, stem } = viewOf(network);
  return address.getValue() >> BigInt(32 - bits) === stem;
}

/** Whether the first network lies wholly in the second. */
export function liesWithin(inner: IPv4CidrRange, outer: IPv4CidrRange): boolean {
  return prefixBits(inner) >= prefixBits(outer) && lies(inner.getFirst(), outer);
}

/** `true` for the same network, host bits aside. */
export function sameNetwork(one: IPv4CidrRange | undefined, other: IPv4CidrRange | undefined): boolean {
  return one !== undefined && other !== undefined && cidrText(one) === cidrText(other);
}
