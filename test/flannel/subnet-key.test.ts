import fc from 'fast-check';
import { IPv4CidrRange } from 'ip-num';
import { describe, expect, test } from 'vitest';
import { networkOf, parseSubnetKey, subnetKey } from '../../src/flannel/subnet-key.js';

describe('parseSubnetKey', () => {
  test.each([
    { about: 'a whole key', key: '/coreos.com/network/subnets/10.1.2.0-24', subnet: '10.1.2.0/24' },
    { about: 'the last part alone', key: '10.1.2.0-24', subnet: '10.1.2.0/24' },
    { about: 'host bits, which flannel ignores', key: '10.1.2.7-24', subnet: '10.1.2.0/24' },
    { about: 'the longest that flannel takes', key: '10.1.2.2-31', subnet: '10.1.2.2/31' },
    {
      about: 'a dual-stack key',
      key: '/n/subnets/10.1.2.0-24&2001:db8::-64',
      subnet: '10.1.2.0/24',
      subnet6: '2001:db8:0:0:0:0:0:0/64',
    },
  ])('reads $about', ({ key, subnet, subnet6 }) => {
    const parsed = parseSubnetKey(key);
    expect(parsed?.subnet.toCidrString()).toBe(subnet);
    expect(parsed?.subnet6?.toCidrString()).toBe(subnet6);
  });

  test.each([
    { about: 'nothing', key: '' },
    { about: 'a folder', key: '10.1.2.0-24/' },
    { about: 'a slash for the dash', key: '10.1.2.0/24' },
    { about: 'no prefix length', key: '10.1.2.0' },
    { about: 'a prefix length of 32', key: '10.1.2.0-32' },
    { about: 'an octet over 255', key: '10.1.256.0-24' },
    { about: 'a leading zero', key: '10.01.2.0-24' },
    { about: 'text before it', key: 'x10.1.2.0-24' },
    { about: 'text after it', key: '10.1.2.0-24 ' },
    { about: 'a line after it', key: '10.1.2.0-24\n' },
    { about: 'an IPv6 half that is no address', key: '10.1.2.0-24&2001:db8:::-64' },
    { about: 'an IPv6 half that is a /128', key: '10.1.2.0-24&2001:db8::-128' },
    { about: 'an IPv6 half alone', key: '2001:db8::-64' },
  ])('sees no subnet in $about', ({ key }) => {
    expect(parseSubnetKey(key)).toBeUndefined();
  });

  test('never throws, whatever the key', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (key) => void parseSubnetKey(key)));
  });

  test('reads back what subnetKey writes', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 31 }), (address, bits) => {
        const subnet = networkOf(address, bits) as IPv4CidrRange;
        expect(parseSubnetKey(subnetKey(subnet))?.subnet.toCidrString()).toBe(subnet.toCidrString());
      }),
    );
  });
});

test('subnetKey names the network, also for a range with host bits', () => {
  expect(subnetKey(IPv4CidrRange.fromCidr('10.1.2.3/24'))).toBe('10.1.2.0-24');
});
