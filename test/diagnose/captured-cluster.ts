import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { absent, present } from '../../src/core/reading.js';
import type { Cluster } from '../../src/diagnose/cluster.js';
import { parseVersion } from '../../src/facts/flannel-version.js';
import { parseAddresses } from '../../src/facts/host-addresses.js';
import { linkOfIproute2 } from '../../src/facts/host-links.js';
import { parseRoutes } from '../../src/facts/host-routes.js';
import type { FlannelDevice } from '../../src/flannel/host-network.js';
import type { Lease } from '../../src/flannel/lease.js';
import { parseLeaseValue } from '../../src/flannel/lease-value.js';
import { assembleNode, type FlannelNode, type NodeReadings } from '../../src/flannel/node.js';
import { parseNetworkConfig } from '../../src/flannel/parse-network-config.js';
import { parseSubnetEnv } from '../../src/flannel/subnet-env.js';
import { parseSubnetKey } from '../../src/flannel/subnet-key.js';
import type { FlanneldUnit } from '../../src/flannel/unit.js';

const FOLDER = join(import.meta.dirname, '..', 'captures');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

export type Capture =
  | 'broken'
  | 'fixed'
  | 'iface-without-clearing-run'
  | 'v3-broken'
  | 'v3-fixed-all-at-once'
  | 'v3-iface-without-clearing-run';

/** A captured cluster of three nodes, as the program would see it. */
export function capturedCluster(name: Capture, vars: Record<string, unknown> = {}): Cluster {
  const nodes = [1, 2, 3].map((n) =>
    capturedNode(`node${n}`, read(`${name}.node${n}.txt`), name.startsWith('v3'), vars),
  );
  return {
    nodes,
    leases: present({ leases: name.startsWith('v3') ? leasesOfV3(name) : leasesOfV2(name), malformed: [] }),
    config: present(parseNetworkConfig('{"Network":"10.1.0.0/16","SubnetLen":24,"Backend":{"Type":"vxlan"}}')),
    now: Date.UTC(2026, 10, 23, 20, 0, 0),
  };
}

function leasesOfV2(name: string): Lease[] {
  const body = read(`${name}.etcd-v2-subnets.http`)
    .split(/\r?\n\r?\n/)
    .slice(1)
    .join('\n');
  const { node } = JSON.parse(body) as {
    node: { nodes: { key: string; value: string; ttl: number; modifiedIndex: number }[] };
  };
  return node.nodes.map(({ key, value, ttl, modifiedIndex }) => lease(key, value, ttl, String(modifiedIndex)));
}

function leasesOfV3(name: string): Lease[] {
  const { kvs } = JSON.parse(read(`${name}.etcd-v3-range.json`)) as {
    kvs: { key: string; value: string; mod_revision: number }[];
  };
  return kvs
    .filter(({ key }) => key.includes('/subnets/'))
    .map(({ key, value, mod_revision }) => lease(key, value, 86_000, String(mod_revision)));
}

function lease(key: string, value: string, ttlSeconds: number, revision: string): Lease {
  const subnet = parseSubnetKey(key)?.subnet;
  if (subnet === undefined) throw new Error(`no lease: ${key}`);
  const { publicIp, backendType, vtepMac } = parseLeaseValue(value);
  return { key, subnet, publicIp, backendType, vtepMac, ttlSeconds, revision };
}

function sections(text: string): Map<string, string> {
  const parts = text.split(/^# /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]));
}

function section(all: ReadonlyMap<string, string>, start: string): string {
  return [...all].find(([title]) => title.startsWith(start))?.[1] ?? '';
}

function capturedNode(host: string, text: string, v3: boolean, vars: Record<string, unknown>): FlannelNode {
  const all = sections(text);
  const journal = section(all, 'journalctl');
  const explicit = !journal.includes('Using interface with name eth0');
  const device = section(all, 'ip -d link');
  const argv =
    /argv\[\]=(.*?) ;/.exec(section(all, 'systemctl show'))?.[1] ??
    `/usr/local/bin/flanneld ${explicit ? '-iface=eth1 ' : ''}-etcd-prefix=/kubernetes/network`;
  const own = host.slice(-1);
  const network = `1: lo    inet 127.0.0.1/8 scope host lo\\  x
2: eth0    inet 10.0.2.15/24 scope global eth0\\  x
3: eth1    inet 10.0.0.11${own}/24 scope global eth1\\  x
${section(all, 'ip -4 -o addr show dev')}`;
  const addresses = parseAddresses(v3 ? network : section(all, 'ip -4 -o addr show'));
  const overlay = section(all, 'ip -4 route show dev')
    .split('\n')
    .filter(Boolean)
    .map((line) => `${line}dev flannel.1`);
  const routes = v3
    ? `default via 10.0.2.2 dev eth0\n10.0.0.0/24 dev eth1 proto kernel scope link\n${overlay.join('\n')}`
    : section(all, 'ip -4 route show');
  const fdb = section(all, 'bridge fdb')
    .split('\n')
    .map((line) => /^(\S+) dst (\S+) /.exec(line))
    .filter((parts) => parts !== null)
    .map((parts) => ({ device: 'flannel.1', mac: parts[1] as string, dst: addressOf(parts[2] as string) }));
  const readings: NodeReadings = {
    identity: present({ hostname: host, machineId: `${own}`.repeat(32), bootId: undefined, kernel: '6.1.0' }),
    addresses: present(addresses),
    links: present(linksWith(device)),
    routes: present(parseRoutes(routes)),
    unit: present(unitWith(argv)),
    process: present({
      pid: 3420,
      argv: argv.split(' '),
      environment: {},
      container: false,
      unit: 'flanneld.service',
      ageSeconds: 10,
      others: [],
    }),
    version: present(parseVersion(v3 ? 'v0.20.2' : 'v0.11.0')),
    subnetEnv: present(parseSubnetEnv(section(all, 'cat /run/flannel/subnet.env'))),
    runState: present({ files: [] }),
    devices: present([deviceWith(device, addresses)]),
    peers: present({ fdb: v3 ? undefined : fdb, neighbours: undefined }),
    bridges: absent,
    dependents: present([]),
  };
  return assembleNode(host, readings, vars);
}

function addressOf(text: string) {
  const [found] = parseAddresses(`1: x inet ${text}/32 scope global x`);
  if (found === undefined) throw new Error(text);
  return found.address;
}

function oneLine(details: string): string {
  return details.split('\n').filter(Boolean).join('\\').replace(/\\ +/g, '\\    ');
}

function linksWith(details: string) {
  const card = (name: string, index: number) =>
    linkOfIproute2(
      `${index}: ${name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP \\    link/ether 0e:11:53:fe:04:0${index} brd ff:ff:ff:ff:ff:ff promiscuity 0`,
    );
  return [card('eth0', 2), card('eth1', 3), ...(details === '' ? [] : [linkOfIproute2(oneLine(details))])];
}

function deviceWith(details: string, addresses: ReturnType<typeof parseAddresses>): FlannelDevice {
  const address = addresses.find(({ iface }) => iface === 'flannel.1')?.address;
  if (details === '') {
    return { name: 'flannel.1', up: true, mtuBytes: 1450, mac: undefined, address, vxlan: undefined };
  }
  const { iface, up, mtuBytes, mac, vxlan } = linkOfIproute2(oneLine(details));
  return { name: iface, up, mtuBytes, mac, address, vxlan };
}

function unitWith(argv: string): FlanneldUnit {
  return {
    name: 'flanneld.service',
    loadState: 'loaded',
    activeState: 'active',
    subState: 'running',
    unitFileState: 'enabled',
    mainPid: 3420,
    needDaemonReload: false,
    fragment: {
      path: '/etc/systemd/system/flanneld.service',
      text: `[Unit]\nDescription=Flanneld\n\n[Service]\nType=notify\nExecStart=${argv}\nRestart=on-failure\n`,
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
