import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { gatewayAmbiguity } from '../../src/diagnose/gateway-ambiguity.js';
import { ifaceMissing } from '../../src/diagnose/iface-missing.js';
import { mendPlan } from '../../src/diagnose/mend-plan.js';
import { networkOverlap } from '../../src/diagnose/network-overlap.js';
import { poolUse } from '../../src/diagnose/pool-use.js';
import { sharedAddress } from '../../src/diagnose/shared-address.js';
import { verifyCluster } from '../../src/diagnose/verify-cluster.js';
import { verifyNode } from '../../src/diagnose/verify-node.js';
import { cidrText } from '../../src/flannel/address.js';
import { chooseInterfaces } from '../../src/flannel/choose-interface.js';
import { type Capture, capturedCluster } from './captured-cluster.js';

const roots = (name: Capture) =>
  diagnose(capturedCluster(name))
    .findings.filter(({ because }) => because === undefined)
    .map(({ id, cause, hosts }) => [id, cause, hosts.join(' ')]);

const ALL = 'node1 node2 node3';

describe('diagnose, on real captures', () => {
  test.each<{ about: string; name: Capture; expected: string[][] }>([
    {
      about: 'the seed fault is one finding with its cause',
      name: 'broken',
      expected: [['FF101', 'gateway-interface ambiguity', ALL]],
    },
    {
      about: 'iface named and subnet.env kept: one healthy-looking lease, and still one subnet',
      name: 'iface-without-clearing-run',
      expected: [['FF102', 'reused subnet.env', ALL]],
    },
    { about: 'after the fix only the dead lease is left', name: 'fixed', expected: [['FF103', 'dead lease', '']] },
    {
      about: 'the seed fault on the v3 store',
      name: 'v3-broken',
      expected: [['FF101', 'gateway-interface ambiguity', ALL]],
    },
    {
      about: 'on the v3 store iface alone separates the nodes and leaves a dead lease',
      name: 'v3-iface-without-clearing-run',
      expected: [['FF103', 'dead lease', '']],
    },
  ])('$about', ({ name, expected }) => {
    expect(roots(name)).toEqual(expected);
  });

  test.each<Capture>([
    'broken',
    'fixed',
    'iface-without-clearing-run',
    'v3-broken',
    'v3-fixed-all-at-once',
    'v3-iface-without-clearing-run',
  ])('%s: what only a check looks for raises no false alarm', (name) => {
    const onlyInCheck = [poolUse, ifaceMissing, networkOverlap];
    const { findings, notEvaluated } = diagnose(capturedCluster(name), [
      sharedAddress,
      gatewayAmbiguity,
      ...onlyInCheck,
    ]);
    const ids: readonly string[] = onlyInCheck.map(({ id }) => id);
    expect([...findings, ...notEvaluated].map(({ id }) => id).filter((id) => ids.includes(id))).toEqual([]);
  });

  test('a node that has not learnt of the newest lease yet is told by name', () => {
    const { findings } = diagnose(capturedCluster('v3-fixed-all-at-once'));
    expect(findings.map(({ id }) => id)).toEqual(['FF304', 'FF103']);
    expect(findings[0]?.hosts).toEqual(['node2', 'node3']);
    expect(findings[0]?.evidence[0]).toBe('node2: no route to 10.1.77.0/24');
  });

  test('what follows from the seed fault names its root', () => {
    const { findings } = diagnose(capturedCluster('broken'));
    expect(findings.map(({ id, because }) => [id, because])).toEqual([
      ['FF101', undefined],
      ['FF102', 'FF101'],
    ]);
  });

  test('nothing is left unevaluated where everything was read', () => {
    expect(diagnose(capturedCluster('broken')).notEvaluated).toEqual([]);
  });
});

describe('mendPlan, on real captures', () => {
  const planOf = (name: Capture) => {
    const cluster = capturedCluster(name);
    return mendPlan(cluster, chooseInterfaces(cluster.nodes));
  };
  const needs = (name: Capture) =>
    planOf(name).hosts.map(({ host, needsIface, needsClear, needsRestart, argument }) =>
      [host, needsIface && `iface=${argument}`, needsClear && 'clear', needsRestart && 'restart']
        .filter(Boolean)
        .join(' '),
    );

  test.each<{ about: string; name: Capture; expected: string[] }>([
    {
      about: 'the seed fault needs all of it on every node',
      name: 'broken',
      expected: ['node1', 'node2', 'node3'].map((host) => `${host} iface=eth1 clear restart`),
    },
    {
      about: 'a reused subnet.env is cleared on all but the owner of the lease',
      name: 'iface-without-clearing-run',
      expected: ['node1 clear restart', 'node2 clear restart', 'node3'],
    },
    { about: 'fixed nodes are left alone', name: 'fixed', expected: ['node1', 'node2', 'node3'] },
    {
      about: 'and so are fixed ones of the v3 store',
      name: 'v3-iface-without-clearing-run',
      expected: ['node1', 'node2', 'node3'],
    },
  ])('$about', ({ name, expected }) => {
    expect(needs(name)).toEqual(expected);
  });

  test.each<{ about: string; name: Capture; dead: string[]; toGo: string[]; serial: string }>([
    {
      about: 'the shared lease is dead only once all have left it',
      name: 'broken',
      dead: [],
      toGo: ['10.1.31.0/24'],
      serial: 'batches',
    },
    { about: "the owner's lease stays", name: 'iface-without-clearing-run', dead: [], toGo: [], serial: 'batches' },
    {
      about: 'the dead lease is named',
      name: 'fixed',
      dead: ['10.1.31.0/24'],
      toGo: ['10.1.31.0/24'],
      serial: 'batches',
    },
    {
      about: '0.20 is restarted one by one',
      name: 'v3-broken',
      dead: [],
      toGo: ['10.1.32.0/24'],
      serial: 'one by one',
    },
  ])('$about', ({ name, dead, toGo, serial }) => {
    const plan = planOf(name);
    expect(plan.deadLeases.map(({ subnet }) => cidrText(subnet))).toEqual(dead);
    expect(plan.leasesToGo.map(({ subnet }) => cidrText(subnet))).toEqual(toGo);
    expect(plan.serial).toBe(serial);
  });
});

describe('verifyNode, on real captures', () => {
  const expected = { argument: 'eth1', address: '10.0.0.112', notSubnet: '10.1.31.0/24', restarted: true };
  const verified = (name: Capture) => {
    const { nodes, leases, config } = capturedCluster(name);
    return verifyNode(nodes[1] as (typeof nodes)[number], expected, leases, config);
  };

  test('a fixed node is proven', () => expect(verified('fixed')).toEqual([]));
  test('the broken node fails on each point', () =>
    expect(verified('broken')).toEqual([
      'the running flanneld has no -iface, not -iface=eth1',
      'it still holds 10.1.31.0/24',
      'etcd leases 10.1.31.0/24 to 10.0.2.15, not to 10.0.0.112',
      'flannel.1 sends from 10.0.2.15, not from 10.0.0.112',
    ]));
  test("a subnet that is somebody else's lease is not proven", () =>
    expect(verified('iface-without-clearing-run')).toEqual([
      'etcd leases 10.1.80.0/24 to 10.0.0.113, not to 10.0.0.112',
    ]));
});

test('verifyCluster names what is left', () => {
  expect(verifyCluster(capturedCluster('fixed')).problems).toEqual([
    'FF103 a lease that no node holds: 10.1.31.0/24 of 10.0.2.15',
  ]);
});
