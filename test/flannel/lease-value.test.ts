import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLeaseValue } from '../../src/flannel/lease-value.js';

describe('parseLeaseValue', () => {
  test.each([
    {
      about: 'what flannel 0.11 wrote',
      text: '{"PublicIP":"10.0.2.15","BackendType":"vxlan","BackendData":{"VtepMAC":"2a:95:25:9b:bb:87"}}',
      value: { backendType: 'vxlan', vtepMac: '2a:95:25:9b:bb:87', publicIp6: undefined, vni: undefined },
    },
    {
      about: 'what flannel 0.20 wrote',
      text: '{"PublicIP":"10.0.2.15","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"66:6d:c4:af:69:31"}}',
      value: { backendType: 'vxlan', vtepMac: '66:6d:c4:af:69:31', publicIp6: undefined, vni: 1 },
    },
    {
      about: 'a dual-stack value',
      text: '{"PublicIP":"10.0.2.15","PublicIPv6":"fc00::15","BackendType":"vxlan","BackendV6Data":{"VtepMAC":"x"}}',
      value: { publicIp6: 'fc00::15', vtepMac: undefined },
    },
    {
      about: 'a udp value, which names no backend',
      text: '{"PublicIP":"10.0.2.15"}',
      value: { backendType: undefined },
    },
    {
      about: 'names in another case, and an upper-case MAC',
      text: '{"publicip":"10.0.2.15","BACKENDDATA":{"vtepmac":"2A-95-25-9B-BB-87"}}',
      value: { vtepMac: '2a:95:25:9b:bb:87' },
    },
    {
      about: 'a MAC that is none as absent',
      text: '{"PublicIP":"10.0.2.15","BackendData":{"VtepMAC":"2a:95:25:9b:bb:87 ; reboot"}}',
      value: { vtepMac: undefined },
    },
    {
      about: 'a backend with an escape code fit to print',
      text: '{"PublicIP":"10.0.2.15","BackendType":"vx\\u001b[31mlan"}',
      value: { backendType: 'vx\\x1b[31mlan' },
    },
  ])('reads $about', ({ text, value }) => {
    const parsed = parseLeaseValue(text);
    expect(parsed.publicIp.toString()).toBe('10.0.2.15');
    expect(parsed).toMatchObject(value);
  });

  test.each([
    { about: 'nothing', text: '', why: 'the value is not JSON' },
    { about: 'a torn value', text: '{"PublicIP":"10.0', why: 'the value is not JSON' },
    { about: 'a list', text: '[]', why: 'the value is not a JSON object' },
    { about: 'null', text: 'null', why: 'the value is not a JSON object' },
    { about: 'no owner', text: '{"BackendType":"vxlan"}', why: 'the value has no PublicIP' },
    { about: 'an owner that is a number', text: '{"PublicIP":167772687}', why: 'the value has no PublicIP' },
    { about: 'an owner that is no address', text: '{"PublicIP":"10.0.2"}', why: 'PublicIP is not an IPv4 address' },
  ])('refuses $about', ({ text, why }) => {
    expect(() => parseLeaseValue(text)).toThrow(why);
  });

  test('gives a value or an Error in words, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseLeaseValue(text);
        } catch (thrown) {
          expect((thrown as Error).message).toMatch(/^the value (is not|has no)|^PublicIP is not/);
        }
      }),
    );
  });
});
