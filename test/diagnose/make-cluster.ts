import { absent, present, type Reading, unreadable } from '../../src/core/reading.js';
import type { Cluster } from '../../src/diagnose/cluster.js';
import { parseVersion } from '../../src/facts/flannel-version.js';
import { address4, addressWithPrefix } from '../../src/flannel/address.js';
import type { Dependent } from '../../src/flannel/flanneld-process.js';
import type { Link } from '../../src/flannel/host-network.js';
import type { Lease } from '../../src/flannel/lease.js';
import { assembleNode, type FlannelNode, type NodeReadings } from '../../src/flannel/node.js';
import { parseNetworkConfig } from '../../src/flannel/parse-network-config.js';
import { subnetKey } from '../../src/flannel/subnet-key.js';
import type { FlanneldUnit } from '../../src/flannel/unit.js';

export interface NodeIs {
  readonly host: string;
  /** `eth0 10.0.2.15/24`, in the kernel's order. */
  readonly addresses: readonly string[];
  /** `docker0 bridge`, `eth2 ether down`, `veth1 veth in docker0`; others are network cards. */
  readonly links?: readonly string[];
  /** The interface of the default route. */
  readonly gateway?: string;
  /** Flags of flanneld in its unit, and of the running process where they differ. */
  readonly flags?: string;
  readonly runningFlags?: string;
  readonly stopped?: boolean;
  /** `10.1.31.0/24` */
  readonly held?: string;
  /** Where it differs from what the held subnet and the interface give. */
  readonly device?: { address?: string; local?: string; vni?: number; mac?: string; up?: boolean } | 'none';
  readonly bridge?: string;
  readonly version?: string;
  readonly machineId?: string;
  readonly unit?: Partial<FlanneldUnit> | 'none';
  readonly dependents?: readonly Dependent[];
  /** Peers' subnets that are routed over the device. */
  readonly routes?: readonly string[];
  /** `MAC ADDRESS` */
  readonly fdb?: readonly string[];
  readonly vars?: Record<string, unknown>;
  readonly readings?: Partial<NodeReadings>;
}

/** A node with these facts; what is not said is as on a sound host. */
export function makeNode(is: NodeIs): FlannelNode {
  const { host, gateway = 'eth0', flags = '', stopped = false, version = 'v0.11.0', vars = {} } = is;
  const argv = (words: string) => ['/usr/local/bin/flanneld', ...words.split(' ').filter(Boolean)];
  const addresses = [...is.addresses, ...(is.held === undefined ? [] : [`flannel.1 ${is.held.split('/')[0]}/32`])];
  const base: NodeReadings = {
    identity: present({ hostname: host, machineId: is.machineId, bootId: undefined, kernel: '6.1' }),
    addresses: present(addresses.map(interfaceAddress)),
    links: present(linksOf(is)),
    routes: present([
      { ...ROUTE, destination: addressWithPrefix('0.0.0.0/0').network, dev: gateway },
      ...(is.routes ?? []).map((cidr) => ({
        ...ROUTE,
        destination: addressWithPrefix(cidr).network,
        dev: 'flannel.1',
      })),
    ]),
    unit: is.unit === 'none' ? absent : present({ ...unit(argv(flags).join(' '), stopped), ...is.unit }),
    process: stopped
      ? absent
      : present({
          pid: 77,
          argv: argv(is.runningFlags ?? flags),
          environment: {},
          container: false,
          unit: 'flanneld.service',
          ageSeconds: 60,
          others: [],
        }),
    version: present(parseVersion(version)),
    subnetEnv: is.held === undefined ? absent : present(subnetEnv(is.held)),
    runState: present({ files: [] }),
    devices: absent,
    peers: present({
      fdb: is.fdb?.map((entry) => ({
        device: 'flannel.1',
        mac: entry.split(' ')[0] as string,
        dst: address4(entry.split(' ')[1] as string),
      })),
      neighbours: undefined,
    }),
    bridges: is.bridge === undefined ? absent : present([interfaceAddress(is.bridge)]),
    dependents: present(is.dependents ?? []),
    ...is.readings,
  };
  const plain = assembleNode(host, base, vars);
  return assembleNode(host, { ...base, devices: is.readings?.devices ?? deviceOf(is, plain) }, vars);
}

const ROUTE = { type: 'unicast', via: undefined, src: undefined, metric: 0 };

export function interfaceAddress(text: string) {
  const [iface, cidr] = text.split(' ') as [string, string];
  return { iface, ...addressWithPrefix(cidr), scope: 'global', secondary: false };
}

function linksOf({ addresses, links = [] }: NodeIs): Link[] {
  const said = new Map(links.map((text) => [text.split(' ')[0] as string, text.split(' ')]));
  const names = new Set([...addresses.map((text) => text.split(' ')[0] as string), ...said.keys()]);
  return [...names].map((iface) => {
    const words = said.get(iface) ?? [];
    return {
      iface,
      kind: words[1] ?? 'ether',
      up: !words.includes('down'),
      carrier: !words.includes('no-carrier'),
      master: words.includes('in') ? words[words.indexOf('in') + 1] : undefined,
      mtuBytes: 1500,
      mac: undefined,
      vxlan: undefined,
    };
  });
}

function deviceOf({ held, device = {}, host }: NodeIs, node: FlannelNode): NodeReadings['devices'] {
  if (device === 'none' || held === undefined) return absent;
  const local = device.local ?? (node.published ?? node.next)?.address.toString();
  return present([
    {
      name: 'flannel.1',
      up: device.up ?? true,
      mtuBytes: 1450,
      mac: device.mac ?? macFor(host),
      address: address4(device.address ?? (held.split('/')[0] as string)),
      vxlan: {
        vni: device.vni ?? 1,
        local: local === undefined ? undefined : address4(local),
        dev: (node.published ?? node.next)?.iface,
        port: 8472,
      },
    },
  ]);
}

/** A MAC of its own for each name. */
export function macFor(name: string): string {
  const bytes = Buffer.from(name.padStart(6, '_').slice(-6));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

function subnetEnv(held: string) {
  const { network } = addressWithPrefix(held);
  return {
    network: addressWithPrefix('10.1.0.0/16').network,
    subnet: network,
    address: network.getFirst(),
    mtuBytes: 1450,
    ipMasq: false,
    form: 'flannel' as const,
  };
}

function unit(command: string, stopped: boolean): FlanneldUnit {
  return {
    name: 'flanneld.service',
    loadState: 'loaded',
    activeState: stopped ? 'inactive' : 'active',
    subState: stopped ? 'dead' : 'running',
    unitFileState: 'enabled',
    mainPid: stopped ? undefined : 77,
    needDaemonReload: false,
    fragment: {
      path: '/etc/systemd/system/flanneld.service',
      text: `[Service]\nExecStart=${command}\n`,
      mode: '0644',
      owner: 'root',
      group: 'root',
      linksTo: undefined,
      writable: true,
    },
    dropIns: [],
    environmentFiles: [],
    program: undefined,
  };
}

/** `10.1.31.0/24 10.0.2.15 [seconds|reserved] [MAC]` */
export function makeLease(text: string, index = 0): Lease {
  const [cidr, address, ttl = '86000', mac] = text.split(' ') as [string, string, string?, string?];
  const { network } = addressWithPrefix(cidr);
  return {
    key: `/coreos.com/network/subnets/${subnetKey(network)}`,
    subnet: network,
    publicIp: address4(address),
    backendType: 'vxlan',
    vtepMac: mac,
    ttlSeconds: ttl === 'reserved' ? undefined : Number(ttl),
    revision: String(100 + index),
  };
}

export function makeCluster(
  nodes: readonly FlannelNode[],
  leases: readonly string[] | 'unreadable',
  more: Partial<Cluster> = {},
): Cluster {
  const table: Reading<{ leases: Lease[]; malformed: [] }> =
    leases === 'unreadable' ? unreadable('etcd is down') : present({ leases: leases.map(makeLease), malformed: [] });
  const config = parseNetworkConfig('{"Network":"10.1.0.0/16","Backend":{"Type":"vxlan"}}');
  return { nodes, leases: table, config: present(config), now: 0, ...more };
}

/** Three sound nodes, each with an interface of its own named. Changes are by host number. */
export function soundNodes(changes: Readonly<Record<number, Partial<NodeIs>>> = {}): FlannelNode[] {
  return [1, 2, 3].map((n) =>
    makeNode({
      host: `node${n}`,
      addresses: ['eth0 10.0.2.15/24', `eth1 10.0.0.11${n}/24`],
      flags: '-iface=eth1',
      held: `10.1.${n}.0/24`,
      routes: [1, 2, 3].filter((peer) => peer !== n).map((peer) => `10.1.${peer}.0/24`),
      machineId: String(n).repeat(32),
      ...changes[n],
    }),
  );
}

export const SOUND_LEASES = ['10.1.1.0/24 10.0.0.111', '10.1.2.0/24 10.0.0.112', '10.1.3.0/24 10.0.0.113'];
