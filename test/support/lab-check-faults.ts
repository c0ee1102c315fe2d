import { command, LAB_NAME, onNode } from './lab.js';
import { etcdctl } from './lab-check.js';
import { NODES, readLeases, readNode, UNIT } from './lab-state.js';

/** One thing wrong with a healthy lab, and how a check tells it. */
export interface LabFault {
  readonly about: string;
  /** All that is found, sorted, what follows from the fault too: `FF304 FF401`. */
  readonly finds: string;
  /** The summary of the finding that names it. */
  readonly says: RegExp;
  readonly hosts: readonly string[];
  /** Of the check; 2 where left out. */
  readonly status?: number;
  make(): Promise<unknown>;
  undo(): Promise<unknown>;
}

const on = (node: string, script: string) => () => onNode(node, script);
/** The shared network's own namespace: what lies between the nodes. */
async function between(...words: string[]): Promise<void> {
  const ended = await command('ip', ['netns', 'exec', `${LAB_NAME}-lan`, ...words]);
  if (ended.status !== 0) throw new Error(`${words.join(' ')}: ${ended.status} ${ended.stderr}`);
}

const KEEP = `cp -p ${UNIT} /root/unit`;
const PUT_BACK = `mv /root/unit ${UNIT}; systemctl daemon-reload`;
const edited = (sed: string) => `${KEEP}; sed -i '${sed}' ${UNIT}; systemctl daemon-reload`;
const NO_IFACE = 's# -iface=eth1##';
const RESTART = 'systemctl restart flanneld docker';

/** One lease more, of the address that all nodes had before they were mended. */
const DEAD_LEASE = '/kubernetes/network/subnets/10.1.250.0-24';
const DEAD = '{"PublicIP":"10.0.2.15","BackendType":"vxlan","BackendData":{"VtepMAC":"0a:00:00:00:00:fa"}}';
const DEVICE_ADDRESS = "ip -4 -o addr show dev flannel.1 | awk '{ print $4 }'";
const OTHER = '10.1.252.0/32 dev flannel.1';

/** The kernel keeps what it learnt of a path for ten minutes, with the route. */
const NEW_ROUTES =
  'ip -4 route show dev flannel.1 | while read -r to via gateway rest; do ip route del $to; ip route add $to via $gateway dev flannel.1 onlink; done';

const ENV = '/run/flannel/subnet.env';
const ETCD_DOWN = 'systemctl kill -s KILL etcd; systemctl stop etcd; systemctl reset-failed etcd; true';

const ETCD_UNIT = '/etc/systemd/system/etcd.service';
/** On one node after the other, so that etcd has its quorum all the while. */
async function inTurn(script: string): Promise<void> {
  for (const node of NODES) await onNode(node, script);
}

/** Deletes all leases of the address that all nodes had, and waits until no node routes to them any more. */
async function deleteDeadLeases(): Promise<void> {
  for (const [subnet, owner] of await readLeases()) {
    if (owner !== '10.0.2.15') continue;
    await etcdctl('v2', 'rm', `/kubernetes/network/subnets/${subnet}-24`);
    const gone = `timeout 30 sh -c 'while ip -4 route | grep -q ^${subnet}/; do sleep 0.2; done'`;
    await Promise.all(NODES.map((node) => onNode(node, gone)));
  }
}

/** flannel's packets to node2, on their way through the bridge between the nodes. */
const TO_NODE2 = 'FORWARD -o node2 -p IPv4 --ip-proto udp --ip-dport 8472 -j DROP'.split(' ');

/** The most telling ones first. */
export const FAULTS: readonly LabFault[] = [
  {
    about: 'the dead lease of before the fix, put back',
    finds: 'FF103',
    says: /10\.1\.250\.0\/24/,
    hosts: [],
    status: 0,
    make: () => etcdctl('v2', 'set', '--ttl', '86400', DEAD_LEASE, DEAD),
    undo: deleteDeadLeases,
  },
  {
    about: 'a packet filter drops UDP 8472',
    finds: 'FF401 FF403',
    says: /^node2: the packet filter drops UDP 8472/,
    hosts: ['node2'],
    make: on('node2', 'iptables -I INPUT -p udp --dport 8472 -j DROP'),
    undo: on('node2', 'iptables -D INPUT -p udp --dport 8472 -j DROP'),
  },
  {
    about: 'a route to another node is gone',
    finds: 'FF304 FF401',
    says: /^node2/,
    hosts: ['node2'],
    make: on('node2', 'ip -4 route show dev flannel.1 | tail -1 >/root/route; ip route del $(cat /root/route)'),
    undo: on('node2', 'ip route add $(cut -d" " -f1-3 /root/route) dev flannel.1 onlink; rm /root/route'),
  },
  {
    about: 'the unit names an interface, and flanneld was started without it',
    finds: 'FF203 FF401',
    says: /^node2: the unit names an interface that the running flanneld does not use/,
    hosts: ['node2'],
    make: on('node2', `${edited(NO_IFACE)}; ${RESTART}; ${PUT_BACK}`),
    undo: async () => {
      await onNode('node2', 'systemctl stop docker flanneld; rm -rf /run/flannel; systemctl start flanneld docker');
      await deleteDeadLeases();
    },
  },
  {
    about: 'one etcd member is down',
    finds: 'FF501',
    says: /^1 of 3 etcd members is not healthy/,
    hosts: ['node3'],
    status: 0,
    make: on('node3', ETCD_DOWN),
    undo: on('node3', 'systemctl start etcd'),
  },
  {
    about: 'the network carries less than the MTU',
    finds: 'FF402',
    says: /^node2: small packets cross the overlay/,
    hosts: ['node2'],
    make: () => between('ip', 'link', 'set', 'node2', 'mtu', '1400'),
    undo: () => between('ip', 'link', 'set', 'node2', 'mtu', '1500'),
  },
  {
    about: 'flanneld and docker are stopped',
    finds: 'FF207',
    says: /^node2: flanneld is not running/,
    hosts: ['node2'],
    make: on('node2', 'systemctl stop flanneld'),
    undo: on('node2', 'systemctl start flanneld docker'),
  },
  {
    about: 'the subnet file names another subnet',
    finds: 'FF301 FF302 FF303',
    says: /^node2/,
    hosts: ['node2'],
    make: on('node2', `cp -p ${ENV} /root/env; sed -i 's#^FLANNEL_SUBNET=.*#FLANNEL_SUBNET=10.1.251.1/24#' ${ENV}`),
    undo: on('node2', `mv /root/env ${ENV}`),
  },
  {
    about: 'the unit names no interface, and the running flanneld has one',
    finds: 'FF201',
    says: /^node2: would publish 10\.0\.2\.15/,
    hosts: ['node2'],
    status: 0,
    make: on('node2', edited(NO_IFACE)),
    undo: on('node2', PUT_BACK),
  },
  {
    about: 'the unit was edited and systemd not told',
    finds: 'FF204',
    says: /^node2/,
    hosts: ['node2'],
    status: 0,
    make: on('node2', `${KEEP}; echo '# edited' >>${UNIT}`),
    undo: on('node2', PUT_BACK),
  },
  {
    about: 'the unit has another etcd endpoint than the running flanneld',
    finds: 'FF205',
    says: /^node2/,
    hosts: ['node2'],
    status: 0,
    make: on('node2', edited('s#,https://10.0.0.113:2379##')),
    undo: on('node2', PUT_BACK),
  },
  {
    about: 'neither flanneld nor docker, which pulls it in, is enabled at boot',
    finds: 'FF206',
    says: /^node2: flanneld does not start at boot/,
    hosts: ['node2'],
    status: 0,
    make: on('node2', 'systemctl disable --quiet flanneld docker'),
    undo: on('node2', 'systemctl enable --quiet flanneld docker'),
  },
  {
    about: "docker0 has an address of another node's subnet",
    finds: 'FF302',
    says: /^node2/,
    hosts: ['node2'],
    status: 0,
    make: on('node2', 'ip addr flush dev docker0; ip addr add 10.1.253.1/24 dev docker0'),
    undo: on('node2', 'systemctl restart docker'),
  },
  {
    about: "flannel's device has an address of another subnet",
    finds: 'FF303 FF401',
    says: /^node2/,
    hosts: ['node2'],
    // The new one first: without any address the kernel drops the routes too.
    make: on('node2', `${DEVICE_ADDRESS} >/root/was; ip addr add ${OTHER}; ip addr del $(cat /root/was) dev flannel.1`),
    undo: on('node2', `ip addr add $(cat /root/was) dev flannel.1; ip addr del ${OTHER}; rm /root/was`),
  },
  {
    about: "flannel's device is down",
    finds: 'FF303 FF401',
    says: /^node2/,
    hosts: ['node2'],
    make: on('node2', 'ip link set flannel.1 down'),
    undo: on('node2', `ip link set flannel.1 up; ${RESTART}`),
  },
  {
    about: 'one node drops what comes from one other out of the overlay',
    finds: 'FF401',
    says: /^packets are lost in the overlay between node1 and node2$/,
    hosts: ['node1', 'node2'],
    make: async () => {
      const { device } = await readNode('node1');
      await onNode('node2', `iptables -I INPUT -i flannel.1 -s ${device} -j DROP`);
    },
    undo: on('node2', 'iptables -F INPUT'),
  },
  {
    about: 'one node takes nothing that others begin out of the overlay',
    finds: 'FF401',
    says: /^node2: no packet crosses the overlay/,
    hosts: ['node2'],
    make: on('node2', 'iptables -I INPUT -i flannel.1 -m state --state NEW -j DROP'),
    undo: on('node2', 'iptables -F INPUT'),
  },
  {
    about: "the interface's MTU was lowered and flanneld not restarted",
    finds: 'FF402',
    says: /^node2: the overlay's MTU is larger/,
    hosts: ['node2'],
    make: on('node2', 'ip link set eth1 mtu 1400'),
    undo: on('node2', `ip link set eth1 mtu 1500; ${NEW_ROUTES}`),
  },
  {
    about: 'UDP 8472 is dropped between the hosts',
    finds: 'FF401 FF403',
    says: /^node2: UDP 8472 does not get through/,
    hosts: ['node2'],
    make: () => between('ebtables', '-A', ...TO_NODE2),
    undo: () => between('ebtables', '-D', ...TO_NODE2),
  },
  {
    about: "a host has a network in the overlay's range",
    finds: 'FF601',
    says: /^node2/,
    hosts: ['node2'],
    make: on(
      'node2',
      'ip link add lab0 type veth peer name lab1 && ip addr add 10.1.240.1/24 dev lab0 && ip link set lab0 up',
    ),
    undo: on('node2', 'ip link del lab0'),
  },
  {
    about: 'etcd has no quorum',
    finds: 'FF501',
    says: /^etcd has no quorum/,
    hosts: [...NODES],
    make: () => Promise.all([onNode('node2', ETCD_DOWN), onNode('node3', ETCD_DOWN)]),
    undo: () => Promise.all([onNode('node2', 'systemctl start etcd'), onNode('node3', 'systemctl start etcd')]),
  },
  {
    about: 'the unit names no interface, and the default route has an address of its own today',
    finds: 'FF202',
    says: /^node2/,
    hosts: ['node2'],
    status: 0,
    make: on('node2', `${edited(NO_IFACE)}; ip route replace default via 10.0.0.1 dev eth1`),
    undo: on('node2', `${PUT_BACK}; ip route replace default via 10.0.2.2 dev eth0`),
  },
  {
    about: 'etcd runs without the v2 store',
    finds: 'FF501',
    says: /^etcd runs without the v2 store/,
    hosts: [...NODES],
    make: () => inTurn(`sed -i 's# --enable-v2##' ${ETCD_UNIT}; systemctl daemon-reload; systemctl restart etcd`),
    undo: () =>
      inTurn(`sed -i 's#data-dir=[^ ]*#& --enable-v2#' ${ETCD_UNIT}; systemctl daemon-reload; systemctl restart etcd`),
  },
];
