import type { IPv4 } from 'ip-num';
import { address4, addressWithPrefix, lies } from '../flannel/address.js';

/** For certain, never, or it depends on what is not known here. */
export type Match = 'yes' | 'no' | 'maybe';

/** One of flannel's packets on its way into or out of a host. What is `undefined` is not known. */
export interface FlannelPacket {
  readonly way: 'in' | 'out';
  readonly backend: 'vxlan' | 'udp';
  /** The UDP port that it goes to. */
  readonly port: number;
  readonly from: IPv4 | undefined;
  readonly to: IPv4 | undefined;
  readonly iface: string | undefined;
}

export type RuleVerdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'next' | 'unknown' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

export interface FilterRule {
  /** As the tool prints it. */
  readonly text: string;
  readonly conditions: readonly ((packet: FlannelPacket) => Match)[];
  readonly verdict: RuleVerdict;
}

/** Chains that packets come to by themselves, and those that rules jump to. */
export interface RuleSet {
  readonly chains: ReadonlyMap<string, readonly FilterRule[]>;
  readonly bases: readonly {
    readonly way: FlannelPacket['way'];
    readonly chain: string;
    /** What says so, where the policy is to drop. */
    readonly dropPolicy: string | undefined;
  }[];
}

/** As many rules are looked at for one packet. */
const MOST_STEPS = 20_000;
const DEEPEST = 32;

/**
 * The rule that takes the packet away for certain, as the tool prints it. Nothing where some rule before it might
 * accept the packet: no alarm on a guess.
 */
export function dropOf({ chains, bases }: RuleSet, packet: FlannelPacket): string | undefined {
  for (const { way, chain, dropPolicy } of bases) {
    if (way !== packet.way) continue;
    const fate = fateIn(chain, packet, { chains, left: MOST_STEPS, depth: 0 });
    if (fate.kind === 'drop') return fate.rule;
    if (fate.kind === 'through' && dropPolicy !== undefined) return dropPolicy;
  }
  return undefined;
}

type Fate = { readonly kind: 'accept' | 'unknown' | 'through' } | { readonly kind: 'drop'; readonly rule: string };

interface Walk {
  readonly chains: RuleSet['chains'];
  left: number;
  depth: number;
}

function fateIn(chain: string, packet: FlannelPacket, walk: Walk): Fate {
  const rules = walk.chains.get(chain);
  if (rules === undefined || walk.depth >= DEEPEST) return UNKNOWN;
  walk.depth++;
  // After a rule that may have left the chain, only what all the rest agrees on is certain.
  let doubt = false;
  let fate: Fate = THROUGH;
  for (const rule of rules) {
    if (--walk.left < 0) return UNKNOWN;
    const match = matchOf(rule, packet);
    if (match === 'no' || rule.verdict.kind === 'next') continue;
    const step = stepOf(rule, packet, walk);
    if (step === 'leaves') {
      if (match === 'yes') break;
      doubt = true;
    } else if (step.kind !== 'through' && !(step.kind === 'drop' && match === 'maybe')) {
      fate = match === 'maybe' ? UNKNOWN : step;
      break;
    }
  }
  walk.depth--;
  return doubt && fate.kind !== 'through' ? UNKNOWN : fate;
}

const UNKNOWN: Fate = { kind: 'unknown' };
const THROUGH: Fate = { kind: 'through' };

/** What a rule does to a packet that it matches. */
function stepOf({ verdict, text }: FilterRule, packet: FlannelPacket, walk: Walk): Fate | 'leaves' {
  switch (verdict.kind) {
    case 'accept':
      return { kind: 'accept' };
    case 'drop':
      return { kind: 'drop', rule: text };
    case 'return':
      return 'leaves';
    case 'jump':
      return fateIn(verdict.chain, packet, walk);
    case 'goto': {
      const fate = fateIn(verdict.chain, packet, walk);
      return fate.kind === 'through' ? 'leaves' : fate;
    }
    case 'next':
      return THROUGH;
    case 'unknown':
      return UNKNOWN;
    default:
      return verdict satisfies never;
  }
}

function matchOf({ conditions }: FilterRule, packet: FlannelPacket): Match {
  let match: Match = 'yes';
  for (const condition of conditions) {
    const one = condition(packet);
    if (one === 'no') return 'no';
    if (one === 'maybe') match = 'maybe';
  }
  return match;
}

export function not(match: Match): Match {
  return match === 'yes' ? 'no' : match === 'no' ? 'yes' : 'maybe';
}

export function anyOf(matches: readonly Match[]): Match {
  return matches.includes('yes') ? 'yes' : matches.includes('maybe') ? 'maybe' : 'no';
}

export function isUdp(protocol: string): Match {
  return ['udp', '17', 'all', '0'].includes(protocol) ? 'yes' : 'no';
}

/** @param text `8472`, `8000-9000` or `8000:9000` */
export function portIn(text: string, port: number | undefined): Match {
  const parts = /^(\d{1,5})(?:[:-](\d{1,5}))?$/.exec(text);
  if (parts === null || port === undefined) return 'maybe';
  const first = Number(parts[1]);
  return port >= first && port <= Number(parts[2] ?? first) ? 'yes' : 'no';
}

/** The kernel's vxlan sends from changing ports, flannel's udp from the one that it listens on. */
export function sourcePort({ backend, port }: FlannelPacket): number | undefined {
  return backend === 'udp' ? port : undefined;
}

/** @param text `10.0.0.1`, `10.0.0.0/8` or `10.0.0.1-10.0.0.9` */
export function addressIn(text: string): (address: IPv4 | undefined) => Match {
  if (text === '0.0.0.0/0') return () => 'yes';
  const within = rangeOf(text);
  if (within === undefined) return () => 'maybe';
  return (address) => (address === undefined ? 'maybe' : within(address) ? 'yes' : 'no');
}

function rangeOf(text: string): ((address: IPv4) => boolean) | undefined {
  try {
    const [first = '', last, ...more] = text.split('-');
    if (more.length > 0) return undefined;
    if (last !== undefined) {
      const [low, high] = [address4(first), address4(last)];
      return (address) => !address.isLessThan(low) && !address.isGreaterThan(high);
    }
    const { network } = addressWithPrefix(first);
    return (address) => lies(address, network);
  } catch {
    return undefined;
  }
}

/** @param wildcard the character at its end that stands for any rest */
export function ifaceIs(name: string, wildcard: string, iface: string | undefined): Match {
  // Packets of other hosts never come by the loopback.
  if (name === 'lo') return 'no';
  if (iface === undefined) return 'maybe';
  return (name.endsWith(wildcard) ? iface.startsWith(name.slice(0, -1)) : iface === name) ? 'yes' : 'no';
}

/**
 * Connection tracking sees each vxlan packet as the first of a connection: answers come from and go to other ports.
 * With udp the other way may have opened it.
 *
 * @param names in lower case
 */
export function stateIs(names: readonly string[], { backend }: FlannelPacket): Match {
  const isNew = names.includes('new');
  if (backend === 'vxlan') return isNew ? 'yes' : names.includes('untracked') ? 'maybe' : 'no';
  if (isNew && names.includes('established')) return 'yes';
  return isNew || names.includes('established') || names.includes('untracked') ? 'maybe' : 'no';
}
