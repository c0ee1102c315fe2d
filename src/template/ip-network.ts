import { isIPv4, isIPv6 } from 'node:net';
import { IPv4, IPv6 } from 'ip-num';

/** An address with the length of its prefix, host bits and all: `10.1.31.1/24`. An address alone is its own network. */
export interface IpNetwork {
  readonly version: IpVersion;
  readonly value: bigint;
  /** In bits. */
  readonly prefix: number;
}

export type IpVersion = 4 | 6;

export const widthOf = (version: IpVersion): number => (version === 4 ? 32 : 128);
const maskOf = (version: IpVersion): bigint => (1n << BigInt(widthOf(version))) - 1n;

/** The network of these parts, or `undefined` where they do not fit the version. */
export function ipNetwork(version: IpVersion, value: bigint, prefix = widthOf(version)): IpNetwork | undefined {
  if (value < 0n || value > maskOf(version) || prefix < 0 || prefix > widthOf(version)) return undefined;
  return { version, value, prefix };
}

/**
 * Reads what netaddr's `IPNetwork` reads: an address, `10.1/16` for the first parts of one, and after a slash a length,
 * a netmask or a hostmask.
 */
export function parseNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/');
  const [address, mask] = slash < 0 ? [text, undefined] : [text.slice(0, slash), text.slice(slash + 1)];
  const found = parseAddress(address) ?? partialAddress(address);
  if (found === undefined || mask === undefined) return found;
  const prefix = pythonInteger(mask) ?? prefixOfMask(mask, found.version);
  return prefix === undefined ? undefined : ipNetwork(found.version, found.value, Number(prefix));
}

/** An address in its usual form, without a prefix. */
export function parseAddress(text: string): IpNetwork | undefined {
  if (isIPv4(text)) return ipNetwork(4, new IPv4(text).getValue());
  return isIPv6(text) && !text.includes('%') ? ipNetwork(6, new IPv6(text).getValue()) : undefined;
}

/** A text that Python's `int` reads. */
export function pythonInteger(text: string): bigint | undefined {
  const [, sign, digits] = /^\s*([+-]?)(\d+(?:_\d+)*)\s*$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const number = BigInt(digits.replaceAll('_', ''));
  return sign === '-' ? -number : number;
}

/** The first numbers of an IPv4 address; zeros follow. */
function partialAddress(text: string): IpNetwork | undefined {
  const parts = text.split('.').map(pythonInteger);
  if (parts.length > 4 || parts.some((part) => part === undefined || part < 0n || part > 255n)) return undefined;
  const value = [0, 1, 2, 3].reduce((made, index) => made * 256n + (parts[index] ?? 0n), 0n);
  return ipNetwork(4, value);
}

function prefixOfMask(text: string, version: IpVersion): number | undefined {
  const mask = parseAddress(text);
  if (mask?.version !== version) return undefined;
  const width = widthOf(version);
  if (isNetmask(mask)) return width - bitsOf(mask.value ^ maskOf(version));
  return isHostmask(mask) ? width - bitsOf(mask.value) : undefined;
}

/** How many bits a number takes. */
function bitsOf(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

/** Ones, then zeros; all of one of them too. */
export function isNetmask({ value, version }: IpNetwork): boolean {
  return isLowOnes(value ^ maskOf(version));
}

/** Zeros, then ones; all of one of them too. */
export function isHostmask({ value }: IpNetwork): boolean {
  return isLowOnes(value);
}

function isLowOnes(value: bigint): boolean {
  return (value & (value + 1n)) === 0n;
}

/** How many addresses there are in it. */
export function sizeOf({ version, prefix }: IpNetwork): bigint {
  return 1n << BigInt(widthOf(version) - prefix);
}

export function hostmaskOf(network: IpNetwork): bigint {
  return sizeOf(network) - 1n;
}

export function netmaskOf(network: IpNetwork): bigint {
  return maskOf(network.version) ^ hostmaskOf(network);
}

export function firstOf(network: IpNetwork): bigint {
  return network.value & netmaskOf(network);
}

export function lastOf(network: IpNetwork): bigint {
  return network.value | hostmaskOf(network);
}

/** Its last address, where that is one that reaches all; a network of IPv6 counts as if it had one. */
export function broadcastOf(network: IpNetwork): bigint | undefined {
  return network.version === 4 && sizeOf(network) <= 2n ? undefined : lastOf(network);
}

/** The same network without host bits. */
export function withoutHost(network: IpNetwork): IpNetwork {
  return { ...network, value: firstOf(network) };
}

/** Whether all of a network lies in another one. */
export function lies(inner: IpNetwork, outer: IpNetwork): boolean {
  return inner.version === outer.version && firstOf(inner) >= firstOf(outer) && lastOf(inner) <= lastOf(outer);
}

/** `10.1.31.1/24`, with the host's bits. */
export function networkText({ version, value, prefix }: IpNetwork): string {
  return `${addressText(version, value)}/${prefix}`;
}

/** An address as text, one of IPv6 as short as it can be written. */
export function addressText(version: IpVersion, value: bigint): string {
  return version === 4 ? new IPv4(value).toString() : shortText(value);
}

/** As the C library writes it: the longest run of zeros is left out, and what holds an IPv4 address ends with that. */
function shortText(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  const { start, length } = longestZeros(groups);
  const holds4 = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff));
  const shown = groups.map((group) => group.toString(16));
  if (holds4) shown.splice(6, 2, addressText(4, value & maskOf(4)));
  if (length < 2) return shown.join(':');
  return `${shown.slice(0, start).join(':')}::${shown.slice(start + length).join(':')}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/**
 * The fewest networks that hold the same addresses. One that touches no other stays as it is, host bits and all.
 * @see netaddr 0.8 `ip/__init__.py`, `cidr_merge`
 */
export function mergedNetworks(networks: readonly IpNetwork[]): IpNetwork[] {
  const ranges = networks
    .map((alone) => ({ version: alone.version, first: firstOf(alone), last: lastOf(alone), alone: [alone] }))
    .sort((a, b) => a.version - b.version || order(a.last, b.last) || order(a.first, b.first));
  for (let at = ranges.length - 1; at > 0; at--) {
    const [before, own] = ranges.slice(at - 1, at + 1) as [(typeof ranges)[0], (typeof ranges)[0]];
    if (before.version !== own.version || own.first - 1n > before.last) continue;
    const first = order(own.first, before.first) < 0 ? own.first : before.first;
    ranges.splice(at - 1, 2, { version: own.version, first, last: own.last, alone: [] });
  }
  return ranges.flatMap(({ version, first, last, alone }) =>
    alone.length > 0 ? alone : networksOf(version, first, last),
  );
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

/** The networks that a range is made of. */
function networksOf(version: IpVersion, first: bigint, last: bigint): IpNetwork[] {
  const made: IpNetwork[] = [];
  for (let value = first; value <= last; ) {
    let prefix = widthOf(version);
    const wider = () => ({ version, value, prefix: prefix - 1 });
    while (prefix > 0 && firstOf(wider()) === value && lastOf(wider()) <= last) prefix--;
    made.push({ version, value, prefix });
    value += sizeOf({ version, value, prefix });
  }
  return made;
}

/**
 * One network that holds the lowest and the highest of these.
 * @see netaddr 0.8 `ip/__init__.py`, `spanning_cidr`
 */
export function spanningNetwork(networks: readonly IpNetwork[]): IpNetwork | undefined {
  const sorted = [...networks].sort(
    (a, b) => a.version - b.version || order(firstOf(a), firstOf(b)) || a.prefix - b.prefix || order(a.value, b.value),
  );
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  if (lowest === undefined || highest === undefined || lowest.version !== highest.version) return undefined;
  let found: IpNetwork = { ...highest, value: lastOf(highest) };
  while (found.prefix > 0 && found.value > firstOf(lowest)) found = withoutHost({ ...found, prefix: found.prefix - 1 });
  return found;
}
