import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable } from '../../src/core/text.js';
import { cidrText } from '../../src/flannel/address.js';
import { parseNetworkConfig } from '../../src/flannel/parse-network-config.js';
import { nodeLeases, withPodCidrs } from '../../src/kubernetes/node-leases.js';
import { apiNode, type NodeIs } from './api-objects.js';

function nodeOf(is: Partial<NodeIs>) {
  const { metadata, spec } = apiNode({ name: 'node1', ...is });
  return {
    name: metadata.name,
    podCidrs: spec.podCIDRs as readonly string[],
    annotations: metadata.annotations as Record<string, string>,
    resourceVersion: metadata.resourceVersion,
  };
}

describe('a node as a lease', () => {
  test.each([
    {
      about: 'its first IPv4 pod CIDR',
      node: { podCidrs: ['fd00:10:244::/64', '10.244.0.0/24'] },
      is: '10.244.0.0/24 10.0.2.15',
    },
    {
      about: 'an order that is in force',
      node: { annotations: { 'public-ip': '1.2.3.4', 'public-ip-overwrite': '1.2.3.4' } },
      is: '10.244.0.0/24 1.2.3.4 ordered 1.2.3.4',
    },
    {
      about: 'an order that is not',
      node: { annotations: { 'node-public-ip': '1.2.3.4' } },
      is: '10.244.0.0/24 10.0.2.15 ordered 1.2.3.4',
    },
    {
      about: 'an empty order is none',
      node: { annotations: { 'public-ip-overwrite': '' } },
      is: '10.244.0.0/24 10.0.2.15',
    },
    {
      about: 'host-gw, whose backend data is null',
      node: { annotations: { 'backend-type': 'host-gw', 'backend-data': 'null' } },
      is: '10.244.0.0/24 10.0.2.15',
    },
  ])('$about', ({ node, is }) => {
    const { leases, malformed } = nodeLeases([nodeOf(node)]);
    expect(malformed).toEqual([]);
    const lines = leases.map(
      ({ subnet, publicIp, orderedIp }) =>
        `${cidrText(subnet)} ${publicIp}${orderedIp === undefined ? '' : ` ordered ${orderedIp}`}`,
    );
    expect(lines).toEqual([is]);
  });

  test.each<{ about: string; node: Partial<NodeIs>; why: RegExp }>([
    {
      about: 'flannel was never there',
      node: { annotations: { 'kube-subnet-manager': undefined } },
      why: /no flanneld has put/,
    },
    {
      about: 'flannel is told to leave it',
      node: { annotations: { 'kube-subnet-manager': 'false' } },
      why: /no flanneld has put/,
    },
    { about: 'no address', node: { annotations: { 'public-ip': undefined } }, why: /no annotation .*public-ip/ },
    {
      about: 'an address with an escape',
      node: { annotations: { 'public-ip': '10.0.2.15\u001b[2J' } },
      why: /public-ip is "10\.0\.2\.15\\u001b\[2J", which is no IPv4/,
    },
    { about: 'an address of IPv6', node: { annotations: { 'public-ip': '::1' } }, why: /no IPv4 address/ },
    { about: 'an address that is a number', node: { annotations: { 'public-ip': 7 } }, why: /no annotation/ },
    {
      about: 'an order that is no address',
      node: { annotations: { 'public-ip-overwrite': '$(reboot)' } },
      why: /ordered to have is/,
    },
    {
      about: 'backend data that is no JSON',
      node: { annotations: { 'backend-data': '{"VtepMAC":' } },
      why: /backend-data is not JSON/,
    },
    {
      about: 'backend data of a megabyte',
      node: { annotations: { 'backend-data': '['.repeat(1 << 20) } },
      why: /too long/,
    },
    { about: 'no pod CIDR', node: { podCidrs: [] }, why: /no podCIDR/ },
    {
      about: 'three pod CIDRs',
      node: { podCidrs: ['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24'] },
      why: /more than two/,
    },
    { about: 'IPv6 alone', node: { podCidrs: ['fd00::/64'] }, why: /no IPv4 podCIDR/ },
    { about: 'a pod CIDR of one address', node: { podCidrs: ['10.244.0.1/32'] }, why: /no IPv4 network/ },
    { about: 'a pod CIDR that is none', node: { podCidrs: ['10.244.0.0/24; reboot'] }, why: /no IPv4 network/ },
    { about: 'a name that is none', node: { name: '../node1\u001b]0;x\u0007' }, why: /no name of a node/ },
  ])('no lease: $about', ({ node, why }) => {
    const { leases, malformed } = nodeLeases([nodeOf(node)]);
    expect(leases).toEqual([]);
    expect(malformed[0]?.why).toMatch(why);
    const shown = `${malformed[0]?.key}${malformed[0]?.why}`;
    expect(printable(shown)).toBe(shown);
  });

  test('whatever stands in annotations, every node is a lease or malformed, and fit to print', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('true', '10.0.2.15', '10.244.1.0/24', '{}', 'null'),
    );
    const keys = fc.constantFrom(
      'kube-subnet-manager',
      'public-ip',
      'backend-data',
      'backend-type',
      'public-ip-overwrite',
      '__proto__',
    );
    const annotations = fc.array(fc.tuple(keys, text)).map((pairs) => {
      const made: Record<string, string> = Object.create(null);
      for (const [key, value] of pairs) made[`flannel.alpha.coreos.com/${key}`] = value;
      return made;
    });
    const node = fc.record({
      name: text,
      podCidrs: fc.array(text, { maxLength: 3 }),
      annotations,
      resourceVersion: text,
    });
    fc.assert(
      fc.property(fc.array(node, { maxLength: 5 }), (nodes) => {
        const { leases, malformed } = nodeLeases(nodes);
        expect(leases.length + malformed.length).toBe(nodes.length);
        const shown = [
          ...malformed.flatMap(({ key, why }) => [key, why]),
          ...leases.flatMap(({ key, backendType = '', vtepMac = '' }) => [key, backendType, vtepMac]),
        ];
        expect(shown.filter((one) => printable(one) !== one)).toEqual([]);
      }),
      { endOnFailure: true, numRuns: 60 },
    );
  }, 60_000);
});

describe('the network as the controller manager cuts it', () => {
  const config = parseNetworkConfig('{"Network":"10.244.0.0/16"}');
  const table = (...cidrs: string[]) =>
    nodeLeases(cidrs.map((podCidr, index) => nodeOf({ name: `node${index}`, podCidr })));

  test.each([
    { about: 'pod CIDRs of /26', cidrs: ['10.244.0.0/26', '10.244.0.64/26'], is: '26 10.244.0.0 10.244.255.192' },
    { about: 'the lowest subnet is given out too', cidrs: ['10.244.0.0/24'], is: '24 10.244.0.0 10.244.255.0' },
    {
      about: 'of several lengths: as flannel has it',
      cidrs: ['10.244.0.0/24', '10.244.2.0/23'],
      is: '24 10.244.0.0 10.244.255.0',
    },
    { about: 'one outside the network says nothing', cidrs: ['10.9.0.0/26'], is: '24 10.244.0.0 10.244.255.0' },
  ])('$about', ({ cidrs, is }) => {
    const { subnetBits, subnetMin, subnetMax } = withPodCidrs(config, table(...cidrs));
    expect(`${subnetBits} ${subnetMin} ${subnetMax}`).toBe(is);
  });
});
