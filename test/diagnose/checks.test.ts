import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { unreadable } from '../../src/core/reading.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { checks } from '../../src/diagnose/index.js';
import type { FlannelNode } from '../../src/flannel/node.js';
import { macFor, makeCluster, makeNode, type NodeIs, SOUND_LEASES, soundNodes } from './make-cluster.js';

interface Row {
  readonly about: string;
  readonly nodes?: Readonly<Record<number, Partial<NodeIs>>>;
  readonly extra?: readonly FlannelNode[];
  readonly leases?: readonly string[];
  /** `FF103 dead lease: ` and the hosts; ` <- FF101` where it follows from that. */
  readonly found: readonly string[];
}

function foundIn({ nodes = {}, extra = [], leases = SOUND_LEASES }: Omit<Row, 'about' | 'found'>): string[] {
  const { findings } = diagnose(makeCluster([...soundNodes(nodes), ...extra], leases));
  return findings.map(({ id, cause, hosts, because }) =>
    [`${id} ${cause}:`, ...hosts, ...(because === undefined ? [] : [`<- ${because}`])].join(' '),
  );
}

const SHARED = { flags: '', held: '10.1.9.0/24', routes: [] };
const DEAD_OF_OTHERS = ['10.1.9.0/24 10.0.2.15'];
const THREE_SHARED = { 1: SHARED, 2: SHARED, 3: SHARED };

describe('diagnose', () => {
  test.each<Row>([
    { about: 'finds nothing in a sound cluster', found: [] },
    {
      about: 'FF101: the seed fault; that they hold one subnet follows',
      nodes: THREE_SHARED,
      leases: DEAD_OF_OTHERS,
      found: [
        'FF101 gateway-interface ambiguity: node1 node2 node3',
        'FF102 gateway-interface ambiguity: node1 node2 node3 <- FF101',
      ],
    },
    {
      about: 'FF101: two hosts only, the third never had it',
      nodes: {
        1: { ...SHARED, routes: ['10.1.3.0/24'] },
        2: { ...SHARED, routes: ['10.1.3.0/24'] },
        3: { routes: ['10.1.9.0/24'] },
      },
      leases: [...DEAD_OF_OTHERS, '10.1.3.0/24 10.0.0.113'],
      found: [
        'FF101 gateway-interface ambiguity: node1 node2',
        'FF102 gateway-interface ambiguity: node1 node2 <- FF101',
      ],
    },
    {
      about: 'FF101: a stopped node that would join is told apart, as a consequence',
      nodes: { 1: SHARED, 2: SHARED, 3: { ...SHARED, stopped: true } },
      leases: DEAD_OF_OTHERS,
      found: [
        'FF101 gateway-interface ambiguity: node1 node2',
        'FF207 flanneld is not running: node3',
        'FF102 gateway-interface ambiguity: node1 node2 node3 <- FF101',
        'FF201 gateway-interface ambiguity: node3 <- FF101',
      ],
    },
    {
      about: 'FF101: one -public-ip for all has another cause',
      nodes: { 1: { flags: '-public-ip=192.0.2.1' }, 2: { flags: '-public-ip 192.0.2.1' } },
      leases: ['10.1.1.0/24 192.0.2.1', '10.1.2.0/24 192.0.2.1', '10.1.3.0/24 10.0.0.113'],
      found: ['FF101 one -public-ip on several nodes: node1 node2'],
    },
    {
      about: 'FF101: an explicit interface with an address of others',
      nodes: { 1: { flags: '-iface=eth0' }, 2: { flags: '--iface eth0' } },
      leases: ['10.1.1.0/24 10.0.2.15', '10.1.2.0/24 10.0.2.15', '10.1.3.0/24 10.0.0.113'],
      found: ['FF101 an address on several nodes: node1 node2'],
    },
    {
      about: 'FF102: interfaces named, old subnet.env kept',
      nodes: {
        1: { held: '10.1.9.0/24', routes: [] },
        2: { held: '10.1.9.0/24', routes: [] },
        3: { held: '10.1.9.0/24', routes: [] },
      },
      leases: ['10.1.9.0/24 10.0.0.113'],
      found: [
        'FF102 reused subnet.env: node1 node2 node3',
        'FF301 node not in step with its lease: node1 node2 <- FF102',
      ],
    },
    {
      about: 'FF102: an expired lease that another node took over',
      nodes: {
        1: { addresses: ['eth1 10.0.0.111/24'], gateway: 'eth1', flags: '' },
        2: {
          addresses: ['eth1 10.0.0.112/24'],
          gateway: 'eth1',
          flags: '',
          held: '10.1.1.0/24',
          routes: ['10.1.3.0/24'],
        },
        3: { addresses: ['eth1 10.0.0.113/24'], gateway: 'eth1', flags: '', routes: ['10.1.1.0/24'] },
      },
      leases: ['10.1.1.0/24 10.0.0.112', '10.1.3.0/24 10.0.0.113'],
      found: ['FF102 two owners of one lease: node1 node2', 'FF301 node not in step with its lease: node1 <- FF102'],
    },
    {
      about: 'FF102 and FF107: a copied machine image brings its subnet.env along',
      nodes: {
        1: { addresses: ['eth1 10.0.0.111/24'], gateway: 'eth1', flags: '', machineId: '1'.repeat(32) },
        2: {
          addresses: ['eth1 10.0.0.112/24'],
          gateway: 'eth1',
          flags: '',
          machineId: '1'.repeat(32),
          held: '10.1.1.0/24',
          routes: ['10.1.3.0/24'],
        },
        3: { addresses: ['eth1 10.0.0.113/24'], gateway: 'eth1', flags: '', routes: ['10.1.1.0/24'] },
      },
      leases: ['10.1.1.0/24 10.0.0.112', '10.1.3.0/24 10.0.0.113'],
      found: [
        'FF102 copied machine image: node1 node2',
        'FF107 copied machine image: node1 node2',
        'FF301 node not in step with its lease: node1 <- FF102',
      ],
    },
    {
      about: 'FF103: a lease that no node holds',
      leases: [...SOUND_LEASES, '10.1.9.0/24 10.0.2.15'],
      nodes: Object.fromEntries(
        [1, 2, 3].map((n) => [n, { routes: ['10.1.1.0/24', '10.1.2.0/24', '10.1.3.0/24', '10.1.9.0/24'] }]),
      ),
      found: ['FF103 dead lease:'],
    },
    {
      about: 'FF103: an older lease of a node that has another one in force',
      leases: [...SOUND_LEASES, '10.1.9.0/24 10.0.0.112'],
      nodes: Object.fromEntries(
        [1, 2, 3].map((n) => [n, { routes: ['10.1.1.0/24', '10.1.2.0/24', '10.1.3.0/24', '10.1.9.0/24'] }]),
      ),
      found: ['FF103 dead lease:'],
    },
    {
      about: 'FF103: a lease of an address that no host of the inventory has is another thing',
      leases: [...SOUND_LEASES, '10.1.9.0/24 10.0.0.200'],
      nodes: Object.fromEntries(
        [1, 2, 3].map((n) => [n, { routes: ['10.1.1.0/24', '10.1.2.0/24', '10.1.3.0/24', '10.1.9.0/24'] }]),
      ),
      found: ['FF103 lease of no known node:'],
    },
    {
      about: 'FF103: a reservation is never dead',
      leases: [...SOUND_LEASES, '10.1.9.0/24 10.0.2.15 reserved'],
      nodes: Object.fromEntries(
        [1, 2, 3].map((n) => [n, { routes: ['10.1.1.0/24', '10.1.2.0/24', '10.1.3.0/24', '10.1.9.0/24'] }]),
      ),
      found: [],
    },
    {
      about: 'FF103: the lease of a node that is stopped and will find it again is not dead',
      nodes: { 3: { stopped: true, held: undefined } },
      found: ['FF207 flanneld is not running: node3'],
    },
    {
      about: 'FF104: a lease outside the network, and who holds it',
      nodes: {
        1: { held: '10.7.1.0/24' },
        2: { routes: ['10.7.1.0/24', '10.1.3.0/24'] },
        3: { routes: ['10.7.1.0/24', '10.1.2.0/24'] },
      },
      leases: ['10.7.1.0/24 10.0.0.111', '10.1.2.0/24 10.0.0.112', '10.1.3.0/24 10.0.0.113'],
      found: ['FF104 lease outside the network: node1'],
    },
    {
      about: 'FF104: overlapping leases',
      nodes: {
        1: { held: '10.1.2.128/25', routes: ['10.1.2.0/24', '10.1.3.0/24'] },
        2: { routes: ['10.1.2.128/25', '10.1.3.0/24'] },
        3: { routes: ['10.1.2.128/25', '10.1.2.0/24'] },
      },
      leases: ['10.1.2.128/25 10.0.0.111', '10.1.2.0/24 10.0.0.112', '10.1.3.0/24 10.0.0.113'],
      found: ['FF104 overlapping leases:'],
    },
    {
      about: 'FF105: a lease that should have been renewed',
      leases: ['10.1.1.0/24 10.0.0.111 1200', '10.1.2.0/24 10.0.0.112 3500', '10.1.3.0/24 10.0.0.113'],
      found: ['FF105 lease not renewed: node1'],
    },
    {
      about: 'FF107: one VTEP MAC on two nodes',
      nodes: { 1: { device: { mac: macFor('same') } }, 2: { device: { mac: macFor('same') } } },
      found: ['FF107 duplicate VTEP MAC: node1 node2'],
    },
    {
      about: 'FF201: in order now, and would share an address at the next start',
      nodes: { 2: { flags: '', runningFlags: '-iface=eth1' } },
      found: ['FF201 gateway-interface ambiguity: node2'],
    },
    {
      about: 'FF201: an address of its own on the default route is no risk',
      nodes: { 2: { flags: '', addresses: ['eth1 10.0.0.112/24'], gateway: 'eth1' } },
      found: [],
    },
    {
      about: 'FF203: the unit was edited and flanneld not restarted',
      nodes: { 2: { runningFlags: '-iface=10.0.0.112' } },
      found: ['FF203 not restarted since its unit was changed: node2'],
    },
    {
      about: 'FF204: the unit was edited and systemd not reloaded',
      nodes: { 2: { unit: { needDaemonReload: true } } },
      found: ['FF204 systemd not reloaded since its unit was changed: node2'],
    },
    {
      about: 'FF205: unit and process disagree in more than the interface',
      nodes: { 2: { flags: '-iface=eth1 -etcd-endpoints=http://b:2379', runningFlags: '-iface=eth1' } },
      found: ['FF205 not restarted since its unit was changed: node2'],
    },
    {
      about: 'FF207: flanneld died when its lease was revoked',
      nodes: { 2: { stopped: true } },
      found: ['FF207 flanneld is not running: node2'],
    },
    {
      about: 'FF301: etcd leases what the node holds to nobody',
      nodes: { 1: { held: '10.1.8.0/24' }, 2: { routes: ['10.1.1.0/24', '10.1.3.0/24'] } },
      found: ['FF301 node not in step with its lease: node1'],
    },
    {
      about: 'FF302: docker0 kept the subnet of before',
      nodes: {
        1: { bridge: 'docker0 10.1.9.1/24' },
        2: { bridge: 'docker0 10.1.2.1/24' },
        3: { bridge: 'docker0 172.17.0.1/16' },
      },
      found: ['FF302 bridge not restarted since the subnet changed: node1'],
    },
    {
      about: 'FF303: the device has another address, sends from another one, has another VNI, or is not there',
      nodes: {
        1: { device: { address: '10.1.8.0', vni: 7 } },
        2: { device: { local: '10.0.2.15' } },
        3: { device: 'none' },
      },
      found: ['FF303 flannel device not as the lease says: node1 node2 node3'],
    },
    {
      about: 'FF304: a route is missing, one is left over',
      nodes: { 1: { routes: ['10.1.2.0/24'] }, 2: { routes: ['10.1.1.0/24', '10.1.3.0/24', '10.1.77.0/24'] } },
      found: ['FF304 routes not in step with the leases: node1 node2'],
    },
    {
      about: 'FF304: a forwarding entry leads to the old address',
      nodes: { 1: { fdb: [`${macFor('two')} 10.0.2.15`, `${macFor('three')} 10.0.0.113`] } },
      leases: [
        '10.1.1.0/24 10.0.0.111',
        `10.1.2.0/24 10.0.0.112 86000 ${macFor('two')}`,
        `10.1.3.0/24 10.0.0.113 86000 ${macFor('three')}`,
      ],
      found: ['FF304 routes not in step with the leases: node1'],
    },
    {
      about: 'FF502: nodes in different stores do not see each other',
      nodes: { 3: { version: 'v0.20.2' } },
      found: ['FF502 nodes of different kinds in one overlay: node3'],
    },
    {
      about: 'FF502: a prefix of its own',
      nodes: { 3: { flags: '-iface=eth1 -etcd-prefix=/other' } },
      found: ['FF502 nodes of different kinds in one overlay: node3'],
    },
    {
      about: 'a host without flanneld is nobody',
      extra: [makeNode({ host: 'web', addresses: ['eth0 10.0.2.15/24'], unit: 'none', stopped: true })],
      found: [],
    },
  ])('$about', ({ found, ...row }) => {
    expect(foundIn(row)).toEqual(found);
  });

  test('each check of a run is found failing by a row of this table', () => {
    const ofRuns = checks.filter(({ onlyInCheck }) => onlyInCheck !== true);
    expect(ofRuns.map(({ id }) => id).sort()).toEqual([
      'FF101',
      'FF102',
      'FF103',
      'FF104',
      'FF105',
      'FF107',
      'FF201',
      'FF203',
      'FF204',
      'FF205',
      'FF207',
      'FF301',
      'FF302',
      'FF303',
      'FF304',
      'FF502',
    ]);
  });
});

describe('what could not be read', () => {
  test('etcd: no check of leases passes', () => {
    const { findings, notEvaluated } = diagnose(makeCluster(soundNodes(), 'unreadable'));
    expect(findings).toEqual([]);
    expect(notEvaluated.map(({ id }) => id)).toEqual(['FF103', 'FF104', 'FF105', 'FF301', 'FF304']);
    expect(notEvaluated[0]?.why).toBe('the leases were not read: etcd is down');
  });

  test('etcd: what the nodes hold is judged all the same', () => {
    const { findings } = diagnose(makeCluster(soundNodes(THREE_SHARED), 'unreadable'));
    expect(findings.map(({ id }) => id)).toEqual(['FF101', 'FF102']);
  });

  test('a host: no lease is called dead while it may be its own', () => {
    const dark = makeNode({
      host: 'dark',
      addresses: [],
      readings: { unit: unreadable('timed out'), process: unreadable('timed out') },
    });
    const { findings, notEvaluated } = diagnose(
      makeCluster([...soundNodes(), dark], [...SOUND_LEASES, '10.1.9.0/24 10.0.2.15']),
    );
    expect(findings.map(({ id }) => id)).not.toContain('FF103');
    expect(notEvaluated).toContainEqual({ id: 'FF103', hosts: ['dark'], why: 'what the host holds could not be read' });
    expect(notEvaluated).toContainEqual({ id: 'FF101', hosts: ['dark'], why: 'the host could not be read' });
  });

  test('a subnet file: the node is named, and nothing passes for it', () => {
    const nodes = soundNodes({
      2: { readings: { subnetEnv: unreadable('Permission denied'), devices: unreadable('no ip') } },
    });
    const { notEvaluated } = diagnose(makeCluster(nodes, SOUND_LEASES));
    expect(notEvaluated.filter(({ hosts }) => hosts.includes('node2')).map(({ id }) => id)).toEqual([
      'FF102',
      'FF103',
      'FF301',
      'FF303',
    ]);
  });
});

test('a fault of a thousand hosts is one finding, found in time', () => {
  const nodes = Array.from({ length: 1000 }, (_, n) =>
    makeNode({
      host: `node${n}`,
      addresses: ['eth0 10.0.2.15/24', `eth1 10.0.${n >> 8}.${n & 255}/16`],
      held: '10.1.9.0/24',
      routes: ['10.1.1.0/24', '10.1.2.0/24'],
    }),
  );
  const leases = Array.from(
    { length: 10_000 },
    (_, n) => `10.${1 + (n >> 8)}.${n & 255}.0/24 10.200.${n >> 8}.${n & 255}`,
  );
  const cluster = makeCluster(nodes, leases);
  const before = process.cpuUsage();
  const { findings } = diagnose(cluster);
  const { user } = process.cpuUsage(before);
  // The aim is one second on a quiet machine; what others do on this one counts for nothing.
  expect(user / 1000).toBeLessThan(3000);
  const [first] = findings;
  expect([first?.id, first?.hosts.length]).toEqual(['FF101', 1000]);
  expect(first?.summary).toBe(
    'node0, node1, node2, node3, node4 and 995 more: all publish 10.0.2.15 (eth0), and all hold 10.1.9.0/24',
  );
}, 120_000);
