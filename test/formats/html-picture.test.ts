import { describe, expect, test } from 'vitest';
import type { ClusterPicture, LeasePicture, NodePicture } from '../../src/diagnose/picture.js';
import { groupsOf } from '../../src/formats/html-picture-groups.js';
import { hostsOf, pictureOf } from '../support/reports.js';

/** `a 10.1.1.0/24 10.0.0.1`: a node with its subnet and its address, `-` for none. */
function node(text: string, more: Partial<NodePicture> = {}): NodePicture {
  const [host = '', subnet = '-', published = '-'] = text.split(' ');
  return {
    ...{ host, status: 'flannel', why: null, version: 'v0.11.0', running: true, iface: 'eth1', how: null, unit: null },
    subnet: subnet === '-' ? null : subnet,
    published: published === '-' ? null : published,
    ...more,
  };
}

/** `10.1.1.0/24 10.0.0.1`, with the hosts that hold it. */
function lease(text: string, ...holders: string[]): LeasePicture {
  const [subnet = '', publicIp = ''] = text.split(' ');
  return { subnet, publicIp, ttlSeconds: 80_000, holders };
}

function picture(nodes: NodePicture[], leases: LeasePicture[], leasesInAll: number | null = leases.length) {
  return pictureOf([], { nodes, leases, leasesInAll });
}

function told(given: ClusterPicture) {
  const groups = groupsOf(given);
  const names = (nodes: readonly { host: string }[]) => nodes.map(({ host }) => host).join(' ');
  return {
    shared: groups.shared.map(
      ({ nodes, subnets, addresses }) => `${names(nodes)}: ${[...subnets, ...addresses].join(' ')}`,
    ),
    own: names(groups.own),
    odd: groups.odd.map(({ host, remark }) => `${host} ${remark}`),
    without: names(groups.without),
    aside: names([...groups.unread, ...groups.noFlannel]),
    dead: groups.dead.map(({ subnet }) => subnet),
  };
}

const NONE = { shared: [], own: '', odd: [], without: '', aside: '', dead: [] };

describe('a picture puts', () => {
  test.each([
    {
      about: 'nodes that share subnet and address into one box',
      given: picture(
        [node('a 10.1.1.0/24 10.0.2.15'), node('b 10.1.1.0/24 10.0.2.15')],
        [lease('10.1.1.0/24 10.0.2.15', 'a', 'b')],
      ),
      told: { ...NONE, shared: ['a b: 10.1.1.0/24 10.0.2.15'] },
    },
    {
      about: 'nodes that share a subnet alone into one box',
      given: picture([node('a 10.1.1.0/24 10.0.0.1'), node('b 10.1.1.0/24 10.0.0.2')], []),
      told: { ...NONE, shared: ['a b: 10.1.1.0/24'] },
    },
    {
      about: 'nodes that are joined by way of another into one box, in their order',
      given: picture(
        [
          node('a 10.1.1.0/24 10.0.0.1'),
          node('x 10.1.9.0/24 10.0.0.9'),
          node('b 10.1.2.0/24 10.0.0.2'),
          node('c 10.1.1.0/24 10.0.0.2'),
        ],
        [],
        null,
      ),
      told: { ...NONE, shared: ['a b c: 10.1.1.0/24 10.0.0.2'], own: 'x' },
    },
    {
      about: 'nodes on their own apart from those with a remark',
      given: picture(
        [
          node('a 10.1.1.0/24 10.0.0.1'),
          node('b 10.1.2.0/24 10.0.0.2'),
          node('c 10.1.3.0/24 10.0.0.3'),
          node('d 10.1.4.0/24 -', { running: false }),
        ],
        [lease('10.1.1.0/24 10.0.0.1', 'a'), lease('10.1.2.0/24 10.0.0.7', 'b'), lease('10.1.4.0/24 10.0.0.4', 'd')],
      ),
      told: {
        ...NONE,
        own: 'a',
        odd: ['b leased to 10.0.0.7', 'c its subnet has no lease', 'd flanneld is not running'],
      },
    },
    {
      about: 'no remark of a missing lease where not all leases are known',
      given: picture([node('a 10.1.1.0/24 10.0.0.1')], [], 5),
      told: { ...NONE, own: 'a' },
    },
    {
      about: 'leases without a holder among the dead ones',
      given: picture(
        [node('a 10.1.1.0/24 10.0.0.1')],
        [lease('10.1.1.0/24 10.0.0.1', 'a'), lease('10.1.80.0/24 10.0.2.15')],
      ),
      told: { ...NONE, own: 'a', dead: ['10.1.80.0/24'] },
    },
    {
      about: 'nodes without subnet or flannel, and those that were not read, aside',
      given: picture(
        [node('a - 10.0.0.1'), node('b - -', { status: 'unreadable' }), node('c - -', { status: 'no-flanneld' })],
        [],
      ),
      told: { ...NONE, without: 'a', aside: 'b c' },
    },
  ])('$about', ({ given, told: wanted }) => expect(told(given)).toEqual(wanted));

  test('a fleet of ten thousand that all share into one box, in time', () => {
    const nodes = pictureOf(hostsOf(10_000)).nodes.map((one) => ({ ...one, published: '10.0.2.15' }));
    const groups = groupsOf(pictureOf([], { nodes }));
    expect(groups.shared.map((group) => group.nodes.length)).toEqual([10_000]);
  });
});
