import { describe, expect, test } from 'vitest';
import { absent, present, unreadable } from '../../src/core/reading.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { mendPlan } from '../../src/diagnose/mend-plan.js';
import { pingProof, pingTargets, verifyCluster } from '../../src/diagnose/verify-cluster.js';
import { verifyNode } from '../../src/diagnose/verify-node.js';
import { cidrText } from '../../src/flannel/address.js';
import { chooseInterfaces } from '../../src/flannel/choose-interface.js';
import type { FlannelNode } from '../../src/flannel/node.js';
import {
  interfaceAddress,
  makeCluster,
  makeLease,
  makeNode,
  type NodeIs,
  SOUND_LEASES,
  soundNodes,
} from './make-cluster.js';

const SHARED = { flags: '', held: '10.1.9.0/24', routes: [] };
const DEAD = '10.1.9.0/24 10.0.2.15';
const docker = (activeState: string) => ({
  name: 'docker.service',
  relations: ['requires' as const],
  activeState,
  subState: 'running',
  unitFileState: 'enabled',
  restartsAlong: true,
});

function planOf(nodes: readonly FlannelNode[], leases: readonly string[] | 'unreadable' = SOUND_LEASES) {
  return mendPlan(makeCluster(nodes, leases), chooseInterfaces(nodes));
}

function needs(nodes: readonly FlannelNode[], leases?: readonly string[]): string[] {
  return planOf(nodes, leases).hosts.map(({ host, needsIface, needsClear, needsRestart, argument, refused }) =>
    [
      host,
      ...(needsIface ? [`iface=${argument}`] : []),
      ...(needsClear ? ['clear'] : []),
      ...(needsRestart ? ['restart'] : []),
      ...(refused === undefined ? [] : [`refused: ${refused}`]),
    ].join(' '),
  );
}

describe('mendPlan', () => {
  test.each<{ about: string; nodes: Record<number, Partial<NodeIs>>; leases?: string[]; expected: string[] }>([
    { about: 'leaves a sound cluster alone', nodes: {}, expected: ['node1', 'node2', 'node3'] },
    {
      about: 'leaves a host alone that is fixed already',
      nodes: {
        1: { routes: ['10.1.9.0/24'] },
        2: { ...SHARED, routes: ['10.1.1.0/24'] },
        3: { ...SHARED, routes: ['10.1.1.0/24'] },
      },
      leases: ['10.1.1.0/24 10.0.0.111', DEAD],
      expected: ['node1', 'node2 iface=eth1 clear restart', 'node3 iface=eth1 clear restart'],
    },
    {
      about: 'starts a stopped node with its interface named, where it would join the shared address',
      nodes: { 1: SHARED, 2: SHARED, 3: { ...SHARED, stopped: true } },
      leases: [DEAD],
      expected: ['node1', 'node2', 'node3'].map((host) => `${host} iface=eth1 clear restart`),
    },
    {
      about: 'does not edit what is edited already and only not in force',
      nodes: {
        1: { ...SHARED, flags: '-iface=eth1', runningFlags: '' },
        2: { ...SHARED, flags: '-iface=eth1', runningFlags: '' },
        3: { routes: ['10.1.9.0/24'] },
      },
      leases: ['10.1.3.0/24 10.0.0.113', DEAD],
      expected: ['node1 clear restart', 'node2 clear restart', 'node3'],
    },
    {
      about: 'refuses where -public-ip decides',
      nodes: { 1: { flags: '-public-ip=192.0.2.1' }, 2: { flags: '-public-ip=192.0.2.1' } },
      leases: ['10.1.1.0/24 192.0.2.1', '10.1.2.0/24 192.0.2.1', '10.1.3.0/24 10.0.0.113'],
      expected: [
        'node1 refused: -public-ip on its command line decides, and -iface would change nothing',
        'node2 refused: -public-ip on its command line decides, and -iface would change nothing',
        'node3',
      ],
    },
    {
      about: 'refuses where two interfaces fit, and touches nothing there',
      nodes: Object.fromEntries(
        [1, 2, 3].map((n) => [
          n,
          { ...SHARED, addresses: ['eth0 10.0.2.15/24', `eth1 10.0.0.11${n}/24`, `eth2 172.16.0.1${n}/24`] },
        ]),
      ),
      leases: [DEAD],
      expected: ['node1', 'node2', 'node3'].map((host) => `${host} refused: more than one interface fits: eth1, eth2`),
    },
    {
      about: 'refuses a masked unit',
      nodes: { 1: { stopped: true, unit: { loadState: 'masked', fragment: undefined } } },
      expected: ['node1 refused: flanneld.service is masked', 'node2', 'node3'],
    },
    {
      about: 'follows a wish that differs from what is in force',
      nodes: {
        1: {
          addresses: ['eth0 10.0.2.15/24', 'eth1 10.0.0.111/24', 'eth2 172.16.0.11/24'],
          vars: { flannel_iface: 'eth2' },
        },
      },
      expected: ['node1 iface=eth2 clear restart', 'node2', 'node3'],
    },
    {
      about: 'has nothing to do about a wish that is in force',
      nodes: { 1: { vars: { flannel_iface: '10.0.0.0/24' } } },
      expected: ['node1', 'node2', 'node3'],
    },
    {
      about: 'restarts a node whose device is wrong, and clears nothing',
      nodes: { 2: { device: { address: '10.1.8.0' } } },
      expected: ['node1', 'node2 restart', 'node3'],
    },
  ])('$about', ({ nodes, leases, expected }) => {
    expect(needs(soundNodes(nodes), leases)).toEqual(expected);
  });

  test('says what will be stale, and what restarts along', () => {
    const bridge = 'docker0 10.1.9.1/24';
    const { hosts } = planOf(
      soundNodes({
        1: { ...SHARED, bridge, dependents: [docker('active')] },
        2: { ...SHARED, bridge, dependents: [docker('inactive')] },
        3: { ...SHARED, bridge: 'docker0 172.17.0.1/16' },
      }),
      [DEAD],
    );
    expect(hosts.map(({ staleAfter, restartsAlong }) => [staleAfter, restartsAlong])).toEqual([
      [
        ['docker0 (10.1.9.1, 10.1.9.0/24): docker restarts with flanneld, and its containers with it'],
        ['docker.service'],
      ],
      [['docker0 (10.1.9.1, 10.1.9.0/24) keeps the old subnet until docker is restarted'], []],
      [[], []],
    ]);
  });

  test.each<{ about: string; nodes: FlannelNode[]; leases: string[] | 'unreadable'; dead: string[]; toGo: string[] }>([
    {
      about: 'a dead lease goes',
      nodes: soundNodes(),
      leases: [...SOUND_LEASES, DEAD],
      dead: ['10.1.9.0/24'],
      toGo: ['10.1.9.0/24'],
    },
    {
      about: 'a shared lease goes once its holders are mended',
      nodes: soundNodes({ 1: SHARED, 2: SHARED, 3: SHARED }),
      leases: [DEAD],
      dead: [],
      toGo: ['10.1.9.0/24'],
    },
    {
      about: 'a reservation stays',
      nodes: soundNodes(),
      leases: [...SOUND_LEASES, `${DEAD} reserved`],
      dead: [],
      toGo: [],
    },
    {
      about: 'a lease of a host outside the inventory stays',
      nodes: soundNodes(),
      leases: [...SOUND_LEASES, '10.1.9.0/24 10.0.0.200'],
      dead: [],
      toGo: [],
    },
    {
      about: 'no lease goes while a host could not be read',
      nodes: [
        ...soundNodes(),
        makeNode({ host: 'dark', addresses: [], readings: { unit: unreadable('x'), process: unreadable('x') } }),
      ],
      leases: [...SOUND_LEASES, DEAD],
      dead: [],
      toGo: [],
    },
    {
      about: 'no lease goes while etcd could not be read',
      nodes: soundNodes(),
      leases: 'unreadable',
      dead: [],
      toGo: [],
    },
    {
      about: 'a lease stays while a host that is refused holds its subnet',
      nodes: soundNodes({ 1: SHARED, 2: SHARED, 3: { ...SHARED, addresses: ['eth0 10.0.2.15/24'] } }),
      leases: [DEAD],
      dead: [],
      toGo: [],
    },
  ])('$about', ({ nodes, leases, dead, toGo }) => {
    const plan = planOf(nodes, leases);
    expect(plan.deadLeases.map(({ subnet }) => cidrText(subnet))).toEqual(dead);
    expect(plan.leasesToGo.map(({ subnet }) => cidrText(subnet))).toEqual(toGo);
  });

  test.each([
    { version: 'v0.17.0', serial: 'batches' },
    { version: 'v0.18.0', serial: 'one by one' },
  ])('flannel $version is started $serial', ({ version, serial }) => {
    const each = { version };
    expect(planOf(soundNodes({ 1: each, 2: each, 3: each })).serial).toBe(serial);
  });

  test('an unknown version is started one by one', () => {
    expect(planOf(soundNodes({ 2: { readings: { version: absent } } })).serial).toBe('one by one');
  });
});

describe('verifyNode', () => {
  const expected = { argument: 'eth1', address: '10.0.0.111', notSubnet: '10.1.9.0/24', restarted: true };
  const { config } = makeCluster([], []);
  const verified = (is: Partial<NodeIs>, leases: readonly string[] = SOUND_LEASES) =>
    verifyNode(
      soundNodes({ 1: is })[0] as FlannelNode,
      expected,
      present({ leases: leases.map(makeLease), malformed: [] }),
      config,
    );
  const file = (ageSeconds: number) => ({
    runState: present({
      files: [
        {
          path: '/run/flannel/subnet.env',
          kind: 'subnet file' as const,
          generated: true,
          namedByUnit: false,
          ageSeconds,
        },
      ],
    }),
  });

  test.each<{ about: string; is: Partial<NodeIs>; leases?: string[]; faults: string[] }>([
    { about: 'a host in order is proven', is: {}, faults: [] },
    { about: 'a subnet file younger than its flanneld is fresh', is: { readings: file(59) }, faults: [] },
    {
      about: 'an older one is not',
      is: { readings: file(3600) },
      faults: ['the subnet file is 3600 s old, and flanneld runs for 60 s: it did not write it'],
    },
    {
      about: 'a unit that failed',
      is: { stopped: true, unit: { activeState: 'failed', subState: 'failed' } },
      faults: ['flanneld.service is failed (failed)', 'no flanneld runs'],
    },
    {
      about: 'a command line without the interface',
      is: { runningFlags: '-iface=eth0', device: { local: '10.0.0.111' } },
      faults: [
        'the running flanneld has -iface=eth0, not -iface=eth1',
        'flannel.1 sends from 10.0.0.111, and flanneld publishes 10.0.2.15',
      ],
    },
    {
      about: 'no subnet yet',
      is: { held: undefined },
      faults: ['flanneld has not written its subnet yet', 'there is no flannel device'],
    },
    { about: 'no lease', is: {}, leases: [], faults: ['etcd has no lease for 10.1.1.0/24'] },
    {
      about: "somebody else's lease",
      is: {},
      leases: ['10.1.1.0/24 10.0.0.9'],
      faults: ['etcd leases 10.1.1.0/24 to 10.0.0.9, not to 10.0.0.111'],
    },
    {
      about: 'a lease that lies in another',
      is: {},
      leases: ['10.1.1.0/24 10.0.0.111', '10.1.0.0/20 10.0.0.9'],
      faults: ['the lease 10.1.0.0/20 overlaps 10.1.1.0/24'],
    },
    {
      about: 'the subnet of before',
      is: { held: '10.1.9.0/24' },
      leases: ['10.1.9.0/24 10.0.0.111'],
      faults: ['it still holds 10.1.9.0/24'],
    },
    {
      about: 'a device that sends from the old address',
      is: { device: { local: '10.0.2.15' } },
      faults: [
        'flannel.1 sends from 10.0.2.15, and flanneld publishes 10.0.0.111',
        'flannel.1 sends from 10.0.2.15, not from 10.0.0.111',
      ],
    },
  ])('$about', ({ is, leases, faults }) => {
    expect(verified(is, leases)).toEqual(faults);
  });

  test('leases that cannot be read prove nothing', () => {
    expect(verifyNode(soundNodes()[0] as FlannelNode, expected, unreadable('etcd is down'), config)).toEqual([
      'the leases cannot be read: etcd is down',
    ]);
  });
});

describe('the cluster as a whole', () => {
  test('a sound one has no problems', () => {
    expect(verifyCluster(makeCluster(soundNodes(), SOUND_LEASES))).toEqual({ problems: [], notEvaluated: [] });
  });

  test('a bridge that waits for its restart is announced before and is no problem after', () => {
    const nodes = soundNodes({ 1: { bridge: 'docker0 10.1.9.1/24' } });
    expect(verifyCluster(makeCluster(nodes, SOUND_LEASES)).problems).toEqual([]);
  });

  test("a lease of somebody else's node is said, and is no sign that the mend went wrong", () => {
    const routes = ['10.1.1.0/24', '10.1.2.0/24', '10.1.3.0/24', '10.1.9.0/24'];
    const nodes = soundNodes({ 1: { routes }, 2: { routes }, 3: { routes } });
    const cluster = makeCluster(nodes, [...SOUND_LEASES, '10.1.9.0/24 10.0.0.200']);
    expect(diagnose(cluster).findings.map(({ cause }) => cause)).toEqual(['lease of no known node']);
    expect(verifyCluster(cluster).problems).toEqual([]);
  });

  test('every pair of a small fleet is pinged', () => {
    expect(Object.fromEntries(pingTargets(soundNodes()))).toEqual({
      node1: [
        { node: 'node2', address: '10.1.2.0' },
        { node: 'node3', address: '10.1.3.0' },
      ],
      node2: [
        { node: 'node3', address: '10.1.3.0' },
        { node: 'node1', address: '10.1.1.0' },
      ],
      node3: [
        { node: 'node1', address: '10.1.1.0' },
        { node: 'node2', address: '10.1.2.0' },
      ],
    });
  });

  test('of a large fleet a sample in which every node sends and answers', () => {
    const nodes = Array.from({ length: 80 }, (_, n) =>
      makeNode({ host: `n${n}`, addresses: [`eth1 10.0.0.${n + 1}/24`], flags: '-iface=eth1', held: `10.1.${n}.0/24` }),
    );
    const targets = [...pingTargets(nodes).values()];
    expect(targets).toHaveLength(80);
    expect(Math.max(...targets.map(({ length }) => length))).toBeLessThanOrEqual(6);
    expect(new Set(targets.flat().map(({ node }) => node)).size).toBe(80);
  });

  test('what was not tested is never counted as passed', () => {
    const ping = (node: string, outcome: 'ok' | 'lost' | 'not tested') => ({ node, address: '10.1.1.0', outcome });
    expect(
      pingProof(
        new Map([
          ['a', [ping('b', 'ok'), ping('c', 'lost')]],
          ['b', [ping('a', 'not tested')]],
        ]),
      ),
    ).toEqual({
      tested: 2,
      lost: ['a -> c (10.1.1.0): lost'],
      notTested: ['b -> a (10.1.1.0): not tested'],
    });
  });
});

test('interfaceAddress of the builder masks host bits', () => {
  expect(cidrText(interfaceAddress('eth1 10.0.0.111/24').network)).toBe('10.0.0.0/24');
});
