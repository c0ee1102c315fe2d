import { ABSENT, defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten } from '../core/script.js';
import { printableLine } from '../core/text.js';
import { address4 } from '../flannel/address.js';
import type { Firewall } from '../flannel/probes.js';
import { FULL_PATH } from './host-path.js';
import { iptablesRules } from './iptables-rules.js';
import { nftRules } from './nft-rules.js';
import { dropOf, type FlannelPacket, type RuleSet } from './packet-filter.js';

/** The packets in question: as flannel's backend sends them between the host and its peers. */
export interface FirewallQuery {
  readonly backend: FlannelPacket['backend'];
  /** The UDP port that they go to. */
  readonly port: number;
  /** The interface over which they come and go, and its address; not known where left out. */
  readonly iface?: string | undefined;
  readonly own?: string | undefined;
  /** Addresses of other nodes; none: packets from anywhere. */
  readonly peers: readonly string[];
}

const MOST_RULES_SHOWN = 10;

/**
 * Rules of the packet filter that take flannel's own packets away.
 *
 * What counts: a rule that drops or rejects such a packet, or a policy to drop, where no rule before it accepts the
 * packet or might accept it. A rule that drops under a condition that cannot be judged here (a mark, a set, a limit)
 * does not count, and behind a rule that accepts under such a condition nothing counts: no alarm on a guess. Only the
 * filter table is looked at. No kernel module is loaded by looking.
 */
export const hostFirewall = defineFact({
  name: 'host.firewall',
  about: "rules of the packet filter that drop flannel's packets",
  mostBytes: 8 * 1024 * 1024,
  script: (_query: FirewallQuery) => joinScripts([FULL_PATH, LIST]),
  parse(stdout, query): Firewall {
    const sections = sectionsOf(stdout.split('\n'));
    const packets = packetsOf(query);
    const known = new Set(sections.has('iptables-nft') ? ['ip filter'] : []);
    const drops = [...sections].flatMap(([tool, lines]) =>
      dropsOf(tool === 'nft' ? nftRules(lines, known) : iptablesRules(lines), packets),
    );
    const tools = [...sections.keys()].map((tool) => tool.replace('-nft', ''));
    return { tool: tools.join(' and '), drops: [...new Set(drops)].slice(0, MOST_RULES_SHOWN) };
  },
});

/** @throws Error where the answer does not begin with the name of a tool */
function sectionsOf(lines: readonly string[]): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] | undefined;
  for (const line of lines) {
    const tool = /^== (iptables|iptables-nft|nft)$/.exec(line)?.[1];
    if (tool !== undefined) {
      current = [];
      sections.set(tool, current);
    } else current?.push(line);
  }
  if (sections.size === 0) throw new Error('the answer names no packet filter');
  return sections;
}

function packetsOf({ backend, port, iface, own, peers }: FirewallQuery): FlannelPacket[] {
  const self = own === undefined ? undefined : address4(own);
  const others = peers.length === 0 ? [undefined] : peers.map((peer) => address4(peer));
  return others.flatMap((other) => [
    { way: 'in', backend, port, iface, from: other, to: self },
    { way: 'out', backend, port, iface, from: self, to: other },
  ]);
}

function dropsOf(rules: RuleSet, packets: readonly FlannelPacket[]): string[] {
  return packets
    .map((packet) => dropOf(rules, packet))
    .filter((rule) => rule !== undefined)
    .map((rule) => printableLine(rule, 200));
}

/**
 * Looking loads no kernel module: where none is loaded there are no rules. `ip_tables_names` lists the tables of the
 * older iptables; a kernel without modules has all that it knows.
 */
const LIST = scriptAsWritten(`
read=
rules() { found=$(iptables -w 2 -S 2>/dev/null || iptables -S 2>/dev/null) && read=yes && printf '== %s\\n%s\\n' "$1" "$found"; }
nf_tables() {
  [ ! -e /proc/modules ] || [ -e /sys/module/nf_tables ] || grep -q '^nf_tables ' /proc/modules ||
    grep -q '/nf_tables[.]ko' "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null
}
if command -v iptables >/dev/null 2>&1; then
  case $(iptables -V 2>/dev/null) in
    *nf_tables*) if nf_tables; then rules iptables-nft; else read=yes; echo '== iptables-nft'; fi ;;
    *)
      if [ ! -e /proc/net/ip_tables_names ]; then read=yes; echo '== iptables'
      elif names=$(cat /proc/net/ip_tables_names 2>/dev/null); then
        case " "$(echo $names)" " in
          *" filter "*) rules iptables ;;
          *) read=yes; echo '== iptables' ;;
        esac
      fi ;;
  esac
fi
if command -v nft >/dev/null 2>&1; then
  if ! nf_tables; then read=yes; echo '== nft'
  elif found=$(nft list ruleset 2>/dev/null); then read=yes; printf '== nft\\n%s\\n' "$found"
  fi
fi
[ -n "$read" ] || exit ${ABSENT}
exit 0`);
