import { defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten } from '../core/script.js';
import type { Firewall } from '../flannel/probes.js';
import { FULL_PATH } from './host-path.js';

/** Rules of the packet filter that take flannel's own packets away (UDP 8472 for vxlan, 8285 for udp). */
export const hostFirewall = defineFact({
  name: 'host.firewall',
  about: "rules of the packet filter that drop flannel's packets",
  script: (_query: Readonly<Record<string, never>>) => joinScripts([FULL_PATH, LIST]),
  parse: (stdout): Firewall => {
    const [tool = '', ...rules] = stdout.split('\n');
    return { tool, drops: rules.filter((rule) => TAKES_AWAY.test(rule) && PORTS.test(rule)) };
  },
});

const TAKES_AWAY = /-j (?:DROP|REJECT)\b|\b(?:drop|reject)\b/;
const PORTS = /\b(?:8472|8285)\b/;

const LIST = scriptAsWritten(`
if rules=$(iptables -w 2 -S 2>/dev/null || iptables -S 2>/dev/null); then printf 'iptables\\n%s\\n' "$rules"
elif rules=$(nft list ruleset 2>/dev/null); then printf 'nft\\n%s\\n' "$rules"
else exit 44; fi`);
