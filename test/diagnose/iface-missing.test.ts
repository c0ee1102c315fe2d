import { describe, expect, test } from 'vitest';
import { unreadable } from '../../src/core/reading.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { gatewayAmbiguity } from '../../src/diagnose/gateway-ambiguity.js';
import { ifaceMissing } from '../../src/diagnose/iface-missing.js';
import { sharedAddress } from '../../src/diagnose/shared-address.js';
import { makeCluster, makeNode, type NodeIs, SOUND_LEASES, soundNodes } from './make-cluster.js';

const CHECKS = [sharedAddress, gatewayAmbiguity, ifaceMissing];

function ff202(nodes: Readonly<Record<number, Partial<NodeIs>>>) {
  const { findings, notEvaluated } = diagnose(makeCluster(soundNodes(nodes), SOUND_LEASES), CHECKS);
  return {
    finding: findings.find(({ id }) => id === 'FF202'),
    blind: notEvaluated.filter(({ id }) => id === 'FF202'),
  };
}

/** Its default route is on eth1, whose address is its own. */
const OPEN = { flags: '', gateway: 'eth1' };
const TWO = ['eth1 10.0.0.112/24', 'eth2 192.168.7.2/24'];

describe('FF202', () => {
  test.each<{ about: string; node: Partial<NodeIs>; names: boolean }>([
    { about: 'named', node: {}, names: false },
    { about: 'named by an expression', node: { ...OPEN, flags: '-iface-regex=eth1' }, names: false },
    { about: '-public-ip decides', node: { ...OPEN, flags: '-public-ip=10.0.0.112' }, names: false },
    { about: 'another interface could get the default route', node: { ...OPEN, addresses: TWO }, names: true },
    { about: 'the other one has an address that others have too', node: OPEN, names: true },
    { about: 'one interface only', node: { ...OPEN, addresses: ['eth1 10.0.0.112/24'] }, names: false },
    { about: 'the other one is down', node: { ...OPEN, addresses: TWO, links: ['eth2 ether down'] }, names: false },
    {
      about: 'the other one has no carrier',
      node: { ...OPEN, addresses: TWO, links: ['eth2 ether no-carrier'] },
      names: false,
    },
    {
      about: 'the others are bridges, cables and tunnels',
      node: {
        ...OPEN,
        addresses: ['eth1 10.0.0.112/24', 'docker0 172.17.0.1/16', 'virbr0 192.168.122.1/24', 'wg0 10.9.0.2/24'],
        links: ['docker0 bridge', 'virbr0 bridge', 'wg0 wireguard'],
      },
      names: false,
    },
    {
      about: 'the other one is link-local',
      node: { ...OPEN, addresses: ['eth1 10.0.0.112/24', 'eth2 169.254.3.4/16'] },
      names: false,
    },
    {
      about: 'the unit is edited, the process still open: the next start is named',
      node: { gateway: 'eth1', runningFlags: '-iface-regex=x' },
      names: false,
    },
    {
      about: 'the unit is open, whatever runs',
      node: { ...OPEN, addresses: TWO, runningFlags: '-iface=eth1' },
      names: true,
    },
    { about: 'stopped', node: { ...OPEN, addresses: TWO, stopped: true }, names: true },
    { about: 'FF201 names it already', node: { flags: '', runningFlags: '-iface=eth1' }, names: false },
  ])('$about', ({ node, names }) => {
    const { finding, blind } = ff202({ 2: node });
    expect(finding?.hosts ?? []).toEqual(names ? ['node2'] : []);
    expect(blind).toEqual([]);
  });

  test('nodes that FF101 names are left to it', () => {
    const shared = { flags: '' };
    expect(
      ff202({ 1: shared, 2: shared, 3: { ...OPEN, addresses: ['eth1 10.0.0.113/24', 'eth2 192.168.7.3/24'] } }).finding
        ?.hosts,
    ).toEqual(['node3']);
  });

  test('is one finding that says which interfaces', () => {
    const { finding } = ff202({ 1: OPEN, 2: { ...OPEN, addresses: TWO } });
    expect(finding?.summary).toBe('node1, node2: no -iface, and more than one interface could get the default route');
    expect(finding?.evidence).toEqual([
      'node1: the default route is on eth1 now; eth0 (10.0.2.15/24, which 2 hosts have) would do for flanneld too',
      'node2: the default route is on eth1 now; eth2 (192.168.7.2/24) would do for flanneld too',
    ]);
  });

  test('what cannot be told does not pass', () => {
    const { finding, blind } = ff202({
      1: { ...OPEN, readings: { links: unreadable('no ip') } },
      2: { stopped: true, unit: { fragment: undefined } },
    });
    expect(finding).toBeUndefined();
    expect(blind.map(({ hosts, why }) => `${hosts}: ${why}`)).toEqual([
      'node2: what flanneld is told when it starts cannot be understood',
      'node1: the links could not be read',
    ]);
  });

  test('a host that could not be read does not pass', () => {
    const dark = makeNode({
      host: 'dark',
      addresses: [],
      readings: { unit: unreadable('timed out'), process: unreadable('timed out') },
    });
    const { notEvaluated } = diagnose(makeCluster([...soundNodes(), dark], SOUND_LEASES), [ifaceMissing]);
    expect(notEvaluated).toEqual([{ id: 'FF202', hosts: ['dark'], why: 'the host could not be read' }]);
  });
});
