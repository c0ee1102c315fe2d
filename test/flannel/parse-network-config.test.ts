import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FixError } from '../../src/core/error.js';
import { parseNetworkConfig } from '../../src/flannel/parse-network-config.js';

const shown = (text: string) => {
  const { network, subnetBits, subnetMin, subnetMax, ...backend } = parseNetworkConfig(text);
  return {
    network: network.toCidrString(),
    subnetBits,
    pool: `${subnetMin?.toString()} ${subnetMax?.toString()}`,
    ...backend,
  };
};

describe('parseNetworkConfig', () => {
  test.each([
    {
      about: 'the captured one',
      text: '{"Network":"10.1.0.0/16","SubnetLen":24,"Backend":{"Type":"vxlan"}}',
      config: {
        network: '10.1.0.0/16',
        subnetBits: 24,
        pool: '10.1.1.0 10.1.255.0',
        backendType: 'vxlan',
        vni: 1,
        port: 0,
      },
    },
    {
      about: 'the least there can be: udp on its own port',
      text: '{"Network":"10.3.0.0/22"}',
      config: { subnetBits: 24, pool: '10.3.1.0 10.3.3.0', backendType: 'udp', port: 8285 },
    },
    { about: 'a /23, cut in four', text: '{"Network":"10.3.0.0/23"}', config: { subnetBits: 25 } },
    {
      about: 'the smallest network',
      text: '{"Network":"10.3.0.16/28"}',
      config: { subnetBits: 30, pool: '10.3.0.20 10.3.0.28' },
    },
    { about: 'a network with host bits', text: '{"Network":"10.3.9.9/16"}', config: { network: '10.3.0.0/16' } },
    {
      about: 'a network at the top of the space',
      text: '{"Network":"255.255.0.0/16"}',
      config: { pool: '255.255.1.0 255.255.255.0' },
    },
    {
      about: 'bounds of its own',
      text: '{"Network":"10.0.0.0/8","SubnetLen":20,"SubnetMin":"10.10.0.0","SubnetMax":"10.99.0.0","Backend":{"Type":"udp","Port":7890}}',
      config: { subnetBits: 20, pool: '10.10.0.0 10.99.0.0', port: 7890 },
    },
    {
      about: 'the other settings of vxlan, in any case',
      text: '{"network":"10.1.0.0/16","backend":{"type":"VXLAN","VNI":4096,"Port":4789}}',
      config: { backendType: 'vxlan', vni: 4096, port: 4789 },
    },
    { about: 'a SubnetLen of 0 as none', text: '{"Network":"10.1.0.0/16","SubnetLen":0}', config: { subnetBits: 24 } },
  ])('reads $about', ({ text, config }) => {
    expect(shown(text)).toMatchObject(config);
  });

  test.each([
    { text: '', why: 'is not JSON' },
    { text: '"10.1.0.0/16"', why: 'is not a JSON object' },
    { text: '{}', why: 'it has no Network' },
    { text: '{"Network":"10.1.0.0"}', why: 'Network is not' },
    { text: '{"Network":"10.1.0.0/33"}', why: 'Network is not' },
    { text: '{"Network":"10.1.0.0/29"}', why: 'Network is too small' },
    { text: '{"Network":"10.1.0.0/16","SubnetLen":31}', why: 'SubnetLen must be less than /31' },
    { text: '{"Network":"10.1.0.0/16","SubnetLen":17}', why: 'at least four subnets' },
    { text: '{"Network":"10.1.0.0/16","SubnetLen":"24"}', why: 'SubnetLen is not a whole number' },
    { text: '{"Network":"10.1.0.0/16","SubnetLen":-1}', why: 'SubnetLen is not a whole number' },
    { text: '{"Network":"10.1.0.0/16","SubnetMin":"10.2.0.0"}', why: 'SubnetMin is not in Network' },
    { text: '{"Network":"10.1.0.0/16","SubnetMax":"10.1.7.1"}', why: 'SubnetMax is not where a subnet begins' },
    { text: '{"Network":"10.1.0.0/16","SubnetMax":"last"}', why: 'SubnetMax is not an IPv4 address' },
    { text: '{"Network":"10.1.0.0/16","Backend":"vxlan"}', why: 'Backend is not a JSON object' },
    { text: '{"Network":"10.1.0.0/16","Backend":{}}', why: 'Backend has no Type' },
    { text: '{"EnableIPv4":false,"EnableIPv6":true,"IPv6Network":"fc00::/48"}', why: 'EnableIPv4 is false' },
  ])('refuses $text', ({ text, why }) => {
    expect(() => parseNetworkConfig(text)).toThrow(
      expect.objectContaining({ code: 'flannel/bad-config', message: expect.stringContaining(why) }),
    );
  });

  test('gives a configuration or flannel/bad-config, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ Network: fc.string(), SubnetLen: fc.anything() }).map(json),
    );
    fc.assert(
      fc.property(text, (config) => {
        try {
          parseNetworkConfig(config);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(FixError);
        }
      }),
    );
  });
});

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}
