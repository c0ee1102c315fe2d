import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FlagError, type FlagKind, parseGoFlags } from '../../lab/flanneld/go-flags.js';

const KINDS = new Map<string, FlagKind>([
  ['iface', 'list'],
  ['etcd-prefix', 'text'],
  ['ip-masq', 'bool'],
  ['healthz-port', 'int'],
]);

describe('parseGoFlags', () => {
  test.each([
    { about: 'takes one dash', args: ['-iface=eth1'], values: { iface: ['eth1'] }, rest: [] },
    { about: 'takes two dashes', args: ['--iface=eth1'], values: { iface: ['eth1'] }, rest: [] },
    { about: 'takes the next word', args: ['-iface', 'eth1'], values: { iface: ['eth1'] }, rest: [] },
    { about: 'takes a next word that looks like a flag', args: ['-iface', '-x'], values: { iface: ['-x'] }, rest: [] },
    {
      about: 'keeps every value of a list in order',
      args: ['-iface=eth2', '--iface', 'eth1'],
      values: { iface: ['eth2', 'eth1'] },
      rest: [],
    },
    {
      about: 'lets the last value of a plain flag win',
      args: ['-etcd-prefix=/a', '-etcd-prefix=/b'],
      values: { 'etcd-prefix': ['/b'] },
      rest: [],
    },
    {
      about: 'splits at the first equals sign only',
      args: ['-etcd-prefix=/a=b'],
      values: { 'etcd-prefix': ['/a=b'] },
      rest: [],
    },
    { about: 'takes a boolean without a value', args: ['-ip-masq'], values: { 'ip-masq': ['true'] }, rest: [] },
    { about: 'takes a boolean with one', args: ['-ip-masq=F'], values: { 'ip-masq': ['false'] }, rest: [] },
    {
      about: 'stops at the word after a boolean, whatever follows',
      args: ['--ip-masq', 'true', '-iface=eth1'],
      values: { 'ip-masq': ['true'] },
      rest: ['true', '-iface=eth1'],
    },
    { about: 'stops after two dashes', args: ['--', '-iface=eth1'], values: {}, rest: ['-iface=eth1'] },
    { about: 'takes a lone dash for a word', args: ['-', '-iface=eth1'], values: {}, rest: ['-', '-iface=eth1'] },
  ])('$about', ({ args, values, rest }) => {
    const parsed = parseGoFlags(args, KINDS);
    expect({ values: Object.fromEntries(parsed.values), rest: parsed.rest }).toEqual({ values, rest });
  });

  test.each([
    { about: 'an unknown flag', args: ['-logtostderr'], message: 'flag provided but not defined: -logtostderr' },
    { about: 'a flag whose value is missing', args: ['-iface'], message: 'flag needs an argument: -iface' },
    { about: 'three dashes', args: ['---iface=x'], message: 'bad flag syntax: ---iface=x' },
    { about: 'an equals sign with no name', args: ['-=x'], message: 'bad flag syntax: -=x' },
    { about: 'a boolean that is none', args: ['-ip-masq=yes'], message: 'invalid boolean value "yes" for -ip-masq' },
    { about: 'a number that is none', args: ['-healthz-port=a'], message: 'invalid value "a" for flag -healthz-port' },
  ])('refuses $about', ({ args, message }) => {
    expect(() => parseGoFlags(args, KINDS)).toThrow(message);
  });

  test('never throws anything but a FlagError, and never reads past the first positional word', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom('-iface=a', '--ip-masq', '--', 'word'))), (args) => {
        try {
          const { rest } = parseGoFlags(args, KINDS);
          expect(args.slice(args.length - rest.length)).toEqual(rest);
        } catch (error) {
          expect(error).toBeInstanceOf(FlagError);
        }
      }),
    );
  });
});
