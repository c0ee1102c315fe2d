import {
  addressIn,
  anyOf,
  type FilterRule,
  type FlannelPacket,
  ifaceIs,
  isUdp,
  type Match,
  not,
  portIn,
  type RuleSet,
  type RuleVerdict,
  sourcePort,
  stateIs,
} from './packet-filter.js';

/**
 * Reads what `nft list ruleset` prints: the filter chains of tables that see IPv4. What it does not know makes a rule
 * match `maybe`.
 *
 * @param known tables that iptables has told of already, in more detail: `ip filter`
 */
export function nftRules(lines: readonly string[], known: ReadonlySet<string> = new Set()): RuleSet {
  const chains = new Map<string, FilterRule[]>();
  const bases: RuleSet['bases'][number][] = [];
  let table: string | undefined;
  let chain: string | undefined;
  let depth = 0;
  for (const line of statements(lines)) {
    const words = wordsOf(line);
    if (depth === 0 && words[0] === 'table') table = tableOf(words, known);
    if (depth === 1 && words[0] === 'chain' && table !== undefined) {
      chain = `${table} ${words[1]}`;
      chains.set(chain, []);
    } else if (depth === 2 && chain !== undefined && words[0] === 'type') {
      const base = baseOf(words, chain);
      if (base !== undefined) bases.push(base);
    } else if (depth === 2 && chain !== undefined && words[0] !== '}') {
      chains.get(chain)?.push(ruleOf(`${chain}: ${line.trim()}`, words, table ?? ''));
    }
    depth += opened(words);
    if (depth <= 1) chain = undefined;
  }
  return { chains, bases };
}

function tableOf([, family = '', name = '']: readonly string[], known: ReadonlySet<string>): string | undefined {
  const table = `${family} ${name}`;
  return SEES_IPV4.has(family) && !known.has(table) ? table : undefined;
}

const SEES_IPV4: ReadonlySet<string> = new Set(['ip', 'inet']);
const MOST_LINES = 10_000;

/** Lines, with those of a set in braces put together. */
function* statements(lines: readonly string[]): Generator<string> {
  let pending: string[] = [];
  let open = 0;
  for (const line of lines) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    // The brace of a block stays open at the end of its line; that of a set within a rule has to be closed.
    const isBlock = pending.length === 0 && BLOCK.test(trimmed);
    if (!isBlock) open += opened(wordsOf(trimmed));
    pending.push(trimmed);
    // A lone closing brace ends a block that was given out before.
    if (!isBlock && open > 0 && pending.length < MOST_LINES) continue;
    yield pending.join(' ');
    pending = [];
    open = 0;
  }
  if (pending.length > 0) yield pending.join(' ');
}

const BLOCK = /^(?:table|chain|set|map|flowtable|ct|counter|quota|limit|secmark|synproxy) .*\{$/;

function opened(words: readonly string[]): number {
  return words.filter((word) => word === '{').length - words.filter((word) => word === '}').length;
}

/** `type filter hook input priority filter; policy drop;` */
function baseOf(words: readonly string[], chain: string): RuleSet['bases'][number] | undefined {
  const hook = words[words.indexOf('hook') + 1];
  const way = hook === 'input' ? 'in' : hook === 'output' ? 'out' : undefined;
  if (words[1] !== 'filter' || way === undefined) return undefined;
  const drops = words[words.indexOf('policy') + 1] === 'drop';
  return { way, chain, dropPolicy: drops ? `${chain}: policy drop, and no rule accepts them` : undefined };
}

type Condition = FilterRule['conditions'][number];

class Cursor {
  #at = 0;
  constructor(readonly words: readonly string[]) {}

  next(): string | undefined {
    return this.words[this.#at++];
  }

  /** The next word, if it is one of these. */
  take(...names: readonly string[]): string | undefined {
    const word = this.words[this.#at];
    if (word === undefined || !names.includes(word)) return undefined;
    this.#at++;
    return word;
  }

  /** `8472`, `{ 53, 8472 }`, `established,related`: its items. */
  values(): string[] {
    if (this.take('{') === undefined) return (this.next() ?? '').split(',').filter(Boolean);
    const items: string[] = [];
    for (let word = this.next(); word !== undefined && word !== '}'; word = this.next()) {
      items.push(...word.split(',').filter(Boolean));
    }
    return items;
  }
}

function ruleOf(text: string, words: readonly string[], table: string): FilterRule {
  const vmap = words.indexOf('vmap');
  // Of verdicts by a key only those by the state are looked at; see stateCondition.
  if (vmap > 0 && words[vmap - 1] !== 'state') return { text, conditions: [], verdict: { kind: 'unknown' } };
  const conditions: Condition[] = [];
  const cursor = new Cursor(words);
  for (let word = cursor.next(); word !== undefined; word = cursor.next()) {
    const verdict = verdictOf(word, cursor, table);
    if (verdict !== undefined) return { text, conditions, verdict };
    const condition = conditionOf(word, cursor);
    if (condition !== undefined) conditions.push(condition);
  }
  return { text, conditions, verdict: { kind: 'next' } };
}

function verdictOf(word: string, cursor: Cursor, table: string): RuleVerdict | undefined {
  switch (word) {
    case 'accept':
    case 'return':
      return { kind: word };
    case 'drop':
    case 'reject':
      return { kind: 'drop' };
    case 'continue':
      return { kind: 'next' };
    case 'jump':
    case 'goto':
      return { kind: word, chain: `${table} ${cursor.next() ?? ''}` };
    case 'vmap':
    case 'queue':
      return { kind: 'unknown' };
    case 'xt':
      return cursor.take('target') === undefined ? undefined : { kind: 'unknown' };
    default:
      return undefined;
  }
}

/** What narrows a rule; `undefined` for what does not. */
function conditionOf(word: string, cursor: Cursor): Condition | undefined {
  switch (word) {
    case 'counter':
      for (; cursor.take('packets', 'bytes') !== undefined; cursor.next());
      return undefined;
    case 'log':
      for (; cursor.take('prefix', 'level', 'group', 'snaplen', 'flags') !== undefined; cursor.next());
      return undefined;
    case 'comment':
      cursor.next();
      return undefined;
    case 'tcp':
    case 'icmp':
    case 'icmpv6':
    case 'ip6':
    case 'sctp':
    case 'dccp':
    case 'esp':
    case 'ah':
      return () => 'no';
    case 'udp':
    case 'th':
      return portCondition(cursor);
    case 'ip':
      return addressCondition(cursor);
    case 'ct':
      return cursor.take('state') === undefined ? statusCondition(cursor) : stateCondition(cursor);
    case 'meta':
      return metaCondition(cursor.next() ?? '', cursor);
    default:
      return metaCondition(word, cursor);
  }
}

const MAYBE: Condition = () => 'maybe';

function portCondition(cursor: Cursor): Condition {
  const side = cursor.take('dport', 'sport');
  if (side === undefined) return MAYBE;
  return compared(cursor, (text, packet) => portIn(text, side === 'dport' ? packet.port : sourcePort(packet)));
}

function addressCondition(cursor: Cursor): Condition {
  const field = cursor.take('saddr', 'daddr', 'protocol');
  if (field === undefined) return MAYBE;
  if (field === 'protocol') return compared(cursor, isUdp);
  const matchers = remembering(addressIn);
  return compared(cursor, (text, { from, to }) => matchers(text)(field === 'saddr' ? from : to));
}

/** Nobody sends flannel's packets on to another address; firewalld asks for it before all else. */
function statusCondition(cursor: Cursor): Condition {
  return cursor.take('status') !== undefined && cursor.take('dnat') !== undefined ? () => 'no' : MAYBE;
}

function stateCondition(cursor: Cursor): Condition {
  const negated = cursor.take('!=') !== undefined;
  const vmap = cursor.words.indexOf('vmap');
  const names = vmap < 0 ? cursor.values() : cursor.words.filter((_, at) => at > vmap && cursor.words[at + 1] === ':');
  return (packet) => (negated ? not(stateIs(names, packet)) : stateIs(names, packet));
}

function metaCondition(key: string, cursor: Cursor): Condition | undefined {
  switch (key) {
    case 'l4proto':
      return compared(cursor, isUdp);
    case 'nfproto':
      return compared(cursor, (text) => (text === 'ipv4' ? 'yes' : 'no'));
    case 'iif':
    case 'iifname':
      return compared(cursor, (text, { way, iface }) => (way === 'in' ? ifaceIs(text, '*', iface) : 'no'));
    case 'oif':
    case 'oifname':
      return compared(cursor, (text, { way, iface }) => (way === 'out' ? ifaceIs(text, '*', iface) : 'no'));
    default:
      return MAYBE;
  }
}

function compared(cursor: Cursor, one: (text: string, packet: FlannelPacket) => Match): Condition {
  const negated = cursor.take('!=') !== undefined;
  cursor.take('==');
  const values = cursor.values();
  return (packet) => {
    const match = anyOf(values.map((text) => (text.startsWith('@') ? 'maybe' : one(text, packet))));
    return negated ? not(match) : match;
  };
}

/** Words at blanks, without semicolons; each brace is one, and so is a text in double quotes, without them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|[{}]|[^\s{};"]+/g)].map(([word, quoted]) =>
    quoted === undefined ? word : quoted,
  );
}

function remembering<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>();
  return (text) => {
    const known = made.get(text) ?? make(text);
    made.set(text, known);
    return known;
  };
}
