import type { Connection, ScriptResult } from '../../src/core/connection.js';
import { ABSENT } from '../../src/core/fact.js';
import { type MemoryRegistry, memoryRegistry } from '../../src/etcd/memory-registry.js';

/** Where in a host's answers, or in etcd, a foreign text stands. */
export type Place = keyof typeof USUAL;

/** What an honest node of the sick cluster says; each of these may be replaced by anything. */
export const USUAL = {
  hostname: 'node2',
  kernel: '6.1.0',
  'line of ip addr': '',
  'interface in ip addr': 'eth1',
  'rest of ip addr': '',
  'interface in ip link': 'eth1',
  'alias in ip link': 'uplink',
  'kind in ip link': 'vlan',
  'device of a route': 'eth1',
  'line of ip route': '',
  'name of the unit': 'flanneld.service',
  'state of the unit': 'active',
  'substate of the unit': 'running',
  'enablement of the unit': 'enabled',
  'path of the unit': '/etc/systemd/system/flanneld.service',
  'owner of the unit': 'root',
  'link of the unit': '/etc/systemd/system/flanneld.service',
  'ExecStart of the unit': '/usr/local/bin/flanneld -etcd-prefix=/kubernetes/network',
  'end of the unit': '',
  'path of a drop-in': '/etc/systemd/system/flanneld.service.d/10.conf',
  'text of a drop-in': '[Service]\nRestartSec=1\n',
  'path of an environment file': '/etc/flanneld',
  'text of an environment file': 'FLANNEL_OPTIONS=\n',
  'text of a wrapper': '#!/bin/sh\nexec /usr/local/bin/flanneld "$@"\n',
  'word of the process': '-v=1',
  'variable of the process': 'FLANNELD_V=1',
  'cgroup of the process': '0::/system.slice/flanneld.service',
  'etcd endpoint of the process': 'http://127.0.0.1:2379',
  'etcd prefix of the process': '/kubernetes/network',
  'etcd certificate of the process': '',
  'subnet file of the process': '/run/flannel/subnet.env',
  version: 'v0.11.0',
  'subnet.env': 'FLANNEL_NETWORK=10.1.0.0/16\nFLANNEL_SUBNET=10.1.31.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=false\n',
  'file of the run state': '/run/flannel/subnet.env',
  'file that a unit names': 'EnvironmentFile=/run/flannel/subnet.env',
  'line about peers': '',
  'bridge of containers': 'docker0',
  'name of a dependent': 'docker.service',
  'state of a dependent': 'active',
  'run of a guard': '',
  'outcome of a guard': '',
  'answer to ip route get': '',
  'error of a fact': '',
  'key of a lease': '10.1.31.0-24',
  'value of a lease': '',
  'backend of a lease': 'vxlan',
  'MAC of a lease': '0e:11:53:fe:04:01',
  'network config': '{"Network":"10.1.0.0/16","SubnetLen":24,"Backend":{"Type":"vxlan"}}',
};

export type Said = Partial<Record<Place, string>>;

/** The connection to a node that answers all facts, `node2` with what is given. Nothing is run anywhere. */
export function answeringHost(host: string, said: Said, heard: string[]): Connection {
  const says = { ...USUAL, ...(host === 'node2' ? said : {}) };
  const own = Number(host.slice(4));
  return {
    host,
    async run(script): Promise<ScriptResult> {
      heard.push(script.text);
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      const parts = partsOf(script.text);
      if (parts.length === 0) {
        // One question by itself comes without boundaries.
        const { out, error = '', status = 0 } = answerTo(script.text, says, own);
        return { stdout: out, stderr: Buffer.from(error), status };
      }
      for (const { body, nonce } of parts) {
        const { out, error = '', status = 0 } = answerTo(body, says, own);
        stdout.push(out, Buffer.from(`\n${nonce} ${status}\n`));
        stderr.push(Buffer.from(`${error}\n${nonce} 0\n`));
      }
      return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), status: 0 };
    },
    tunnel: () => Promise.reject(new Error('no tunnel')),
    close: async () => {},
  };
}

/** The registry of the sick cluster, with one lease that three nodes hold. */
export function answeringRegistry(said: Said): MemoryRegistry {
  const says = { ...USUAL, ...said };
  const value =
    says['value of a lease'] ||
    JSON.stringify({
      PublicIP: '10.0.2.15',
      BackendType: says['backend of a lease'],
      BackendData: { VtepMAC: says['MAC of a lease'] },
    });
  const registry = memoryRegistry({ prefix: '/kubernetes/network', config: says['network config'] });
  registry.put('10.1.9.0-24', { value: { PublicIP: '10.0.2.99', BackendType: 'vxlan' }, ttlSeconds: 40_000 });
  registry.put(says['key of a lease'], { value, ttlSeconds: 86_000 });
  return registry;
}

/** A frame's scripts, as the shell would take them out of their quotes, and the nonce that closes each. */
function partsOf(text: string): { body: string; nonce: string }[] {
  const pieces = text.split(/\nprintf '\\n%s %d\\n' ([0-9a-f]+) \$\?; printf .* >&2(?:\n|$)/);
  return pieces.flatMap((piece, at) => {
    const nonce = pieces[at + 1];
    if (at % 2 === 1 || nonce === undefined) return [];
    return [{ body: piece.slice("( eval '".length, -"' ) </dev/null".length).replaceAll(`'\\''`, "'"), nonce }];
  });
}

interface Answer {
  readonly out: Buffer;
  readonly error?: string;
  readonly status?: number;
}

type Says = Record<Place, string>;

const FACTS: readonly (readonly [mark: string, answer: (says: Says, own: number) => Answer])[] = [
  ['record guard', guards],
  ['show hostname', (says) => lines(`hostname=${says.hostname}`, 'machine_id=', `kernel=${says.kernel}`)],
  ['for bridge in docker0', bridges],
  ['bridge fdb show', (says) => lines('neighbours known', says['line about peers'])],
  ['ip -o -4 addr show dev "$name"', device],
  ['ip -o -4 addr show', addresses],
  ['ip -o -d link show', links],
  ['ip -4 -o route show', routes],
  ['ip -4 -o route get', routeTo],
  ['record unit', unit],
  ['record process', flanneld],
  ['--version', (says) => lines(says.version)],
  ['record subnet_file', runState],
  ['record relations', dependents],
  ['record path', () => ({ out: Buffer.from('end 0\n\n') })],
  ['head -c', (says) => ({ out: Buffer.from(says['subnet.env']) })],
];

function answerTo(body: string, says: Says, own: number): Answer {
  const [, answer] = FACTS.find(([mark]) => body.includes(mark)) ?? [];
  if (answer === undefined) return { out: Buffer.alloc(0), error: 'not asked in this test', status: 1 };
  const given = answer(says, own);
  return says['error of a fact'] === '' ? given : { ...given, error: says['error of a fact'], status: 1 };
}

function lines(...given: readonly string[]): Answer {
  return {
    out: Buffer.from(
      given
        .filter((line) => line !== '')
        .map((line) => `${line}\n`)
        .join(''),
    ),
  };
}

function record(name: string, text: string): string {
  return `${name} ${Buffer.byteLength(text)}\n${text}\n`;
}

function records(...given: readonly string[]): Answer {
  return { out: Buffer.from(`${given.join('')}end 0\n\n`) };
}

function file(name: string, path: string, text: string, says: Says): string {
  const stat = record('stat', `644 ${says['owner of the unit']} root`);
  const real = record('real', name === 'fragment' ? says['link of the unit'] : path);
  return record(name, path) + stat + real + record('writable', 'yes') + record('content', text);
}

function guards(says: Says): Answer {
  const run = says['run of a guard'];
  const outcome = says['outcome of a guard'];
  if (run === '' && outcome === '') return { out: Buffer.alloc(0), status: ABSENT };
  const about: Record<string, string> = {
    guard: run || '20261124T220000Z-abcdef',
    now: '100',
    until: '160',
    claimed: '',
    outcome,
    down: run,
  };
  return records(...Object.entries(about).map(([name, text]) => record(name, text)));
}

function addresses(says: Says, own: number): Answer {
  return lines(
    '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever',
    '2: eth0    inet 10.0.2.15/24 brd 10.0.2.255 scope global eth0\\       valid_lft forever',
    `3: ${says['interface in ip addr']}    inet 10.0.0.11${own}/24 brd 10.0.0.255 scope global eth1${says['rest of ip addr']}\\       valid_lft`,
    '4: flannel.1    inet 10.1.31.0/32 scope global flannel.1\\       valid_lft forever',
    says['line of ip addr'],
  );
}

function links(says: Says): Answer {
  const one = (index: number, name: string, more: string) =>
    `${index}: ${name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP \\    link/ether 0e:11:53:fe:04:0${index} brd ff:ff:ff:ff:ff:ff promiscuity 0 ${more}`;
  return lines(
    'iproute2',
    one(2, 'eth0', ''),
    one(3, says['interface in ip link'], `\\    ${says['kind in ip link']} \\    alias ${says['alias in ip link']}`),
    one(4, 'flannel.1', '\\    vxlan id 1 local 10.0.2.15 dev eth0 srcport 0 0 dstport 8472 nolearning'),
  );
}

function device(): Answer {
  return lines(
    '4: flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN \\    link/ether 0e:11:53:fe:04:04 brd ff:ff:ff:ff:ff:ff promiscuity 0 \\    vxlan id 1 local 10.0.2.15 dev eth0 srcport 0 0 dstport 8472 nolearning',
    '4: flannel.1    inet 10.1.31.0/32 scope global flannel.1\\       valid_lft forever',
  );
}

function bridges(says: Says): Answer {
  return lines(
    `5: ${says['bridge of containers']}    inet 10.1.77.1/24 scope global docker0\\       valid_lft forever`,
  );
}

function routes(says: Says): Answer {
  return lines(
    'default via 10.0.2.2 dev eth0 ',
    `10.0.0.0/24 dev ${says['device of a route']} proto kernel scope link src 10.0.0.111 `,
    '10.0.2.0/24 dev eth0 proto kernel scope link src 10.0.2.15 ',
    says['line of ip route'],
  );
}

function routeTo(says: Says, own: number): Answer {
  const peers = [1, 2, 3].filter((peer) => peer !== own).map((peer) => `10.0.0.11${peer}`);
  const given = says['answer to ip route get'];
  return lines(...peers.map((peer) => `${peer} ${given || `${peer} dev eth1 src 10.0.0.11${own} uid 0 \\    cache`}`));
}

function unit(says: Says): Answer {
  const exec = says['ExecStart of the unit'];
  const text = `[Unit]\nDescription=Flanneld\n\n[Service]\nType=notify\nEnvironmentFile=${says['path of an environment file']}\nExecStart=${exec}\nRestart=on-failure\n${says['end of the unit']}`;
  const properties = [
    `Id=${says['name of the unit']}`,
    'LoadState=loaded',
    `ActiveState=${says['state of the unit']}`,
    `SubState=${says['substate of the unit']}`,
    `UnitFileState=${says['enablement of the unit']}`,
    'MainPID=3420',
    'NeedDaemonReload=no',
    `FragmentPath=${says['path of the unit']}`,
    `ExecStart={ path=/usr/local/bin/flanneld ; argv[]=${exec} ; ignore_errors=no }`,
  ];
  const wrapper = says['text of a wrapper'];
  return records(
    record('unit', 'flanneld.service'),
    record('properties', properties.join('\n')),
    file('fragment', says['path of the unit'], text, says),
    file('drop_in', says['path of a drop-in'], says['text of a drop-in'], says),
    record('environment', `${says['path of an environment file']} (ignore_errors=no)`),
    file('environment_file', says['path of an environment file'], says['text of an environment file'], says),
    ...(wrapper === USUAL['text of a wrapper'] ? [] : [file('program', '/usr/local/bin/flanneld', wrapper, says)]),
  );
}

function flanneld(says: Says): Answer {
  const certificate = says['etcd certificate of the process'];
  const words = [
    '/usr/local/bin/flanneld',
    `-etcd-endpoints=${says['etcd endpoint of the process']}`,
    `-etcd-prefix=${says['etcd prefix of the process']}`,
    ...(certificate === '' ? [] : [`-etcd-cafile=${certificate}`]),
    `-subnet-file=${says['subnet file of the process']}`,
    says['word of the process'],
  ];
  return records(
    record('process', '3420'),
    record('words', words.map((word) => `${word.replaceAll('\n', '\u0001')}\n`).join('')),
    record('environment', says['variable of the process'].replaceAll('\n', '\u0001')),
    record('cgroup', says['cgroup of the process']),
    record('namespace', 'same'),
    record('age', `1000.00 100 S ${'0 '.repeat(18)}50000 0`),
  );
}

function runState(says: Says): Answer {
  return records(
    record('subnet_file', '/run/flannel/subnet.env'),
    record('file', says['file of the run state']),
    record('changed', '1000 500'),
    record('marks', ' lease'),
    record('named', says['file that a unit names']),
  );
}

function dependents(says: Says): Answer {
  return records(
    record('relations', `RequiredBy=${says['name of a dependent']}`),
    record(
      'dependent',
      `Id=${says['name of a dependent']}\nActiveState=${says['state of a dependent']}\nSubState=running\nUnitFileState=enabled`,
    ),
  );
}
