import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { present } from '../../src/core/reading.js';
import { leaseTable } from '../../src/etcd/lease-table.js';
import { printedRecords } from '../../src/facts/host-records.js';
import { parseNetworkConfig } from '../../src/flannel/parse-network-config.js';
import type { KeptAnswer, KeptEtcd, Recording } from '../../src/recording/recording.js';

const FOLDER = join(import.meta.dirname, '..', 'captures');
const HOSTS = ['node1', 'node2', 'node3'];
const TLS_FILES = ['ca', 'kubernetes', 'kubernetes-key'].map((name) => `/etc/kubernetes/ssl/${name}.pem`);
const UNIT = '/etc/systemd/system/flanneld.service';

/**
 * What was captured of a real cluster, as a recording. What was not captured (the links, the packet filter, how
 * packets fare) was not asked; the words of the process and the text of the unit are those that `systemctl show` tells.
 */
export function capturedRecording(name: 'broken' | 'fixed'): Recording {
  return {
    toolVersion: '0.0.0',
    gatheredAt: Date.UTC(2026, 10, 23, 20, 0, 0),
    inventory: {
      name: 'inventory.yaml',
      groups: [
        { name: 'all', hosts: HOSTS, ownHosts: [], children: ['flannel'] },
        { name: 'ungrouped', hosts: [], ownHosts: [], children: [] },
        { name: 'flannel', hosts: HOSTS, ownHosts: HOSTS, children: [] },
      ],
      hosts: HOSTS.map((host, index) => ({
        name: host,
        groups: ['flannel'],
        vars: {},
        at: `inventory.yaml:${index + 4}:9`,
      })),
    },
    hosts: new Map(HOSTS.map((host) => [host, answersOf(readFileSync(join(FOLDER, `${name}.${host}.txt`), 'utf8'))])),
    etcds: [etcdOf(name)],
    damage: [],
  };
}

function answersOf(capture: string): KeptAnswer[] {
  const sections = new Map(
    capture
      .split(/^# /m)
      .slice(1)
      .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
  );
  const section = (start: string) => [...sections].find(([title]) => title.startsWith(start))?.[1] ?? '';
  const properties = section('systemctl show');
  const argv = /argv\[\]=(.*?) ;/.exec(properties)?.[1] ?? '';
  const pid = /(?<=pid=)\d+/.exec(properties)?.[0] ?? '';
  const device = section('ip -d link').split('\n').filter(Boolean).join('\\').replace(/\\ +/g, '\\    ');
  const addresses = section('ip -4 -o addr show');
  const deviceAddress = addresses.split('\n').filter((line) => line.includes('flannel.1'));
  const fdb = section('bridge fdb').split('\n').filter(Boolean);
  return [
    answer('host.identity', {}, `hostname=${section('hostname')}kernel=6.1.0\n`),
    answer('host.addresses', {}, addresses),
    answer('host.routes', {}, section('ip -4 route show')),
    answer('flannel.unit', {}, unitRecords(properties, argv)),
    answer('flannel.process', {}, processRecords(pid, argv)),
    answer('flannel.version', {}, 'v0.11.0\n'),
    answer('flannel.subnet_env', { path: '/run/flannel/subnet.env' }, section('cat /run/flannel/subnet.env')),
    answer('flannel.device', {}, `${device}\n${deviceAddress.join('\n')}\n`),
    answer('flannel.etcd_files', { paths: TLS_FILES }, records(TLS_FILES.flatMap(withheldFile))),
    answer('flannel.peers', {}, ['fdb known', ...fdb.map((line) => `fdb flannel.1 ${line}`), ''].join('\n')),
  ];
}

function answer(fact: string, query: object, stdout: string | Buffer): KeptAnswer {
  return { fact, query, outcome: { kind: 'answer', status: 0, stdout: Buffer.from(stdout), stderr: '' } };
}

function unitRecords(properties: string, argv: string): Buffer {
  const text = `[Service]\nType=notify\nExecStart=${argv}\n`;
  return records([
    ['unit', 'flanneld.service'],
    ['properties', `Id=flanneld.service\nLoadState=loaded\nUnitFileState=enabled\n${properties}`],
    ['fragment', UNIT],
    ['stat', '644 root root'],
    ['real', UNIT],
    ['writable', 'yes'],
    ['content', text],
  ]);
}

function processRecords(pid: string, argv: string): Buffer {
  return records([
    ['process', pid],
    ['words', `${argv.replaceAll(' ', '\n')}\n`],
    ['environment', ''],
    ['cgroup', '0::/system.slice/flanneld.service\n'],
    ['namespace', 'same'],
    ['age', ''],
  ]);
}

function withheldFile(path: string): (readonly [string, string])[] {
  return [
    ['path', path],
    ['content', '[secret]'],
  ];
}

function records(given: readonly (readonly [string, string])[]): Buffer {
  return printedRecords(given.map(([name, text]) => ({ name, bytes: Buffer.from(text) })));
}

function etcdOf(name: string): KeptEtcd {
  const body = readFileSync(join(FOLDER, `${name}.etcd-v2-subnets.http`), 'utf8')
    .split(/\r?\n\r?\n/)
    .slice(1)
    .join('\n');
  const { node } = JSON.parse(body) as {
    node: { nodes: { key: string; value: string; ttl: number; modifiedIndex: number }[] };
  };
  const entries = node.nodes.map(({ key, value, ttl, modifiedIndex }) => ({
    key,
    value,
    ttlSeconds: ttl,
    revision: String(modifiedIndex),
  }));
  return {
    store: 'v2',
    endpoints: ['https://10.0.0.111:2379', 'https://10.0.0.112:2379', 'https://10.0.0.113:2379'],
    prefix: '/kubernetes/network',
    config: {
      value: present(parseNetworkConfig('{"Network":"10.1.0.0/16","SubnetLen":24,"Backend":{"Type":"vxlan"}}')),
    },
    leases: { value: leaseTable(entries) },
    health: undefined,
    whereIsConfig: undefined,
  };
}
