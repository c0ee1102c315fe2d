import type { Link } from './host-network.js';

/** What an interface is to flannel: a way to the other hosts, or somebody's own device. */
export type InterfaceUse =
  | { readonly kind: 'uplink' }
  /** Never: it belongs to a container network, or leads nowhere. */
  | { readonly kind: 'never'; readonly why: string }
  /** Only where the operator names it. */
  | { readonly kind: 'tunnel'; readonly why: string };

const NEVER_BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/^lo\d*$/, 'loopback'],
  [/^flannel/, "flannel's own device"],
  [/^docker|^br-[0-9a-f]{12}$|^podman|^docker_gwbridge$/, 'a container bridge'],
  [/^cni|^cbr\d|^kube-bridge$|^mynet|^lxdbr|^lxcbr|^weave|^antrea|^ovn|^ovs-|^br-int$/, 'a container bridge'],
  [/^virbr|^vnet\d|^vmnet/, "a virtual machine's bridge"],
  [/^veth|^cali[0-9a-f]|^lxc[0-9a-f_]|^cilium|^eni[0-9a-f]{8,}|^azv|^nic[0-9a-f]{8}/, "a container's cable"],
  [/^kube-ipvs|^kube-dummy|^nodelocaldns|^dummy|^ifb\d/, 'a device that only holds addresses'],
];

const TUNNEL_NAME =
  /^(tun|tap|wg|tunl|gre|gretap|erspan|sit|ip6tnl|ip6gre|ipip|ppp|tailscale|zt|utun|vxlan|genev|nebula|vti|xfrm)/;
const TUNNEL_KINDS: ReadonlySet<string> = new Set([
  'tun',
  'wireguard',
  'vxlan',
  'geneve',
  'gre',
  'gretap',
  'erspan',
  'ip6gre',
  'ipip',
  'ip6tnl',
  'sit',
  'vti',
  'vti6',
  'xfrm',
  'ppp',
  'none',
]);

/**
 * What an interface can be used for, by what it is and, where that does not tell, by its name.
 *
 * A bridge with a network card in it is a host's own uplink. So is a veth with an address on a network: the host is
 * then a container or a namespace itself, and this is its card. The host's end of a container's cable is a port of a
 * bridge, or has no network of its own.
 *
 * @param links all links of the host; empty where they cannot be read
 */
export function interfaceUse(iface: string, hasNetwork: boolean, links: readonly Link[]): InterfaceUse {
  for (const [pattern, why] of NEVER_BY_NAME) {
    if (pattern.test(iface)) return { kind: 'never', why };
  }
  const link = links.find((one) => one.iface === iface);
  const kind = link?.kind;
  if (kind === 'loopback') return { kind: 'never', why: 'loopback' };
  if (kind === 'dummy' || kind === 'ifb') return { kind: 'never', why: 'a device that only holds addresses' };
  if (kind === 'veth' && (link?.master !== undefined || !hasNetwork))
    return { kind: 'never', why: "a container's cable" };
  if (kind === 'bridge' && !hasCard(iface, links)) return { kind: 'never', why: 'a bridge with no network card in it' };
  // Calico's tunnel, for one: an address for this host alone leads to no network.
  if (kind !== undefined && TUNNEL_KINDS.has(kind)) return { kind: 'tunnel', why: `a tunnel (${kind})` };
  if (TUNNEL_NAME.test(iface)) return { kind: 'tunnel', why: 'a tunnel' };
  return { kind: 'uplink' };
}

const CARD_KINDS: ReadonlySet<string> = new Set(['ether', 'bond', 'team', 'vlan', 'macvlan', 'ipvlan']);

function hasCard(bridge: string, links: readonly Link[]): boolean {
  return links.some(
    ({ master, kind, iface }) => master === bridge && CARD_KINDS.has(kind) && !/^(veth|vnet|tap)/.test(iface),
  );
}
