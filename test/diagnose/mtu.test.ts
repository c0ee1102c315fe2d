import { describe, expect, test } from 'vitest';
import { absent, present, valueIfPresent } from '../../src/core/reading.js';
import type { FlannelNode } from '../../src/flannel/node.js';
import { soundNodes } from './make-cluster.js';
import { lookWith, type ProbesAre, shown } from './probe-cluster.js';

/** Three sound nodes; by number, the MTU of the device, of eth1, and in subnet.env. */
function nodesWith(
  mtus: Readonly<Record<number, { device?: number; eth1?: number; file?: number; links?: 'unread' }>>,
): FlannelNode[] {
  return soundNodes().map((node, at) => {
    const { device = 1450, eth1 = 1500, file = device, links } = mtus[at + 1] ?? {};
    const env = valueIfPresent(node.readings.subnetEnv);
    return {
      ...node,
      device: node.device && { ...node.device, mtuBytes: device },
      readings: {
        ...node.readings,
        subnetEnv: env === undefined ? absent : present({ ...env, mtuBytes: file }),
        links: links
          ? absent
          : present((valueIfPresent(node.readings.links) ?? []).map((link) => ({ ...link, mtuBytes: eth1 }))),
      },
    };
  });
}

describe('FF402', () => {
  test.each<{ about: string; mtus?: Parameters<typeof nodesWith>[0]; is?: ProbesAre; found: string[] }>([
    { about: 'finds nothing where large packets arrive', found: [] },
    { about: 'finds nothing where all have jumbo frames', mtus: { 1: JUMBO(), 2: JUMBO(), 3: JUMBO() }, found: [] },
    {
      about: 'a device with an MTU that its interface cannot carry: fragments, a warning',
      mtus: { 2: { device: 1500 } },
      found: ['FF402 warn MTU too large for the network beneath: node2'],
    },
    {
      about: 'the same where large packets are lost: an error, and told once',
      mtus: { 2: { device: 1500 } },
      is: { paths: { lostFull: ['2-*'] } },
      found: ['FF402 MTU too large for the network beneath: node2'],
    },
    {
      about: 'a network between the hosts that carries less, for one node',
      is: { paths: { lostFull: ['3-*'] } },
      found: ['FF402 path that carries less than the MTU: node3'],
    },
    {
      about: 'a network between the hosts that carries less, for a pair',
      is: { paths: { lostFull: ['1-2'] } },
      found: ['FF402 path that carries less than the MTU: node1 node2'],
    },
    {
      about: 'nodes that differ',
      mtus: { 3: { device: 1400, eth1: 1450 } },
      found: ['FF402 warn MTU not the same everywhere: node3'],
    },
    {
      about: 'a subnet file with another MTU than the device',
      mtus: { 1: { file: 1500 } },
      found: ['FF402 warn subnet file with another MTU than the device: node1'],
    },
  ])('$about', ({ mtus = {}, is = {}, found }) => {
    expect(shown(lookWith(['FF402'], { nodes: nodesWith(mtus), ...is }))).toEqual(found);
  });

  test('shows the numbers', () => {
    const { findings } = lookWith(['FF402'], {
      nodes: nodesWith({ 2: { device: 1500 } }),
      paths: { lostFull: ['2-3'] },
    });
    expect(findings[0]?.evidence).toEqual([
      'node2: flannel.1 has an MTU of 1500, and eth1 with 1500 leaves 1450',
      'node2 -> node3 (10.1.3.0): small packets pass, one of 1500 bytes is lost',
      'node3 -> node2 (10.1.2.0): small packets pass, one of 1450 bytes is lost',
    ]);
  });

  test.each<{ about: string; mtus?: Parameters<typeof nodesWith>[0]; is: ProbesAre; blind: string[][] }>([
    {
      about: 'one ping that cannot forbid fragments, where the others can',
      is: { paths: { untestedFull: ['2>1', '2>3'] } },
      blind: [],
    },
    {
      about: 'no ping that can',
      is: { paths: { untestedFull: ['1-*', '2-*', '3-*'] } },
      blind: [['node1', 'node2', 'node3']],
    },
    { about: 'small packets are lost', is: { paths: { lost: ['1-2'] } }, blind: [['node1', 'node2']] },
    { about: 'links that were not read', mtus: { 2: { links: 'unread' } }, is: {}, blind: [['node2']] },
  ])('not evaluated: $about', ({ mtus = {}, is, blind }) => {
    const { findings, notEvaluated } = lookWith(['FF402'], { nodes: nodesWith(mtus), ...is });
    expect(findings).toEqual([]);
    expect(notEvaluated.map(({ hosts }) => hosts)).toEqual(blind);
  });
});

function JUMBO() {
  return { device: 8951, eth1: 9001 };
}
