import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { present, unreadable } from '../../src/core/reading.js';
import { checks } from '../../src/diagnose/index.js';
import type { FlannelNode } from '../../src/flannel/node.js';
import type { BootUnit, EtcdHealth, HostProbe } from '../../src/flannel/probes.js';
import { flannelHealth } from '../../src/modules/flannel-health.js';
import { makeNode, type NodeIs, SOUND_LEASES, soundNodes } from '../diagnose/make-cluster.js';
import { type Paths, pathsOf } from '../diagnose/probe-cluster.js';
import { type Fleet, planFleet, registryWith } from './fake-fleet.js';

const BROKEN: Partial<NodeIs> = { flags: '', held: '10.1.31.0/24', routes: [] };
const DEAD = '10.1.31.0/24 10.0.2.15';
const UP: EtcdHealth = {
  members: [
    {
      endpoint: 'http://127.0.0.1:2379',
      state: 'healthy',
      why: undefined,
      version: '3.4.23',
      certificateEnds: undefined,
    },
  ],
  quorum: true,
  clientCertificateEnds: undefined,
  v2: 'on',
};
const BOOT: readonly BootUnit[] = [
  {
    name: 'flanneld.service',
    unitFileState: 'enabled',
    activeState: 'active',
    after: [],
    wantedBy: ['multi-user.target'],
  },
];

/** Nodes that answer to what only a check asks as well. */
function answering(
  nodes: readonly FlannelNode[],
  paths: Paths = {},
  other: Partial<Record<keyof HostProbe, unknown>> = {},
): FlannelNode[] {
  const sent = pathsOf(nodes, paths);
  return nodes.map((node) => {
    const probe = {
      boot: present(BOOT),
      firewall: present({ tool: 'iptables', drops: [] }),
      paths: present(sent.get(node.host) ?? []),
      ...other,
    };
    return { ...node, readings: { ...node.readings, ...probe } };
  });
}

const sound = (paths?: Paths): Fleet => ({
  nodes: answering(soundNodes(), paths),
  leases: SOUND_LEASES,
  etcdHealth: UP,
});
const look = (fleet: Fleet, args = {}) => planFleet(flannelHealth, args, fleet);
const idsOf = (findings: readonly { id: string }[] = []) => [...new Set(findings.map(({ id }) => id))].sort();

describe('flannel_health', () => {
  test('finds nothing in a sound fleet, with every check, and changes nothing', async () => {
    const planned = await look(sound());
    expect(planned.findings).toEqual([]);
    expect(planned.notEvaluated).toEqual([]);
    expect(planned.kinds).toEqual(['node1: unchanged', 'node2: unchanged', 'node3: unchanged']);
    expect(planned.sites).toHaveLength(1);
    expect(planned.sites?.[0]?.looked).toEqual(checks.map(({ id }) => id));
    expect(planned.actions ?? []).toEqual([]);
    expect(planned.errors?.size).toBe(0);
  });

  test('finds the fault of a broken fleet, and what only a check sees', async () => {
    const shared = { ...BROKEN, routes: ['10.1.3.0/24'] };
    const nodes = answering(soundNodes({ 1: shared, 2: shared, 3: { routes: ['10.1.31.0/24'] } }), { lost: ['1-3'] });
    const etcdHealth = { ...UP, v2: 'off' as const };
    const planned = await look({ nodes, leases: [DEAD, '10.1.3.0/24 10.0.0.113'], etcdHealth });
    expect(idsOf(planned.findings)).toEqual(['FF101', 'FF102', 'FF401', 'FF501']);
    expect(planned.findings?.find(({ id }) => id === 'FF401')).toMatchObject({ because: 'FF101' });
    expect(planned.sites?.[0]?.picture.nodes.map(({ subnet }) => subnet)).toEqual([
      '10.1.31.0/24',
      '10.1.31.0/24',
      '10.1.3.0/24',
    ]);
  });

  test.each([
    { about: 'that just changes is looked at again', late: 1, found: [] },
    { about: 'that stays out of step is told, after two looks', late: 9, found: ['FF103', 'FF304'] },
  ])('a cluster $about', async ({ late, found }) => {
    let looks = 0;
    const more = [...SOUND_LEASES, '10.1.200.0/24 10.0.0.199'];
    const registryOf = () => registryWith(looks++ < late ? more : SOUND_LEASES);
    const planned = await look({ ...sound(), registryOf });
    expect(idsOf(planned.findings)).toEqual(found);
    expect(looks).toBe(2);
  });

  test('where all nodes have one address in the overlay, no packet between them can be tried', async () => {
    const nodes = answering(soundNodes({ 1: BROKEN, 2: BROKEN, 3: BROKEN }));
    const planned = await look({ nodes, leases: [DEAD], etcdHealth: UP });
    expect(idsOf(planned.findings)).toEqual(['FF101', 'FF102']);
    expect(planned.notEvaluated?.find(({ id }) => id === 'FF401')?.why).toBe(
      'no other node has an address of its own in the overlay',
    );
  });

  test.each([
    { about: 'only', args: { only: ['FF401', 'FF101'] }, looked: ['FF101', 'FF401'] },
    {
      about: 'skip',
      args: { skip: ['FF101'] },
      looked: checks
        .map(({ id }) => id)
        .filter((id) => id !== 'FF101')
        .sort(),
    },
    { about: 'both', args: { only: ['FF401', 'FF101'], skip: ['FF101'] }, looked: ['FF401'] },
  ])('looks with the checks that $about leaves', async ({ args, looked }) => {
    const planned = await look(sound({ lost: ['1-2'] }), args);
    expect([...(planned.sites?.[0]?.looked ?? [])].sort()).toEqual(looked);
    expect(idsOf(planned.findings)).toEqual(['FF401']);
  });

  test('asks for nothing more where no check that is wanted needs it', async () => {
    const { asked } = await look(sound(), { only: ['FF101'] });
    expect(asked).toEqual(['node1', 'node2', 'node3']);
  });

  test('goes on where a host cannot be asked, and says which', async () => {
    const gone = new FixError('ssh/unreachable', 'node9 cannot be reached', { hint: 'Check the address.' });
    const planned = await look({ ...sound(), unreachable: { node9: gone } });
    expect([...(planned.errors ?? [])]).toEqual([['node9', gone]]);
    expect(planned.sites?.[0]?.picture.nodes.map(({ host }) => host)).toEqual(['node1', 'node2', 'node3']);
  });

  test('a host that cannot be asked a second time leaves its own checks not evaluated', async () => {
    const nodes = answering(soundNodes(), {}, { paths: unreadable('time-out'), boot: unreadable('time-out') });
    const planned = await look({ ...sound(), nodes });
    expect(planned.findings).toEqual([]);
    expect(idsOf(planned.notEvaluated)).toEqual(['FF206', 'FF401', 'FF402', 'FF403']);
  });

  test('an etcd that cannot be read leaves the checks of leases not evaluated; the others look', async () => {
    const registry = registryWith([]);
    registry.failWith(new FixError('etcd/unreachable', 'no member answers', { hint: 'Start etcd.' }));
    const etcdHealth: EtcdHealth = {
      ...UP,
      members: [
        {
          endpoint: 'http://10.0.0.112:2379',
          state: 'unreachable',
          why: 'connection refused',
          version: undefined,
          certificateEnds: undefined,
        },
      ],
      quorum: false,
      v2: 'unknown',
    };
    const planned = await look({ ...sound({ lost: ['1-2'] }), registryOf: () => registry, etcdHealth });
    expect(idsOf(planned.findings)).toEqual(['FF401', 'FF501']);
    expect(idsOf(planned.notEvaluated)).toEqual(expect.arrayContaining(['FF103', 'FF301', 'FF304']));
    expect(planned.notEvaluated?.find(({ id }) => id === 'FF301')?.why).toContain('no member answers');
  });

  test('an etcd whose health cannot be told is not evaluated', async () => {
    const fleet: Fleet = Object.defineProperty(sound(), 'etcdHealth', {
      get() {
        throw new FixError('ssh/lost', 'the connection to node1 was lost', { hint: 'Look at the host.' });
      },
    });
    const planned = await look(fleet);
    expect(planned.notEvaluated).toEqual([
      { id: 'FF501', hosts: ['node1', 'node2', 'node3'], why: 'the connection to node1 was lost' },
    ]);
  });

  test('a check that throws is not evaluated, and the others go on', async () => {
    const nodes = answering(soundNodes(), {}, { boot: present(null) });
    const planned = await look({ ...sound(), nodes });
    expect(planned.findings).toEqual([]);
    expect(planned.notEvaluated).toEqual([
      { id: 'FF206', hosts: ['node1', 'node2', 'node3'], why: expect.stringContaining('the check itself broke') },
    ]);
  });

  test('thresholds are those that it is given', async () => {
    const soon = { ...UP, clientCertificateEnds: 40 * 86_400_000 };
    expect(idsOf((await look({ ...sound(), etcdHealth: soon })).findings)).toEqual([]);
    expect(idsOf((await look({ ...sound(), etcdHealth: soon }, { certificate_days: 60 })).findings)).toEqual(['FF501']);
  });

  test('a host without flannel is asked for nothing more', async () => {
    const bastion = makeNode({ host: 'bastion', addresses: ['eth0 10.0.2.15/24'], unit: 'none', stopped: true });
    const planned = await look({ ...sound(), nodes: [bastion, ...answering(soundNodes())] });
    expect(planned.findings).toEqual([]);
    expect(planned.asked.filter((host) => host === 'bastion')).toHaveLength(1);
    expect(planned.asked.filter((host) => host === 'node1')).toHaveLength(2);
  });
});
