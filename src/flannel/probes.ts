import type { Reading } from '../core/reading.js';

/** `not tested`: it was not sent, or nothing there can send it. Never counted as passed. */
export type PingOutcome = 'ok' | 'lost' | 'not tested';

/** How packets of one node fare on their way to another. */
export interface PathResult {
  readonly node: string;
  /** The other node's address in the overlay. */
  readonly overlay: string;
  /** The address that it publishes; `undefined` where none is known. */
  readonly underlay: string | undefined;
  /** A small packet to the published address. */
  readonly underlayPing: PingOutcome;
  /** A small packet over the overlay. */
  readonly small: PingOutcome;
  /** A packet as large as the overlay's MTU, not to be fragmented; sent where the small one was answered. */
  readonly full: PingOutcome;
  /** Of that packet, with its IP header. */
  readonly fullBytes: number;
}

/** How a unit comes up at boot. */
export interface BootUnit {
  /** `docker.service` */
  readonly name: string;
  /** systemd's own words: enabled, disabled, static, masked, ... */
  readonly unitFileState: string;
  readonly activeState: string;
  /** Units that it starts after. */
  readonly after: readonly string[];
  /** Units that pull it in. */
  readonly wantedBy: readonly string[];
}

/** What a host's packet filter says of the packets that flannel sends. */
export interface Firewall {
  /** `iptables`, `nft`; empty where the host has neither, or none that can be read. */
  readonly tool: string;
  /** Rules that take flannel's packets away, as the tool prints them. */
  readonly drops: readonly string[];
}

/** What a run told a host to put back by itself unless it was confirmed. */
export interface LeftGuard {
  readonly run: string;
  /** `armed` and `restoring`: it is at work. `done`, `failed`: it has put things back, or could not. */
  readonly state: 'armed' | 'restoring' | 'done' | 'failed' | 'left';
  /** Seconds until it fires. */
  readonly leftSeconds: number;
}

/** What only a check reads of a host, beside what a run reads. */
export interface HostProbe {
  readonly boot: Reading<readonly BootUnit[]>;
  readonly firewall: Reading<Firewall>;
  /** `absent` where no run left one. */
  readonly guards: Reading<readonly LeftGuard[]>;
  /** To its peers; `absent` where it has none. */
  readonly paths: Reading<readonly PathResult[]>;
}

export interface EtcdMember {
  /** `https://10.0.0.111:2379` */
  readonly endpoint: string;
  /** `unreachable`: it could not be asked, be it for a certificate; `unhealthy`: it answers, and cannot serve. */
  readonly state: 'healthy' | 'unhealthy' | 'unreachable';
  /** In words, where it is not healthy. */
  readonly why: string | undefined;
  readonly version: string | undefined;
  /** Milliseconds since 1970 when the certificate that it shows ends. */
  readonly certificateEnds: number | undefined;
}

/** How an etcd fares, member by member. */
export interface EtcdHealth {
  readonly members: readonly EtcdMember[];
  /** Whether a consistent read was answered. */
  readonly quorum: boolean;
  /** Milliseconds since 1970 when the certificate that flannel shows to etcd ends. */
  readonly clientCertificateEnds: number | undefined;
  /** Whether the members serve the v2 store, which flannel up to 0.17 needs. */
  readonly v2: 'on' | 'off' | 'unknown';
}

/** What only a check reads of a cluster. */
export interface Probes {
  readonly hosts: ReadonlyMap<string, HostProbe>;
  readonly etcd: Reading<EtcdHealth>;
}
