import { describe, expect, test } from 'vitest';
import { present, unreadable } from '../../src/core/reading.js';
import { parseNetworkConfig } from '../../src/flannel/parse-network-config.js';
import { SOUND_LEASES, soundNodes } from './make-cluster.js';
import { lookWith, type ProbesAre, shown } from './probe-cluster.js';

const RULE = '-A INPUT -p udp -m udp --dport 8472 -j DROP';
type Is = ProbesAre & { nodes?: ReturnType<typeof soundNodes> };

describe('FF403', () => {
  test.each<{ about: string; is: Is; found: string[] }>([
    { about: 'finds nothing where all packets arrive', is: {}, found: [] },
    {
      about: 'a rule that drops them, where packets are lost',
      is: { drops: { node2: [RULE] }, paths: { lost: ['2-*'] } },
      found: ['FF403 packet filter drops the packets of flannel: node2'],
    },
    {
      about: 'a rule that drops them, where nothing could be sent',
      is: { drops: { node2: [RULE] }, paths: { untested: ['1-*', '2-*', '3-*'] } },
      found: ['FF403 packet filter drops the packets of flannel: node2'],
    },
    {
      about: 'no alarm about a rule where every packet arrives all the same',
      is: { drops: { node2: [RULE] } },
      found: [],
    },
    {
      about: 'a filter between the hosts: all answer beside the overlay, none over it',
      is: { paths: { lost: ['1-*', '2-*', '3-*'] } },
      found: ['FF403 UDP port of the overlay filtered: node1 node2 node3'],
    },
    {
      about: 'a filter before one node',
      is: { paths: { lost: ['3-*'] } },
      found: ['FF403 UDP port of the overlay filtered: node3'],
    },
    {
      about: 'a rule on one node does not make its peers suspects',
      is: { drops: { node1: [RULE], node2: [RULE] }, paths: { lost: ['1-*', '2-*'] } },
      found: ['FF403 packet filter drops the packets of flannel: node1 node2'],
    },
    { about: 'one lost pair is no filter', is: { paths: { lost: ['1-2'] } }, found: [] },
    {
      about: 'none where answers come back over the overlay: the host itself drops what others begin',
      is: { paths: { lost: ['1>3', '2>3'] } },
      found: [],
    },
    {
      about: 'none where the route is missing',
      is: { nodes: soundNodes({ 3: { routes: [] } }), paths: { lost: ['3-*'] } },
      found: [],
    },
    {
      about: 'none where hosts do not answer beside the overlay',
      is: { paths: { lost: ['3-*'], lostBeside: ['3-*'] } },
      found: [],
    },
  ])('$about', ({ is, found }) => {
    expect(shown(lookWith(['FF403'], is))).toEqual(found);
  });

  test.each([
    { about: 'whose unit names an interface', node: { runningFlags: '' }, root: 'FF203' },
    { about: 'whose unit names none', node: { flags: '' }, root: 'FF201' },
  ])('none for the one node that publishes an address which others have too, $about', ({ node, root }) => {
    // Who sends to that address answers itself, so that it answers says nothing.
    const leases = [...SOUND_LEASES.slice(0, 2), '10.1.3.0/24 10.0.2.15'];
    const seen = lookWith(['FF403', 'FF401'], {
      nodes: soundNodes({ 3: node }),
      leases,
      paths: { lost: ['3-*'] },
    });
    expect(shown(seen)).toEqual([`FF401 packets lost in the overlay: node3 <- ${root}`]);
    expect(seen.findings[0]?.evidence[0]).toBe(
      'node1 -> node3 (10.1.3.0): lost; 10.0.2.15 beside the overlay: not tested',
    );
  });

  test('names the rule and the port', () => {
    const [finding] = lookWith(['FF403'], { drops: { node2: [RULE] }, paths: { lost: ['2-*'] } }).findings;
    expect(finding?.evidence).toEqual([`node2: ${RULE}`]);
    expect(finding?.summary).toBe("node2: the packet filter drops UDP 8472, by which flannel's packets travel");
  });

  test.each([
    { config: '{"Network":"10.1.0.0/16"}', says: 'UDP 8285' },
    { config: '{"Network":"10.1.0.0/16","Backend":{"Type":"vxlan","Port":4789}}', says: 'UDP 4789' },
    { config: '{"Network":"10.1.0.0/16","Backend":{"Type":"host-gw"}}', says: undefined },
  ])('with $config says $says', ({ config, says }) => {
    const more = { config: present(parseNetworkConfig(config)) };
    // Device and routes are those of vxlan, so the filter is told by its rule.
    const { findings, notEvaluated } = lookWith(
      ['FF403'],
      { drops: { node2: [RULE] }, paths: { lost: ['2-*'] } },
      more,
    );
    expect(findings.map(({ summary }) => says !== undefined && summary.includes(says))).toEqual(
      says === undefined ? [] : [true],
    );
    expect(notEvaluated).toEqual([]);
  });

  test('routes that were not held against leases accuse no filter', () => {
    const { findings, notEvaluated } = lookWith(
      ['FF403'],
      { paths: { lost: ['3-*'] } },
      { leases: unreadable('etcd is down') },
    );
    expect(findings).toEqual([]);
    expect(notEvaluated.map(({ hosts }) => hosts)).toEqual([['node1', 'node2', 'node3']]);
  });

  test.each<{ about: string; is: Is; blind: [string, string[]][] }>([
    {
      about: 'nothing could be sent, whatever the rules say',
      is: { paths: { untested: ['1-*', '2-*', '3-*'] } },
      blind: [['its ping could not send', ['node1', 'node2', 'node3']]],
    },
    {
      about: 'hosts do not answer beside the overlay',
      is: { paths: { lost: ['2-3'], lostBeside: ['2-3'] } },
      blind: [
        [
          expect.stringContaining('whether a filter takes them cannot be told') as unknown as string,
          ['node2', 'node3'],
        ],
      ],
    },
    {
      about: 'hosts could not be asked',
      is: { pathReadings: Object.fromEntries([1, 2, 3].map((n) => [`node${n}`, unreadable('time-out')])) },
      blind: [['no packets were sent: time-out', ['node1', 'node2', 'node3']]],
    },
  ])('not evaluated: $about', ({ is, blind }) => {
    const { findings, notEvaluated } = lookWith(['FF403'], is);
    expect(findings).toEqual([]);
    expect(notEvaluated.map(({ why, hosts }) => [why, hosts])).toEqual(blind);
  });
});
