import { describe, expect, test } from 'vitest';
import { present, unreadable, valueIfPresent } from '../../src/core/reading.js';
import type { Cluster } from '../../src/diagnose/cluster.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { networkOverlap } from '../../src/diagnose/network-overlap.js';
import { parseRoutes } from '../../src/facts/host-routes.js';
import { makeCluster, makeNode, type NodeIs, SOUND_LEASES, soundNodes } from './make-cluster.js';

/** The second of three nodes has these routes beside its own, as `ip -4 -o route show` prints them. */
function judged({ routes = '', node = {} }: { routes?: string; node?: Partial<NodeIs> }, more: Partial<Cluster> = {}) {
  const [, sound] = soundNodes();
  const own = (sound && valueIfPresent(sound.readings.routes)) ?? [];
  const nodes = soundNodes({ 2: { readings: { routes: present([...own, ...parseRoutes(routes)]) }, ...node } });
  const { findings, notEvaluated } = diagnose(makeCluster(nodes, SOUND_LEASES, more), [networkOverlap]);
  return {
    findings,
    notEvaluated,
    lines: findings.flatMap(({ severity, evidence }) => evidence.map((line) => `${severity} ${line}`)),
  };
}

const OWN = ['eth0 10.0.2.15/24', 'eth1 10.0.0.112/24'];

describe('FF601', () => {
  test.each([
    {
      about: "flannel's own routes and device",
      routes: '10.1.9.0/24 via 10.1.9.0 dev flannel.1 onlink\n10.1.0.0/16 dev flannel0',
    },
    {
      about: 'docker0 and cni0',
      routes: '10.1.2.0/24 dev docker0 proto kernel scope link src 10.1.2.1\n10.1.7.0/24 dev cni0',
    },
    { about: 'the default route', routes: 'default via 10.0.2.2 dev eth0' },
    {
      about: 'the default route in halves, of a VPN',
      routes: '0.0.0.0/1 via 10.9.0.1 dev tun0\n128.0.0.0/1 via 10.9.0.1 dev tun0',
    },
    { about: 'host-gw: by way of another node', routes: '10.1.3.0/24 via 10.0.0.113 dev eth1' },
    { about: 'host-gw: by way of an old address of a node', routes: '10.1.3.0/24 via 10.0.2.15 dev eth0' },
    {
      about: 'routes that lead nowhere',
      routes: 'blackhole 10.1.0.0/16\nunreachable 10.1.7.0/24\nprohibit 10.1.8.0/24',
    },
    {
      about: 'networks beside it',
      routes: '10.0.0.0/16 dev eth1\n10.2.0.0/16 via 10.0.0.1 dev eth1\n192.168.0.0/16 dev eth0',
    },
    { about: "a container's cable", routes: '10.1.2.7 dev cali0123456789a scope link' },
  ])('$about: sound', ({ routes }) => {
    const { findings, notEvaluated } = judged({ routes });
    expect({ findings, notEvaluated }).toEqual({ findings: [], notEvaluated: [] });
  });

  test.each([
    {
      about: 'a network of a site inside it',
      routes: '10.1.7.0/24 via 10.0.0.1 dev eth1',
      line: 'error node2: 10.1.7.0/24, a route by way of 10.0.0.1 on eth1',
    },
    {
      about: 'the same network',
      routes: '10.1.0.0/16 via 10.0.0.1 dev eth1',
      line: 'error node2: 10.1.0.0/16, a route by way of 10.0.0.1 on eth1',
    },
    {
      about: 'several next hops',
      routes:
        '10.1.7.0/24 proto static \\	nexthop via 10.0.0.1 dev eth1 weight 1 \\	nexthop via 10.0.0.2 dev eth1 weight 1',
      line: 'error node2: 10.1.7.0/24, a route',
    },
    {
      about: 'a wider network on a cable',
      routes: '10.0.0.0/8 dev eth2 scope link',
      line: 'error node2: 10.0.0.0/8, a route on eth2',
    },
    {
      about: 'a wider one behind a gateway is a warning',
      routes: '10.0.0.0/8 via 192.168.1.1 dev eth0',
      line: 'warn node2: 10.0.0.0/8, a route by way of 192.168.1.1 on eth0',
    },
    {
      about: 'a wider one behind another node is none of flannel',
      routes: '10.0.0.0/8 via 10.0.0.113 dev eth1',
      line: 'warn node2: 10.0.0.0/8, a route by way of 10.0.0.113 on eth1',
    },
    {
      about: "another cable's range, not a container's own",
      routes: '10.1.7.7 dev cali0123456789a scope link',
      line: 'error node2: 10.1.7.7/32, a route on cali0123456789a',
    },
    {
      about: 'a bridge of virtual machines',
      routes: '10.1.122.0/24 dev virbr0 proto kernel scope link src 10.1.122.1',
      line: 'error node2: 10.1.122.0/24, a route on virbr0',
    },
  ])('$about: found', ({ routes, line }) => expect(judged({ routes }).lines).toEqual([line]));

  test('an interface in it is told once, with its route', () => {
    const routes = '10.1.0.0/16 dev eth2 proto kernel scope link src 10.1.0.5';
    const readings = { routes: present(parseRoutes(routes)) };
    const { lines } = judged({ node: { addresses: [...OWN, 'eth2 10.1.0.5/16'], readings } });
    expect(lines).toEqual(['error node2: 10.1.0.0/16, the network of eth2']);
  });

  test("an interface with a network in the host's own subnet is no container's", () => {
    const { lines } = judged({ node: { addresses: [...OWN, 'eth2 10.1.2.9/24'] } });
    expect(lines).toEqual(['error node2: 10.1.2.0/24, the network of eth2']);
  });

  test('a fault of the fleet is one finding', () => {
    const nodes = soundNodes(
      Object.fromEntries(
        [1, 2, 3].map((n) => [
          n,
          { addresses: ['eth0 10.0.2.15/24', `eth1 10.0.0.11${n}/24`, `eth2 10.1.${n}0.2/24`] },
        ]),
      ),
    );
    const { findings } = diagnose(makeCluster(nodes, SOUND_LEASES), [networkOverlap]);
    expect(findings.map(({ hosts, summary }) => ({ hosts, summary }))).toEqual([
      {
        hosts: ['node1', 'node2', 'node3'],
        summary: "node1, node2, node3: 10.1.10.0/24, 10.1.20.0/24, 10.1.30.0/24 and the overlay's 10.1.0.0/16 overlap",
      },
    ]);
  });

  test('without the configuration the subnet file tells the network', () => {
    const { lines } = judged({ routes: '10.1.7.0/24 dev eth2' }, { config: unreadable('no such key') });
    expect(lines).toEqual(['error node2: 10.1.7.0/24, a route on eth2']);
  });

  test('without both, without routes, or without the host: not evaluated', () => {
    const dark = makeNode({
      host: 'dark',
      addresses: [],
      readings: { unit: unreadable('timed out'), process: unreadable('timed out') },
    });
    const nodes = soundNodes({ 2: { held: undefined }, 3: { readings: { routes: unreadable('no ip') } } });
    const cluster = makeCluster([...nodes, dark], SOUND_LEASES, { config: unreadable('no such key') });
    expect(diagnose(cluster, [networkOverlap])).toEqual({
      findings: [],
      notEvaluated: [
        { id: 'FF601', hosts: ['dark'], why: 'the host could not be read' },
        { id: 'FF601', hosts: ['node2'], why: "flannel's network is not known" },
        { id: 'FF601', hosts: ['node3'], why: 'the routes could not be read' },
      ],
    });
  });
});
