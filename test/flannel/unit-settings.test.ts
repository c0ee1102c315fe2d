import { describe, expect, test } from 'vitest';
import { flagsOf } from '../../src/flannel/flanneld-flags.js';
import { settingsOf } from '../../src/flannel/flanneld-settings.js';
import type { FlanneldSettings } from '../../src/flannel/unit.js';

const BARE: FlanneldSettings = {
  iface: [],
  ifaceRegex: [],
  ifaceCanReach: undefined,
  publicIp: undefined,
  etcdEndpoints: ['http://127.0.0.1:4001', 'http://127.0.0.1:2379'],
  etcdPrefix: '/coreos.com/network',
  etcdCaFile: undefined,
  etcdCertFile: undefined,
  etcdKeyFile: undefined,
  etcdUsername: undefined,
  etcdPassword: undefined,
  subnetFile: '/run/flannel/subnet.env',
  kubeSubnetMgr: false,
};

describe('settingsOf', () => {
  test.each<{ about: string; argv: string[]; env?: Record<string, string>; is: Partial<FlanneldSettings> }>([
    { about: 'defaults of a bare flanneld', argv: ['flanneld'], is: {} },
    {
      about: 'the captured command line',
      argv: [
        '/usr/local/bin/flanneld',
        '-etcd-cafile=/etc/kubernetes/ssl/ca.pem',
        '-etcd-certfile=/etc/kubernetes/ssl/kubernetes.pem',
        '-etcd-keyfile=/etc/kubernetes/ssl/kubernetes-key.pem',
        '-etcd-endpoints=https://10.0.0.111:2379,https://10.0.0.112:2379',
        '-etcd-prefix=/kubernetes/network',
      ],
      is: {
        etcdCaFile: '/etc/kubernetes/ssl/ca.pem',
        etcdCertFile: '/etc/kubernetes/ssl/kubernetes.pem',
        etcdKeyFile: '/etc/kubernetes/ssl/kubernetes-key.pem',
        etcdEndpoints: ['https://10.0.0.111:2379', 'https://10.0.0.112:2379'],
        etcdPrefix: '/kubernetes/network',
      },
    },
    { about: 'two dashes and the next word', argv: ['flanneld', '--iface', 'eth1'], is: { iface: ['eth1'] } },
    { about: 'several interfaces in order', argv: ['flanneld', '-iface=a', '--iface', 'b'], is: { iface: ['a', 'b'] } },
    { about: 'a bool flag takes no next word', argv: ['flanneld', '-ip-masq', '-iface=a'], is: { iface: ['a'] } },
    { about: 'nothing behind a positional word', argv: ['flanneld', '--ip-masq', 'true', '-iface=a'], is: {} },
    { about: 'nothing behind --', argv: ['flanneld', '--', '-iface=a'], is: {} },
    { about: 'a lone dash is positional', argv: ['flanneld', '-', '-iface=a'], is: {} },
    {
      about: 'the last of a flag that is not a list',
      argv: ['flanneld', '-etcd-prefix=/a', '-etcd-prefix=/b'],
      is: { etcdPrefix: '/b' },
    },
    {
      about: 'a variable where no flag is',
      argv: ['flanneld'],
      env: { FLANNELD_IFACE: 'eth1' },
      is: { iface: ['eth1'] },
    },
    {
      about: 'a flag over its variable',
      argv: ['flanneld', '-iface=a'],
      env: { FLANNELD_IFACE: 'b' },
      is: { iface: ['a'] },
    },
    { about: 'an empty variable as none', argv: ['flanneld'], env: { FLANNELD_ETCD_PREFIX: '' }, is: {} },
    {
      about: 'a variable that is not split at commas',
      argv: ['flanneld'],
      env: { FLANNELD_IFACE: 'a,b' },
      is: { iface: ['a,b'] },
    },
    { about: 'the Kubernetes manager', argv: ['flanneld', '--kube-subnet-mgr'], is: { kubeSubnetMgr: true } },
    {
      about: 'the Kubernetes manager said no to',
      argv: ['flanneld', '--kube-subnet-mgr=false'],
      is: { kubeSubnetMgr: false },
    },
    {
      about: 'the Kubernetes manager by variable',
      argv: ['flanneld'],
      env: { FLANNELD_KUBE_SUBNET_MGR: 'true' },
      is: { kubeSubnetMgr: true },
    },
    { about: 'the lease identity', argv: ['flanneld', '-public-ip', '10.0.0.9'], is: { publicIp: '10.0.0.9' } },
    {
      about: 'a regex and a target',
      argv: ['flanneld', '-iface-regex=e.*', '-iface-can-reach=8.8.8.8'],
      is: { ifaceRegex: ['e.*'], ifaceCanReach: '8.8.8.8' },
    },
    {
      about: "flanneld inside docker run, whose name is an option's value",
      argv: [
        'docker',
        'run',
        '--name',
        'flanneld',
        '-e',
        'FLANNELD_ETCD_PREFIX=/n',
        'img',
        '/opt/bin/flanneld',
        '-iface=a',
      ],
      env: { FLANNELD_PUBLIC_IP: '1.2.3.4' },
      is: { iface: ['a'], etcdPrefix: '/n' },
    },
    {
      about: 'flanneld inside a shell text',
      argv: ['/bin/sh', '-c', "exec flanneld -iface='a' -etcd-prefix=/n >> log 2>&1"],
      env: { FLANNELD_PUBLIC_IP: '1.2.3.4' },
      is: { iface: ['a'], etcdPrefix: '/n', publicIp: '1.2.3.4' },
    },
    {
      about: 'flanneld behind launchers',
      argv: ['sudo', '-u', 'flanneld', 'nice', '/bin/flanneld', '-iface=a'],
      is: { iface: ['a'] },
    },
    { about: 'an unknown wrapper by its arguments', argv: ['/opt/x', '-iface=a'], is: { iface: ['a'] } },
    { about: 'nothing', argv: [], is: {} },
  ])('reads $about', ({ argv, env, is }) => {
    expect(settingsOf({ argv, environment: env ?? {} })).toEqual({ ...BARE, ...is });
  });
});

describe('flagsOf', () => {
  test.each([
    { about: 'a value that looks like a flag', args: ['-iface', '-x'], names: ['iface'] },
    { about: 'three dashes as no flag', args: ['---x', '-y=1'], names: ['y'] },
    { about: 'a missing value', args: ['-iface'], names: ['iface'] },
    { about: 'an empty value', args: ['-iface='], names: ['iface'] },
    { about: 'a dash and an equals sign as no flag', args: ['-=x'], names: [] },
  ])('reads $about', ({ args, names }) => {
    expect(flagsOf(args).map((flag) => flag.name)).toEqual(names);
  });
});
