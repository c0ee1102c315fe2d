import { integerArgument, listArgument, textArgument } from '../arguments.js';
import { failed } from '../failure.js';
import { hardwareAddress, parseHardware, slaacAddress } from '../hardware-address.js';
import {
  addressText,
  firstOf,
  type IpNetwork,
  ipNetwork,
  mergedNetworks,
  networkText,
  parseAddress,
  parseNetwork,
  pythonInteger,
  sizeOf,
  spanningNetwork,
  widthOf,
  withoutHost,
} from '../ip-network.js';
import { ipaddr, nthAddress, nthUsable } from '../ip-queries.js';
import { truthy } from '../python-compare.js';
import { str } from '../python-text.js';
import { entry, type Table } from '../signature.js';
import { isInteger, isList, Tuple, typeName } from '../values.js';

/** Filters of ansible.utils on addresses, networks and hardware addresses. */
export const ADDRESS_FILTERS: Table = {
  ipaddr: entry('query=, version=, alias=', (value, [query, version]) =>
    ipaddr(addressArgument(value, 'ipaddr'), words(query), optionalInteger(version, 'version')),
  ),
  ipv4: entry('query=', (value, [query]) => ipaddr(addressArgument(value, 'ipv4'), words(query), 4, 'ipv4')),
  ipv6: entry('query=', (value, [query]) => ipaddr(addressArgument(value, 'ipv6'), words(query), 6, 'ipv6')),
  ipwrap: entry('', (value) => {
    if (typeof value !== 'string' && typeof value !== 'boolean' && !isList(value)) throw noAddress(value, 'ipwrap');
    return isList(value) ? value.map(wrapped) : wrapped(value);
  }),
  ipsubnet: entry('query=, index=', (value, [query, index]) =>
    ipsubnet(words(value), words(query), optionalInteger(index, 'index')),
  ),
  ipmath: entry('amount=', (value, [amount]) => {
    const text = words(value);
    const at = text.includes('/') ? parseNetwork(text) : parseAddress(text);
    if (at === undefined) throw failed(`ipmath needs an address, not '${text}'`);
    const moved = ipNetwork(at.version, at.value + BigInt(integerOf(amount, 'amount')));
    if (moved === undefined) throw failed(`ipmath leads beyond the last address from ${text}`);
    return addressText(moved.version, moved.value);
  }),
  nthhost: entry('query=', (value, [query]) => {
    const network = asNetwork(words(value));
    const index = pythonInteger(words(query));
    if (network === undefined || index === undefined || sizeOf(network) <= index) return false;
    const found = nthAddress(network, index);
    if (found === undefined) throw failed(`there is no host ${index} in ${networkText(network)}`);
    return addressText(network.version, found);
  }),
  next_nth_usable: entry('offset=', (value, [offset]) => nth(value, offset, 1n)),
  previous_nth_usable: entry('offset=', (value, [offset]) => nth(value, offset, -1n)),
  network_in_network: entry('test=', (value, [test]) => within(spanOf(words(test)), spanOf(words(value)))),
  network_in_usable: entry('test=', (value, [test]) =>
    within(spanOf(words(test)), spanOf(words(value), 'first_usable', 'last_usable')),
  ),
  reduce_on_network: entry('network=', (value, [network]) => {
    const outer = spanOf(words(network));
    return textsOf(value, 'reduce_on_network').filter((text) => within(spanOf(text), outer));
  }),
  cidr_merge: entry('action=', (value, [action]) => cidrMerge(textsOf(value, 'cidr_merge'), words(action ?? 'merge'))),
  hwaddr: entry('query=, alias=', (value, [query, alias]) =>
    hardwareAddress(words(value), words(query), words(alias ?? 'hwaddr')),
  ),
  macaddr: entry('query=', (value, [query]) => hardwareAddress(words(value), words(query), 'macaddr')),
  slaac: entry('query=', (value, [query]) => {
    const network = asNetwork(words(value));
    const hardware = parseHardware(words(query));
    if (network?.version !== 6 || hardware === undefined) return false;
    return addressText(6, slaacAddress(firstOf(network), hardware));
  }),
  ip4_hex: entry('delimiter=', (value, [delimiter]) => {
    const parts = words(value).split('.').map(pythonInteger);
    if (parts.length < 4 || parts.includes(undefined)) throw failed(`ip4_hex needs an address, not '${str(value)}'`);
    const digits = parts.slice(0, 4).map((part) => (part as bigint).toString(16).padStart(2, '0'));
    return digits.join(words(delimiter));
  }),
};

/** A query or an argument that Ansible's schemas take as text, whatever it is. */
function words(value: unknown): string {
  return value === undefined || value === null ? '' : str(value);
}

function addressArgument(value: unknown, name: string): unknown {
  const isPlainList = isList(value) && !(value instanceof Tuple);
  if (typeof value === 'string' || typeof value === 'boolean' || isInteger(value) || isPlainList) return value;
  throw noAddress(value, name);
}

function noAddress(value: unknown, name: string): Error {
  return failed(`${name} takes an address or a list of them, not ${typeName(value)}`);
}

/** A number, or a text that spells one. */
function integerOf(value: unknown, what: string): number {
  const spelled = typeof value === 'string' ? pythonInteger(value) : undefined;
  return integerArgument(spelled === undefined ? value : Number(spelled), what);
}

function optionalInteger(value: unknown, what: string): number | undefined {
  return value === undefined || value === null ? undefined : integerOf(value, what);
}

/** A list of texts; one text is split at its commas, and a number stands for itself. */
function textsOf(value: unknown, what: string): string[] {
  if (isInteger(value)) return [words(value)];
  return typeof value === 'string' ? value.split(',') : listArgument(value, what).map(words);
}

/** The network that an address is in, host bits kept where they were written. */
function asNetwork(text: string): IpNetwork | undefined {
  const found = ipaddr(text, 'cidr');
  return typeof found === 'string' ? parseNetwork(found) : undefined;
}

function wrapped(value: unknown): unknown {
  const found = isAddressLike(value) ? ipaddr(value, '', undefined, 'ipwrap') : false;
  return truthy(found) ? ipaddr(found, 'wrap') : value;
}

function isAddressLike(value: unknown): boolean {
  return typeof value === 'string' || isInteger(value) || isList(value);
}

function nth(value: unknown, offset: unknown, sign: bigint): unknown {
  const network = asNetwork(words(value));
  const by = optionalInteger(offset, 'offset');
  return network === undefined ? false : nthUsable(network, sign * BigInt(integerArgument(by, 'offset')));
}

interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/** The first and the last address, by two queries; where there is none, the address itself, and zero for what is none. */
function spanOf(text: string, firstQuery = 'network', lastQuery = 'broadcast'): Span {
  const network = ipaddr(text, 'subnet');
  const at = (query: string) => {
    const found = network === false ? false : ipaddr(network, query) || ipaddr(network, 'address');
    return typeof found === 'string' ? (parseAddress(found)?.value ?? 0n) : 0n;
  };
  return { first: at(firstQuery), last: at(lastQuery) };
}

function within(inner: Span, outer: Span): boolean {
  return [inner.first, inner.last].every((value) => value >= outer.first && value <= outer.last);
}

function cidrMerge(texts: readonly string[], action: string): unknown {
  if (action !== 'merge' && action !== 'span') throw failed(`cidr_merge has no action '${action}'`);
  const networks = texts.map((text) => {
    const network = parseNetwork(text);
    if (network === undefined) throw failed(`cidr_merge: '${text}' is no network`);
    return network;
  });
  if (action === 'merge') return mergedNetworks(networks).map(networkText);
  const [only, ...more] = networks;
  if (only === undefined) return null;
  if (more.length === 0) return networkText(only);
  const span = spanningNetwork(networks);
  if (span === undefined) throw failed('cidr_merge cannot span addresses of both versions');
  return networkText(span);
}

/** @see ansible.utils 2.10 `plugins/filter/ipsubnet.py` */
function ipsubnet(text: string, query: string, index: number | undefined): unknown {
  const type = ipaddr(text, 'type');
  const written = asNetwork(text);
  if (type === false || written === undefined) return false;
  const network = withoutHost(written);
  if (query === '') return networkText(network);
  if (!/^\d+$/.test(query)) return placeIn(network, query);
  const bits = Number(query);
  const width = widthOf(network.version);
  if (bits > width) return false;
  return sizeOf(network) === 1n
    ? supernet(network, bits, index)
    : subnetAt(network, bits, index === undefined ? undefined : BigInt(index));
}

/** How many networks lie in one, or the one at an index. */
function subnetAt(network: IpNetwork, bits: number, index: bigint | undefined): unknown {
  const more = bits - network.prefix;
  if (index === undefined) {
    if (more < 0) throw failed(`${networkText(network)} holds no network of ${bits} bits`);
    return String(1n << BigInt(more));
  }
  // A wider network holds less than one: its index is 0, and nothing counts from its end.
  const count = more < 0 ? 1n : 1n << BigInt(more);
  const at = index < 0n && more >= 0 ? index + count : index;
  if (at < 0n || at >= count) return false;
  const value = network.value + (at << BigInt(widthOf(network.version) - bits));
  return networkText({ ...network, value, prefix: bits });
}

/** The wider networks around an address, the widest first. */
function supernet(network: IpNetwork, bits: number, index: number | undefined): unknown {
  const width = widthOf(network.version);
  if (index !== undefined && (index > width + 1 - index || index < bits - width)) return false;
  const at = index ?? 0;
  const prefix = at < 0 ? width + at : bits + at;
  if (prefix >= width || prefix < bits) throw failed(`there is no network at ${at} around ${networkText(network)}`);
  return networkText(withoutHost({ ...network, prefix }));
}

/** Which of the networks of its size in another one a network is, from 1. */
function placeIn(network: IpNetwork, query: string): string {
  const outer = asNetwork(query);
  if (outer === undefined) throw failed(`ipsubnet needs a length or a network, not '${textArgument(query, 'query')}'`);
  const shift = BigInt(widthOf(network.version) - outer.prefix);
  const more = network.prefix - outer.prefix;
  if (shift < 0n || more < 0 || network.value >> shift !== outer.value >> shift) {
    throw failed(`${networkText(network)} is not in the network ${networkText(withoutHost(outer))}`);
  }
  const place = (network.value >> BigInt(widthOf(network.version) - network.prefix)) & ((1n << BigInt(more)) - 1n);
  return String(place + 1n);
}
