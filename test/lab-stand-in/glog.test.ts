import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { glogLine, goDuration } from '../../lab/flanneld/glog.js';
import { leaseJson, parseLeaseJson } from '../../lab/flanneld/lease-store.js';
import { parseSubnet } from '../../lab/flanneld/subnet.js';
import { subnetFileText } from '../../lab/flanneld/subnet-file.js';

const captured = (name: string): string => readFileSync(new URL(`../captures/${name}`, import.meta.url), 'utf8');

describe('glogLine', () => {
  test('writes the line that the real flanneld wrote', () => {
    const at = Date.parse('2026-11-23T19:24:13.818Z') + 0.75;
    const line = glogLine('I', 'main.go:527', 'Using interface with name eth0 and address 10.0.2.15', at, 3420);
    const real = captured('broken.node1.txt')
      .split('\n')
      .find((one) => one.includes('main.go:527'));
    expect(line.replace(/\.\d{6}/, '')).toBe(real?.replace(/\.\d{6}/, ''));
  });
});

describe('goDuration', () => {
  test.each([
    { of: 82_799_996_348_908n, is: '22h59m59.996348908s' },
    { of: 82_799_999_000_000n, is: '22h59m59.999s' },
    { of: 60_000_000_000n, is: '1m0s' },
    { of: 1_500_000_000n, is: '1.5s' },
    { of: 0n, is: '0s' },
    { of: -3_600_000_000_000n, is: '-1h0m0s' },
    { of: 2_500_000n, is: '2.5ms' },
  ])('$of is $is', ({ of, is }) => {
    expect(goDuration(of)).toBe(is);
  });
});

describe('leaseJson', () => {
  test.each([
    { about: '0.11', file: 'broken.etcd-v2-subnets.http', legacy: true },
    { about: '0.20', file: 'v3-broken.etcd-v3-range.json', legacy: false },
  ])('writes to the letter what $about wrote', ({ file, legacy }) => {
    const real = /\{\\"PublicIP.*?\}\}/.exec(captured(file))?.[0].replaceAll('\\"', '"') ?? '';
    expect(leaseJson(parseLeaseJson(real), legacy)).toBe(real);
  });
});

describe('subnetFileText', () => {
  test('writes to the letter what the real flanneld wrote', () => {
    const real = /FLANNEL_NETWORK[^#]*/.exec(captured('broken.node1.txt'))?.[0];
    const network = parseSubnet('10.1.0.0/16')!;
    const text = subnetFileText({ network, subnet: parseSubnet('10.1.31.0/24')!, mtuBytes: 1450, ipMasq: false });
    expect(text).toBe(real);
  });
});
