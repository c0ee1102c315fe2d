import { failed } from './failure.js';
import {
  addressText,
  broadcastOf,
  firstOf,
  hostmaskOf,
  type IpNetwork,
  type IpVersion,
  ipNetwork,
  isHostmask,
  isNetmask,
  lastOf,
  lies,
  netmaskOf,
  networkText,
  parseNetwork,
  pythonInteger,
  sizeOf,
  widthOf,
  withoutHost,
} from './ip-network.js';
import { isInteger, isList } from './values.js';

/** What a filter was given, read. */
interface Asked {
  readonly network: IpNetwork;
  /** Whether it was written with a prefix. */
  readonly hasPrefix: boolean;
  /** As it was given; a number as the network that it means. */
  readonly text: string;
}

type Query = (asked: Asked) => unknown;

/** The address of a network, as text. */
const own = ({ version, value }: IpNetwork) => addressText(version, value);
const first = (network: IpNetwork) => addressText(network.version, firstOf(network));
const isFirst = (network: IpNetwork) => network.value === firstOf(network);
const alone = ({ version, value }: IpNetwork) => ipNetwork(version, value) as IpNetwork;
/** What was given where this holds of it, else none. */
const given =
  (holds: (network: IpNetwork) => boolean): Query =>
  ({ network, text }) =>
    holds(network) ? text : null;
/** A query that needs a prefix. */
const ofNetwork =
  (query: Query): Query =>
  (asked) => {
    if (asked.hasPrefix) return query(asked);
    throw failed(`${asked.text} is not a network: it has no prefix`);
  };

const prefixed: Query = ({ network }) => {
  const isEdge = isFirst(network) || network.value === broadcastOf(network);
  return sizeOf(network) > 2n && isEdge ? false : networkText(network);
};
const hostOrAddress: Query = ({ network }) => {
  const noHost = isFirst(network) && network.version === 4 && sizeOf(network) > 2n;
  return noHost ? null : own(network);
};
const version4: Query = ({ network, text }) => {
  if (network.version === 4) return text;
  const { value, prefix } = network;
  const inner = value <= 0xffffffffn ? value : value - 0xffff00000000n;
  const made = value <= 0xffffffffffffn ? ipNetwork(4, inner, prefix - 96) : undefined;
  return made === undefined ? false : networkText(made);
};
const version6: Query = ({ network: { version, value, prefix }, text }) =>
  version === 6 ? text : networkText({ version: 6, value: 0xffff00000000n + value, prefix: prefix + 96 });
const loopback = given(({ version, value }) => (version === 4 ? value >> 24n === 127n : value === 1n));
const firstAddress: Query = ({ network }) => first(network);
const hostmask: Query = ({ network }) => addressText(network.version, hostmaskOf(network));
const subnet: Query = ({ network }) => networkText(withoutHost(network));

/** What `ipaddr` and its kin can be asked, but for indices and networks. */
const QUERIES: Readonly<Record<string, Query>> = {
  '': ({ network, hasPrefix }) => (hasPrefix ? networkText(network) : own(network)),
  '6to4': sixToFour,
  address: hostOrAddress,
  'address/prefix': prefixed,
  bool: () => true,
  broadcast: ({ network }) =>
    sizeOf(network) > 2n ? addressText(network.version, broadcastOf(network) as bigint) : null,
  cidr: ({ network }) => networkText(network),
  first_usable: ofNetwork(({ network }) => {
    if (sizeOf(network) === 1n) return null;
    return looseText(sizeOf(network) === 2n ? firstOf(network) : firstOf(network) + 1n);
  }),
  gateway: prefixed,
  gw: prefixed,
  host: ({ network }) =>
    isFirst(network) && sizeOf(network) > 1n && broadcastOf(network) !== undefined ? null : networkText(network),
  'host/prefix': prefixed,
  hostmask,
  hostnet: prefixed,
  int: ({ network, hasPrefix }) =>
    hasPrefix ? `${network.value}/${network.prefix}` : safeInteger(network.value, 'the address'),
  ip: hostOrAddress,
  'ip/prefix': ({ network }) => (isHost(network) ? networkText(network) : null),
  ip_netmask: ({ network }) =>
    isHost(network) ? `${own(network)} ${addressText(network.version, netmaskOf(network))}` : null,
  ipv4: version4,
  ipv6: version6,
  last_usable: ofNetwork(({ network }) => (sizeOf(network) > 1n ? looseText(usableOf(network).last) : null)),
  'link-local': given(isLinkLocal),
  lo: loopback,
  loopback,
  multicast: given(isMulticast),
  net: ({ network }) => (sizeOf(network) > 1n && isFirst(network) ? networkText(network) : null),
  netmask: ({ network }) => addressText(network.version, netmaskOf(network)),
  network: firstAddress,
  network_id: firstAddress,
  'network/prefix': subnet,
  network_netmask: ({ network }) => `${first(network)} ${addressText(network.version, netmaskOf(network))}`,
  network_wildcard: (asked) => `${first(asked.network)} ${hostmask(asked)}`,
  next_usable: ofNetwork(({ network }) => nthUsable(network, 1n)),
  peer: ofNetwork(peer),
  prefix: ({ network }) => network.prefix,
  previous_usable: ofNetwork(({ network }) => nthUsable(network, -1n)),
  private: given(isPrivate),
  public: given((network) => isPublic(alone(network))),
  range_usable: ofNetwork(({ network }) => {
    if (sizeOf(network) === 1n) return null;
    const usable = usableOf(network);
    return `${looseText(usable.first)}-${looseText(usable.last)}`;
  }),
  revdns: ({ network }) => reversed(network),
  router: prefixed,
  size: ({ network }) => safeInteger(sizeOf(network), 'the size'),
  size_usable: ({ network }) => {
    const size = sizeOf(network);
    return safeInteger(size === 1n ? 0n : size === 2n ? 2n : size - 2n, 'the size');
  },
  subnet,
  type: ({ network }) => (sizeOf(network) > 1n && isFirst(network) ? 'network' : 'address'),
  unicast: given((network) => !isMulticast(network)),
  v4: version4,
  v6: version6,
  version: ({ network }) => network.version,
  wildcard: hostmask,
  wrap: ({ network, hasPrefix, text }) => {
    if (network.version === 4) return text;
    return hasPrefix ? `[${own(network)}]/${network.prefix}` : `[${own(network)}]`;
  },
};

/**
 * What `ipaddr` makes of a value, or of each in a list: `false` where it is no address or not of this version, `null`
 * where it is one that the query leaves out.
 * @param query a name, an index into the network, or a network that the value has to lie in
 * @throws FixError `template/failed` for a query that is none, or that needs a network and has an address
 * @see ansible.utils 2.10 `plugin_utils/base/ipaddr_utils.py`
 */
export function ipaddr(value: unknown, query = '', version?: number, name = 'ipaddr'): unknown {
  if (isList(value)) {
    return value.map((item) => ipaddr(item, query, version, name)).filter((found) => Boolean(found) && found !== '');
  }
  const asked = readAsked(value, version);
  if (asked === undefined || (version && asked.network.version !== version)) return false;
  if (Object.hasOwn(QUERIES, query)) return (QUERIES[query] as Query)(asked);
  const outer = /^\d+$/.test(query) ? undefined : readAsked(query);
  if (outer !== undefined) return lies(asked.network, outer.network) ? asked.text : null;
  return atIndex(asked, query, name);
}

function readAsked(value: unknown, version?: number): Asked | undefined {
  const text = isInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || text === '' || value === 0) return undefined;
  if (/^\d+$/.test(text)) {
    const of = (some: IpVersion) => ipNetwork(some, BigInt(text));
    const network = (version === 6 ? undefined : of(4)) ?? of(6);
    return network && { network, hasPrefix: false, text: networkText(network) };
  }
  const written = typeof value === 'string' ? parseNetwork(text) : undefined;
  if (written !== undefined) return { network: written, hasPrefix: text.includes('/'), text };
  const [number, prefix, more] = text.split('/').map(pythonInteger);
  if (number === undefined || prefix === undefined || more !== undefined) return undefined;
  const network = ipNetwork(4, number, Number(prefix)) ?? ipNetwork(6, number, Number(prefix));
  return network && { network, hasPrefix: true, text: networkText(network) };
}

/** @throws FixError `template/failed` where the query is no number */
function atIndex({ network, hasPrefix }: Asked, query: string, name: string): unknown {
  if (query.trim() === '' || !/^\s*[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(query)) {
    throw failed(`${name} cannot be asked for '${query}'`, `Known are: ${Object.keys(QUERIES).slice(1).join(', ')}.`);
  }
  if (sizeOf(network) === 1n) return hasPrefix ? networkText(network) : own(network);
  const found = nthAddress(network, pythonInteger(query));
  return found === undefined ? false : `${addressText(network.version, found)}/${network.prefix}`;
}

/** The address at an index; below zero it counts from the end. */
export function nthAddress(network: IpNetwork, index: bigint | undefined): bigint | undefined {
  if (index === undefined || index >= sizeOf(network) || index < -sizeOf(network)) return undefined;
  return index < 0n ? lastOf(network) + index + 1n : firstOf(network) + index;
}

/** The first and the last address that a host may have. */
function usableOf(network: IpNetwork): { readonly first: bigint; readonly last: bigint } {
  const edge = sizeOf(network) === 2n ? 0n : 1n;
  return { first: firstOf(network) + edge, last: lastOf(network) - edge };
}

/** The usable address so many further on, or none. */
export function nthUsable(network: IpNetwork, offset: bigint): string | null {
  if (sizeOf(network) === 1n) return null;
  const usable = usableOf(network);
  const found = network.value + offset;
  const text = looseText(found);
  return found >= usable.first && found <= usable.last ? text : null;
}

/** A number as an address of whichever version is wide enough, as Ansible makes it: `::5` becomes `0.0.0.5`. */
export function looseText(value: bigint): string {
  const address = ipNetwork(4, value) ?? ipNetwork(6, value);
  if (address === undefined) throw failed(`${value} is beyond what an address can be`);
  return own(address);
}

function isHost(network: IpNetwork): boolean {
  return sizeOf(network) === 2n || (sizeOf(network) > 1n && !isFirst(network));
}

/** @throws FixError `template/failed` beyond 2^53, where numbers are no longer exact */
function safeInteger(value: bigint, what: string): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw failed(`${what} is larger than a number here can be: ${value}`, 'Ask for a text in place of it.');
}

function peer({ network }: Asked): string {
  const size = sizeOf(network);
  if (size === 2n) return looseText(network.value ^ 1n);
  if (size !== 4n) throw failed('only a network of two or four addresses has a peer');
  const place = network.value % 4n;
  if (place === 0n || place === 3n) throw failed('the first and the last address of four have no peer');
  return looseText(network.value ^ 3n);
}

function reversed({ version, value }: IpNetwork): string {
  if (version === 4) return `${addressText(4, value).split('.').reverse().join('.')}.in-addr.arpa.`;
  return `${[...value.toString(16).padStart(widthOf(6) / 4, '0')].reverse().join('.')}.ip6.arpa.`;
}

function sixToFour({ network, hasPrefix, text }: Asked): unknown {
  if (network.version === 4) {
    if (sizeOf(network) > 1n && isFirst(network)) return false;
    if (!isPublic(alone(network)) && !isPrivate(alone(network))) return false;
    const digits = network.value.toString(16).padStart(8, '0');
    return `2002:${digits.slice(0, 4)}:${digits.slice(4)}::1/48`;
  }
  const inner = hasPrefix ? alone(network) : network;
  if (hasPrefix && isFirst(network)) return false;
  return lies(inner, SIX_TO_FOUR) ? text : false;
}

const networks = (...texts: readonly string[]) => texts.map((text) => parseNetwork(text) as IpNetwork);
const SIX_TO_FOUR = parseNetwork('2002::/16') as IpNetwork;
const LINK_LOCAL = networks('169.254.0.0/16', 'fe80::/10');
const MULTICAST = networks('224.0.0.0/4', 'ff00::/8');
/** What netaddr 0.8 calls private. */
const PRIVATE = networks(
  '10.0.0.0/8',
  '100.64.0.0/10',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '239.0.0.0/8',
  'fc00::/7',
  'fec0::/10',
  ...['169.254.0.0/16', 'fe80::/10'],
);
const LOOPBACK = networks('127.0.0.0/8', '::1');

function isLinkLocal(network: IpNetwork): boolean {
  return LINK_LOCAL.some((outer) => lies(alone(network), outer));
}

function isMulticast(network: IpNetwork): boolean {
  return MULTICAST.some((outer) => lies(network, outer));
}

function isPrivate(network: IpNetwork): boolean {
  return PRIVATE.some((outer) => lies(network, outer));
}

function isPublic(address: IpNetwork): boolean {
  const isLoopback = LOOPBACK.some((outer) => lies(address, outer));
  const isMask = isNetmask(address) || isHostmask(address);
  return !isMulticast(address) && !isPrivate(address) && !isLoopback && !isMask;
}
