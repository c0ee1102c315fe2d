import type { IPv4, IPv4CidrRange } from 'ip-num';

/** An IPv4 address on an interface, in the kernel's order. */
export interface InterfaceAddress {
  readonly iface: string;
  readonly address: IPv4;
  readonly network: IPv4CidrRange;
  /** `global`, `link`, `host`. */
  readonly scope: string;
  readonly secondary: boolean;
}

/** What a link is; `ether` where nothing says that it is anything else than a network card. */
export interface Link {
  readonly iface: string;
  /** The kernel's word: `bridge`, `veth`, `vxlan`, `tun`, `dummy`, `bond`, `vlan`, `wireguard`, `loopback`, `ether`, ... */
  readonly kind: string;
  readonly up: boolean;
  /** False where the cable, or what stands for it, is out. */
  readonly carrier: boolean;
  /** The bridge or bond it is a part of. */
  readonly master: string | undefined;
  readonly mtuBytes: number;
  /** Lower case, colons. */
  readonly mac: string | undefined;
  readonly vxlan: Vxlan | undefined;
}

/** Of a vxlan device. Each is `undefined` where it has none. */
export interface Vxlan {
  readonly vni: number;
  readonly local: IPv4 | undefined;
  readonly dev: string | undefined;
  readonly port: number | undefined;
}

export interface Route {
  /** `unicast`, `blackhole`, `unreachable`, ... */
  readonly type: string;
  /** 0.0.0.0/0 for a default route. */
  readonly destination: IPv4CidrRange;
  readonly via: IPv4 | undefined;
  /** `undefined` for a route with several next hops, and for one that leads nowhere. */
  readonly dev: string | undefined;
  readonly src: IPv4 | undefined;
  readonly metric: number;
}

/** What `ip route get` says of one address. */
export interface RouteTo {
  readonly address: IPv4;
  /** `undefined` where the host has no route there. */
  readonly dev: string | undefined;
  readonly src: IPv4 | undefined;
  readonly via: IPv4 | undefined;
}

/** flannel's own device: `flannel.1` for vxlan (the number is the VNI), `flannel0` for udp. */
export interface FlannelDevice {
  readonly name: string;
  readonly up: boolean;
  readonly mtuBytes: number;
  readonly mac: string | undefined;
  /** Its own address in the overlay: the first of the subnet that it serves. */
  readonly address: IPv4 | undefined;
  /** `undefined` where it is no vxlan device, or the host's `ip` cannot tell. */
  readonly vxlan: Vxlan | undefined;
}

/** An entry of the vxlan device's forwarding table: a peer's MAC and where it is reached. */
export interface FdbEntry {
  readonly device: string;
  readonly mac: string;
  readonly dst: IPv4;
}

/** A static ARP entry on flannel's device. */
export interface Neighbour {
  readonly device: string;
  readonly address: IPv4;
  readonly mac: string;
}

export interface Peers {
  /** `undefined` where the host has no `bridge` program. */
  readonly fdb: readonly FdbEntry[] | undefined;
  /** `undefined` where the host's `ip` cannot list them. */
  readonly neighbours: readonly Neighbour[] | undefined;
}

/** Who a host is; a copied machine image shows in the same machine id twice. */
export interface HostIdentity {
  readonly hostname: string;
  readonly machineId: string | undefined;
  readonly bootId: string | undefined;
  readonly kernel: string;
}
