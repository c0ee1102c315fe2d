import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressText,
  freeSubnets,
  overlaps,
  parseConfig,
  parseSubnet,
  parseSubnetKey,
  subnetKey,
  subnetText,
} from '../../lab/flanneld/subnet.js';

describe('parseConfig', () => {
  test.each([
    {
      about: 'a /16 gives /24s, without the lowest',
      json: '{"Network":"10.1.0.0/16"}',
      is: '24 10.1.1.0 10.1.255.0 udp',
    },
    { about: 'a /24 gives quarters', json: '{"Network":"10.1.2.0/24"}', is: '26 10.1.2.64 10.1.2.192 udp' },
    {
      about: 'bounds and lengths are taken as given',
      json: '{"Network":"10.0.0.0/8","SubnetLen":20,"SubnetMin":"10.10.0.0","SubnetMax":"10.99.0.0","Backend":{"Type":"vxlan"}}',
      is: '20 10.10.0.0 10.99.0.0 vxlan',
    },
  ])('$about', ({ json, is }) => {
    const config = parseConfig(json);
    expect(`${config.subnetBits} ${addressText(config.min)} ${addressText(config.max)} ${config.backendType}`).toBe(is);
  });

  test.each([
    { about: 'no network', json: '{"Network":"10.1.0.0"}', message: 'invalid CIDR address' },
    {
      about: 'a subnet as large as the network',
      json: '{"Network":"10.1.0.0/16","SubnetLen":16}',
      message: 'too small',
    },
  ])('refuses $about', ({ json, message }) => {
    expect(() => parseConfig(json)).toThrow(message);
  });
});

describe('freeSubnets', () => {
  const config = parseConfig('{"Network":"10.1.0.0/16"}');

  test('offers the first hundred that no lease touches', () => {
    const free = freeSubnets(config, [parseSubnet('10.1.1.0/24')!, parseSubnet('10.1.4.0/22')!]);
    expect(free.slice(0, 3).map(subnetText)).toEqual(['10.1.2.0/24', '10.1.3.0/24', '10.1.8.0/24']);
    expect(free).toHaveLength(100);
  });

  test('never offers one that is leased', () => {
    const octets = fc.array(fc.record({ address: fc.nat(0xffff), bits: fc.integer({ min: 16, max: 30 }) }));
    fc.assert(
      fc.property(octets, (some) => {
        const leased = some.map(({ address, bits }) => parseSubnet(`${addressText(0x0a010000 + address)}/${bits}`)!);
        for (const one of freeSubnets(config, leased)) expect(leased.some((other) => overlaps(one, other))).toBe(false);
      }),
    );
  });
});

describe('parseSubnetKey', () => {
  test('reads back what subnetKey writes', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.integer({ min: 1, max: 32 }), (address, bits) => {
        const subnet = parseSubnet(`${addressText(address)}/${bits}`)!;
        expect(parseSubnetKey(subnetKey(subnet))).toEqual(subnet);
      }),
    );
  });

  test.each(['10.1.2.0', '10.1.2.0-33', '10.1.2.256-24', '10.1.2.0-24&2001:db8::-64', 'a/10.1.2.0-24', ''])(
    'has none in %j',
    (key) => {
      expect(parseSubnetKey(key)).toBeUndefined();
    },
  );
});
