import { describe, expect, test } from 'vitest';
import { externalInterface, type HostNetwork, type LookupLog } from '../../lab/flanneld/external-interface.js';
import { defaultRoutes } from '../../lab/flanneld/ip-command.js';
import { readSettings } from '../../lab/flanneld/settings.js';

const NETWORK: HostNetwork = {
  interfaces: [
    { index: 1, name: 'lo', mtuBytes: 65_536, addresses: ['127.0.0.1'] },
    { index: 2, name: 'eth0', mtuBytes: 1500, addresses: ['10.0.2.15'] },
    { index: 3, name: 'eth1', mtuBytes: 1500, addresses: ['169.254.1.1', '10.0.0.111'] },
    { index: 4, name: 'eth2', mtuBytes: 1500, addresses: [] },
  ],
  defaultRoutes: ['eth0', 'eth1'],
  routeTo: () => 'eth1',
};

const SILENT: LookupLog = {
  searching: () => undefined,
  determining: () => undefined,
  using: () => undefined,
  external: () => undefined,
  defaulting: () => undefined,
  noMatch: () => undefined,
};

const chosen = (args: readonly string[], network = NETWORK) => {
  const found = externalInterface(network, readSettings(args, {}, false), SILENT);
  return `${found.iface.name} ${found.address} ${found.publicIp}`;
};

describe('externalInterface', () => {
  test.each([
    { about: 'takes the first default route', args: [], is: 'eth0 10.0.2.15 10.0.2.15' },
    { about: 'takes a name', args: ['-iface=eth1'], is: 'eth1 10.0.0.111 10.0.0.111' },
    { about: 'takes an address', args: ['-iface=10.0.0.111'], is: 'eth1 10.0.0.111 10.0.0.111' },
    { about: 'takes the first that matches', args: ['-iface=eth9', '-iface=eth1'], is: 'eth1 10.0.0.111 10.0.0.111' },
    {
      about: 'passes over one without an address',
      args: ['-iface=eth2', '-iface=eth0'],
      is: 'eth0 10.0.2.15 10.0.2.15',
    },
    {
      about: 'matches a pattern to addresses first',
      args: ['-iface-regex=^10\\.0\\.2'],
      is: 'eth0 10.0.2.15 10.0.2.15',
    },
    { about: 'matches a pattern to names', args: ['-iface-regex=^eth1$'], is: 'eth1 10.0.0.111 10.0.0.111' },
    {
      about: 'tries patterns after names',
      args: ['-iface-regex=eth0', '-iface=eth1'],
      is: 'eth1 10.0.0.111 10.0.0.111',
    },
    { about: 'takes the way to an address', args: ['-iface-can-reach=10.0.0.1'], is: 'eth1 10.0.0.111 10.0.0.111' },
    {
      about: 'publishes -public-ip in place of the interface’s address',
      args: ['-iface=eth1', '-public-ip=10.0.2.15'],
      is: 'eth1 10.0.0.111 10.0.2.15',
    },
  ])('$about', ({ args, is }) => {
    expect(chosen(args)).toBe(is);
  });

  test('gives up where nothing matches', () => {
    expect(() => chosen(['-iface=eth9'])).toThrow('Failed to find interface to use that matches');
  });

  test('gives up where there is no default route', () => {
    expect(() => chosen([], { ...NETWORK, defaultRoutes: [] })).toThrow('Unable to find default route');
  });
});

describe('defaultRoutes', () => {
  test('keeps the order of the kernel, whatever the metrics are', () => {
    const table = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t0202000A\t0003\t0\t0\t100\t00000000\t0\t0\t0',
      'eth1\t00000000\t0100000A\t0003\t0\t0\t50\t00000000\t0\t0\t0',
      'eth1\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0',
      '',
    ].join('\n');
    expect(defaultRoutes(table)).toEqual(['eth0', 'eth1']);
  });
});
