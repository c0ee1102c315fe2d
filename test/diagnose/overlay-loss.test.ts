import { describe, expect, test } from 'vitest';
import { absent, present, unreadable } from '../../src/core/reading.js';
import { diagnose } from '../../src/diagnose/diagnose.js';
import { mtu } from '../../src/diagnose/mtu.js';
import { overlayLoss } from '../../src/diagnose/overlay-loss.js';
import { udpFilter } from '../../src/diagnose/udp-filter.js';
import { makeCluster, makeNode, SOUND_LEASES, soundNodes } from './make-cluster.js';
import { lookWith, makeProbes, type ProbesAre, shown } from './probe-cluster.js';

/** n sound nodes in one overlay. */
function manyNodes(n: number) {
  return Array.from({ length: n }, (_, at) =>
    makeNode({
      host: `n${at + 1}`,
      addresses: [`eth1 10.0.${(at >> 8) + 1}.${at & 255}/16`],
      gateway: 'eth1',
      flags: '-iface=eth1',
      held: `10.1.${at % 256}.0/24`,
    }),
  );
}

describe('FF401', () => {
  test.each<{
    about: string;
    is: ProbesAre & { nodes?: ReturnType<typeof soundNodes> };
    found: string[];
    says?: RegExp;
  }>([
    { about: 'finds nothing where all packets arrive', is: {}, found: [] },
    {
      about: 'names the one node that nothing reaches, not its peers; a filter is the cause',
      is: { paths: { lost: ['3-*'] } },
      found: ['FF401 packets lost in the overlay: node3 <- FF403'],
      says: /^node3: no packet crosses the overlay to or from other nodes$/,
    },
    {
      about: 'is one finding for the fleet where nothing passes',
      is: { paths: { lost: ['1-*', '2-*', '3-*'] } },
      found: ['FF401 packets lost in the overlay: node1 node2 node3 <- FF403'],
      says: /^no packet crosses the overlay between node1, node2, node3$/,
    },
    {
      about: 'names a pair, also where only one way is lost',
      is: { paths: { lost: ['1>2'] } },
      found: ['FF401 packets lost in the overlay: node1 node2'],
      says: /^packets are lost in the overlay between node1 and node2$/,
    },
    {
      about: 'tells the network between the hosts where they do not answer beside the overlay',
      is: { paths: { lost: ['3-*'], lostBeside: ['3-*'] } },
      found: ['FF401 nodes that do not reach each other: node3'],
    },
    {
      about: 'follows from a missing route',
      is: { nodes: soundNodes({ 3: { routes: ['10.1.1.0/24'] } }), paths: { lost: ['2-3'] } },
      found: ['FF401 packets lost in the overlay: node2 node3 <- FF304'],
    },
    {
      about: 'follows from a flanneld that does not run',
      is: { nodes: soundNodes({ 2: { stopped: true } }), paths: { lost: ['2-*'] } },
      found: ['FF401 packets lost in the overlay: node2 <- FF207'],
    },
    {
      about: 'follows from a device that is down',
      is: { nodes: soundNodes({ 2: { device: { up: false } } }), paths: { lost: ['2-*'] } },
      found: ['FF401 packets lost in the overlay: node2 <- FF303'],
    },
  ])('$about', ({ is, found, says }) => {
    const diagnosis = lookWith(['FF401'], is);
    expect(shown(diagnosis)).toEqual(found);
    if (says !== undefined) expect(diagnosis.findings[0]?.summary).toMatch(says);
  });

  test('tells a dead node and a lost pair apart, and shows ways with addresses', () => {
    const nodes = manyNodes(6);
    const { findings } = diagnose(
      makeCluster(nodes, 'unreadable', {
        probes: makeProbes(nodes, { paths: { lost: ['6-*', '1-2'], lostBeside: ['1-2'] } }),
      }),
      [overlayLoss],
    );
    expect(shown({ findings, notEvaluated: [] })).toEqual([
      'FF401 nodes that do not reach each other: n1 n2',
      'FF401 packets lost in the overlay: n6',
    ]);
    expect(findings[1]?.evidence[0]).toBe('n1 -> n6 (10.1.5.0): lost; 10.0.1.5 beside the overlay: ok');
    expect(findings[1]?.evidence).toHaveLength(10);
  });

  test.each<{ about: string; is: ProbesAre & { nodes?: ReturnType<typeof soundNodes> }; blind: [string, string[]][] }>([
    {
      about: 'a host without ping, where the other way was tried, is evaluated',
      is: { pathReadings: { node3: unreadable('there is no ping on this host') } },
      blind: [],
    },
    {
      about: 'two hosts without ping: what is between them was not tried',
      is: {
        pathReadings: {
          node2: unreadable('there is no ping on this host'),
          node3: unreadable('there is no ping on this host'),
        },
      },
      blind: [['no packets were sent: there is no ping on this host', ['node2', 'node3']]],
    },
    {
      about: 'no host could send',
      is: { paths: { untested: ['1-*', '2-*', '3-*'] } },
      blind: [['its ping could not send', ['node1', 'node2', 'node3']]],
    },
    {
      about: 'a node without a device',
      is: {
        nodes: soundNodes({ 2: { device: 'none', held: undefined } }),
        pathReadings: { node1: absent, node2: absent, node3: absent },
      },
      blind: [
        ['no other node has an address of its own in the overlay', ['node1', 'node3']],
        ['there is no flannel device with an address to send to', ['node2']],
      ],
    },
  ])('not evaluated: $about', ({ is, blind }) => {
    expect(lookWith(['FF401'], is).notEvaluated.map(({ why, hosts }) => [why, hosts])).toEqual(blind);
  });

  test('is not evaluated where nothing was probed, and a lone node has nobody to send to', () => {
    const look = (nodes: ReturnType<typeof soundNodes>) => diagnose(makeCluster(nodes, SOUND_LEASES), [overlayLoss]);
    expect(look(soundNodes()).notEvaluated).toEqual([
      { id: 'FF401', hosts: ['node1', 'node2', 'node3'], why: 'no packets were sent' },
    ]);
    expect(look(soundNodes().slice(0, 1))).toEqual({ findings: [], notEvaluated: [] });
  });

  test('looks at 500 nodes with a third of all packets lost in good time', () => {
    const nodes = manyNodes(500);
    const none = { boot: absent, guards: absent, firewall: absent };
    const pathsFrom = (at: number) =>
      [1, 2, 3, 5, 7, 11].map((step) => ({
        node: `n${((at + step) % 500) + 1}`,
        overlay: '10.1.1.0',
        underlay: '10.0.0.1',
        underlayPing: 'ok' as const,
        small: (at + step) % 3 === 0 ? ('lost' as const) : ('ok' as const),
        full: 'ok' as const,
        fullBytes: 1450,
      }));
    const hosts = new Map(nodes.map(({ host }, at) => [host, { ...none, paths: present(pathsFrom(at)) }]));
    const probes = { hosts, etcd: absent };
    const started = process.cpuUsage();
    const { findings } = diagnose(makeCluster(nodes, 'unreadable', { probes }), [udpFilter, overlayLoss, mtu]);
    const { user } = process.cpuUsage(started);
    expect(findings.find(({ id }) => id === 'FF401')?.hosts.length).toBeGreaterThan(150);
    expect(user / 1000).toBeLessThan(2000);
  });
});
