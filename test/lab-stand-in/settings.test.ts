import { describe, expect, test } from 'vitest';
import { readSettings, type Settings } from '../../lab/flanneld/settings.js';

interface Row {
  readonly about: string;
  readonly args: readonly string[];
  readonly env: Record<string, string>;
  readonly legacy?: boolean;
  readonly expected: Partial<Settings>;
}

describe('readSettings', () => {
  test.each<Row>([
    {
      about: 'has flannel’s own defaults',
      args: [],
      env: {},
      expected: {
        etcdPrefix: '/coreos.com/network',
        subnetFile: '/run/flannel/subnet.env',
        etcdEndpoints: ['http://127.0.0.1:4001', 'http://127.0.0.1:2379'],
        iface: [],
        renewMarginMinutes: 60,
      },
    },
    { about: 'reads FLANNELD_ variables', args: [], env: { FLANNELD_IFACE: 'eth1' }, expected: { iface: ['eth1'] } },
    {
      about: 'lets the command line win over the environment',
      args: ['-iface=eth2'],
      env: { FLANNELD_IFACE: 'eth1' },
      expected: { iface: ['eth2'] },
    },
    { about: 'ignores an empty variable', args: [], env: { FLANNELD_IFACE: '' }, expected: { iface: [] } },
    {
      about: 'does not split an interface variable at commas',
      args: [],
      env: { FLANNELD_IFACE: 'eth1,eth2' },
      expected: { iface: ['eth1,eth2'] },
    },
    {
      about: 'takes what stands behind the first word for nothing',
      args: ['--ip-masq', 'true', '-iface=eth1'],
      env: {},
      expected: { ipMasq: true, iface: [] },
    },
    {
      about: 'knows -iface-can-reach from 0.18 on',
      args: ['-iface-can-reach=10.0.0.1'],
      env: {},
      legacy: false,
      expected: { ifaceCanReach: '10.0.0.1' },
    },
  ])('$about', ({ args, env, legacy = true, expected }) => {
    expect(readSettings(args, env, legacy)).toMatchObject(expected);
  });

  test('does not know -iface-can-reach before 0.18', () => {
    expect(() => readSettings(['-iface-can-reach=10.0.0.1'], {}, true)).toThrow('flag provided but not defined');
  });

  test('names the variable that holds a bad boolean', () => {
    expect(() => readSettings([], { FLANNELD_IP_MASQ: 'maybe' }, true)).toThrow('FLANNELD_ip-masq');
  });
});
