import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { address4 } from '../flannel/address.js';
import type { Link, Vxlan } from '../flannel/host-network.js';
import { needsProgram } from './host-path.js';

/** What each link is. Busybox's `ip` knows no details, so there the kernel's own files tell. */
export const hostLinks = defineFact({
  name: 'host.links',
  about: 'the links of the host and what each is: bridge, veth, vxlan, tunnel, bond, network card',
  mostBytes: 8 * 1024 * 1024,
  script: (_query: Record<string, never>) => sh`${needsProgram('ip')}
if details=$(ip -o -d link show 2>/dev/null) && [ -n "$details" ]; then
  printf 'iproute2\n%s\n' "$details"
  exit 0
fi
cd /sys/class/net || exit 1
printf 'sysfs\n'
for name in *; do
  [ -e "$name/ifindex" ] || continue
  type= devtype= flags= mac= mtu= index= lower= carrier= has= master=
  read -r type <"$name/type"
  read -r flags <"$name/flags"
  read -r mtu <"$name/mtu"
  read -r index <"$name/ifindex"
  read -r lower <"$name/iflink"
  read -r mac <"$name/address"
  { read -r carrier <"$name/carrier"; } 2>/dev/null
  while IFS== read -r key value; do [ "$key" = DEVTYPE ] && devtype=$value; done <"$name/uevent"
  [ -e "$name/device" ] && has=ether
  [ -d "$name/bridge" ] && has=bridge
  [ -d "$name/bonding" ] && has=bond
  [ -e "$name/tun_flags" ] && has=tun
  [ -L "$name/master" ] && master=$(basename "$(readlink "$name/master")")
  printf '%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%s\n' "$name" "$type" "$devtype" "$flags" "$mtu" "$mac" "$carrier" \
    "$index" "$lower" "$has" "$master"
done`,
  parse: (stdout): readonly Link[] => parseLinks(stdout),
});

/**
 * Reads what the script of `host.links` prints, in either of its two forms.
 * @throws Error on a line that is of neither
 */
export function parseLinks(text: string): Link[] {
  const [form, ...lines] = text.split('\n').filter(Boolean);
  if (form === 'iproute2') return lines.map(linkOfIproute2);
  if (form === 'sysfs') return lines.map(linkOfSysfs);
  throw new Error('the list of links has no beginning');
}

/** Reads one line of `ip -o -d link show`. @throws Error where it is not one */
export function linkOfIproute2(line: string): Link {
  const parts = /^\d+:\s+([^\s:]+):\s+<([^>]*)>\s+mtu\s+(\d+)\s(.*)$/.exec(line);
  if (parts === null) throw new Error(`unexpected line from ip link: ${JSON.stringify(line.slice(0, 120))}`);
  const [, name = '', flagText = '', mtu = '', rest = ''] = parts;
  const [head = '', address = '', ...details] = rest.split('\\').map((piece) => piece.trim());
  const flags = new Set(flagText.split(','));
  const detail = details.find((piece) => !NOT_A_KIND.test(piece));
  const kind = detail?.split(/\s+/)[0] ?? (/^link\/(\S+)/.exec(address)?.[1] || 'ether');
  return {
    iface: name.split('@')[0] as string,
    kind,
    up: flags.has('UP'),
    carrier: !flags.has('NO-CARRIER'),
    master: wordAfter(head, 'master'),
    mtuBytes: Number(mtu),
    mac: macOf(/^link\/\S+\s+(\S+)/.exec(address)?.[1]),
    vxlan: kind === 'vxlan' ? vxlanOf(detail ?? '') : undefined,
  };
}

/** Lines of their own that tell no kind: what an administrator named it, what it is a part of, virtual functions. */
const NOT_A_KIND = /^(alias|altname|vf|RX:|TX:|prog\/|xdp|\S+_slave\b|bridge_slave|bond_slave|link\/|$)/;

function vxlanOf(detail: string): Vxlan {
  const local = wordAfter(detail, 'local');
  const port = wordAfter(detail, 'dstport');
  return {
    vni: Number(wordAfter(detail, 'id') ?? Number.NaN),
    local: local !== undefined && /^[\d.]+$/.test(local) ? address4(local) : undefined,
    dev: wordAfter(detail, 'dev'),
    port: port === undefined ? undefined : Number(port),
  };
}

function wordAfter(text: string, word: string): string | undefined {
  const words = text.split(/\s+/);
  const at = words.indexOf(word);
  return at < 0 ? undefined : words[at + 1];
}

function macOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? text.toLowerCase() : undefined;
}

const ARPHRD: Readonly<Record<string, string>> = { 772: 'loopback', 768: 'ipip', 776: 'sit', 778: 'gre', 65534: 'tun' };

function linkOfSysfs(line: string): Link {
  const fields = line.split('|');
  if (fields.length !== 11) throw new Error(`unexpected line about a link: ${JSON.stringify(line.slice(0, 120))}`);
  const [iface, type, devtype, flags, mtu, mac, carrier, index, lower, has, master] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const other = ARPHRD[type];
  // A veth is the one kind of link with another end that says nothing else about itself.
  const kind = has || devtype || other || (index !== lower && lower !== '0' ? 'veth' : 'ether');
  return {
    iface,
    kind: kind === 'wlan' ? 'ether' : kind,
    up: (Number(flags) & 1) === 1,
    carrier: carrier !== '0',
    master: master || undefined,
    mtuBytes: Number(mtu),
    mac: macOf(mac),
    vxlan: undefined,
  };
}
