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

/** Reads what `iptables -S` prints of the filter table. What it does not know makes a rule match `maybe`. */
export function iptablesRules(lines: readonly string[]): RuleSet {
  const chains = new Map<string, FilterRule[]>();
  const policies = new Map<string, string>();
  for (const line of lines) {
    const [what, chain, ...words] = wordsOf(line);
    if (chain === undefined) continue;
    if (what === '-P') policies.set(chain, words[0] ?? '');
    if (what === '-P' || what === '-N') chains.set(chain, chains.get(chain) ?? []);
    if (what === '-A') chains.get(chain)?.push(ruleOf(line, words));
  }
  const base = (way: FlannelPacket['way'], chain: string) => {
    const drops = policies.get(chain) === 'DROP';
    return { way, chain, dropPolicy: drops ? `-P ${chain} DROP, and no rule accepts them` : undefined };
  };
  return { chains, bases: [base('in', 'INPUT'), base('out', 'OUTPUT')] };
}

type Condition = FilterRule['conditions'][number];

function ruleOf(text: string, words: readonly string[]): FilterRule {
  const conditions: Condition[] = [];
  let verdict: RuleVerdict = { kind: 'next' };
  for (let at = 0; at < words.length; ) {
    const negated = words[at] === '!';
    if (negated) at++;
    const option = words[at] ?? '';
    const value = words[at + 1] ?? '';
    if (option === '-j' || option === '-g') {
      verdict = option === '-g' ? { kind: 'goto', chain: value } : verdictOf(value);
      break;
    }
    const condition = conditionOf(option, value);
    if (condition !== 'none') conditions.push(negated ? (packet) => not(condition(packet)) : condition);
    at++;
    while (at < words.length && words[at] !== '!' && !words[at]?.startsWith('-')) at++;
  }
  return { text, conditions, verdict };
}

const MAYBE: Condition = () => 'maybe';

function conditionOf(option: string, value: string): Condition | 'none' {
  const list = value.split(',');
  const ports = (port: (packet: FlannelPacket) => number | undefined): Condition => {
    return (packet) => anyOf(list.map((one) => portIn(one, port(packet))));
  };
  switch (option) {
    case '-p':
      return () => isUdp(value);
    case '-s':
    case '-d': {
      const matches = addressIn(value);
      return ({ from, to }) => matches(option === '-s' ? from : to);
    }
    case '-i':
      return ({ way, iface }) => onIface(way === 'in', value, iface);
    case '-o':
      return ({ way, iface }) => onIface(way === 'out', value, iface);
    case '--dport':
    case '--dports':
      return ports(({ port }) => port);
    case '--sport':
    case '--sports':
      return ports(sourcePort);
    case '--state':
    case '--ctstate':
      return (packet) =>
        stateIs(
          list.map((name) => name.toLowerCase()),
          packet,
        );
    case '-f':
      return () => 'no';
    case '-m':
      return NARROWS_NOTHING.has(value) ? 'none' : MAYBE;
    case '--comment':
    case '-c':
      return 'none';
    default:
      return MAYBE;
  }
}

/** Modules that match everything without options of theirs, which are looked at by themselves. */
const NARROWS_NOTHING: ReadonlySet<string> = new Set(['udp', 'multiport', 'state', 'conntrack', 'comment']);

function onIface(isItsWay: boolean, name: string, iface: string | undefined): Match {
  return isItsWay ? ifaceIs(name, '+', iface) : 'no';
}

/** A target that is none of these is a chain, or one that is not known: then no chain has its name. */
function verdictOf(target: string): RuleVerdict {
  if (target === 'ACCEPT') return { kind: 'accept' };
  if (target === 'DROP' || target === 'REJECT') return { kind: 'drop' };
  if (target === 'RETURN') return { kind: 'return' };
  return GO_ON.has(target) ? { kind: 'next' } : { kind: 'jump', chain: target };
}

const GO_ON: ReadonlySet<string> = new Set(
  'LOG NFLOG ULOG MARK CONNMARK TRACE NOTRACK CT SET CLASSIFY DSCP TOS TTL CHECKSUM AUDIT TEE SECMARK CONNSECMARK'.split(
    ' ',
  ),
);

/** Words at blanks; double quotes hold some together, and a backslash takes the next character as it is. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    let char = line[at] as string;
    if (char === '"') {
      quoted = !quoted;
      word ??= '';
      continue;
    }
    if (char === ' ' && !quoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (char === '\\' && at + 1 < line.length) char = line[++at] as string;
    word = (word ?? '') + char;
  }
  return word === undefined ? words : [...words, word];
}
