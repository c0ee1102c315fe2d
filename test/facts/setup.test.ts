import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { matchesPattern } from '../../src/facts/name-pattern.js';
import { dateFacts } from '../../src/facts/setup-date.js';
import { deviceFacts, humanBytes } from '../../src/facts/setup-devices.js';
import { distributionFacts } from '../../src/facts/setup-distribution.js';
import { dmiFacts, memoryFacts, processorFacts } from '../../src/facts/setup-hardware.js';
import { localFact } from '../../src/facts/setup-local.js';
import { mountFacts } from '../../src/facts/setup-mounts.js';
import { networkFacts } from '../../src/facts/setup-network.js';
import { lsbFacts, packageManager, platformFacts, serviceManager } from '../../src/facts/setup-platform.js';
import { type SetupSource, setupSource } from '../../src/facts/setup-source.js';
import { chosenCollectors } from '../../src/facts/setup-subsets.js';
import { cmdlineFacts, dnsFacts, selinuxFacts, userFacts } from '../../src/facts/setup-system.js';
import { virtualFacts } from '../../src/facts/setup-virtual.js';
import { runModule } from '../support/run-module.js';
import { SHELLS_IN_TURN } from '../support/taking-turns.js';

interface Told {
  readonly files?: Readonly<Record<string, string | undefined>> | undefined;
  readonly links?: Readonly<Record<string, string | null>>;
  readonly paths?: readonly string[] | undefined;
  readonly said?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a host would have told, by its files and what its programs say. */
function told({ files = {}, links = {}, paths = [], said = {} }: Told): SetupSource {
  const lines = Object.entries(files).flatMap(([path, text]) =>
    (text ?? '').split('\n').map((line) => `${path}:${line}`),
  );
  const listed = Object.entries(links).map(([path, target]) =>
    target === null
      ? `drwxr-xr-x 2 root root 0 Nov 30 15:17 ${path}`
      : `lrwxrwxrwx 1 root root 0 Nov 30 15:17 ${path} -> ${target}`,
  );
  const all = { files: lines.join('\n'), links: listed.join('\n'), paths: paths.join(' '), ...said };
  return setupSource(Object.entries(all).map(([name, text]) => ({ name, bytes: Buffer.from(text ?? '') })));
}

const CENTOS = `NAME="CentOS Linux"
VERSION="7 (Core)"
ID="centos"
ID_LIKE="rhel fedora"
VERSION_ID="7"
PRETTY_NAME="CentOS Linux 7 (Core)"

CENTOS_MANTISBT_PROJECT="CentOS-7"`;

describe('distribution', () => {
  test.each([
    {
      name: 'CentOS 7.6',
      files: {
        '/etc/os-release': CENTOS,
        '/etc/centos-release': 'CentOS Linux release 7.6.1810 (Core) ',
        '/etc/redhat-release': 'CentOS Linux release 7.6.1810 (Core) ',
      },
      facts: {
        distribution: 'CentOS',
        distribution_version: '7.6',
        distribution_major_version: '7',
        distribution_release: 'Core',
        distribution_file_path: '/etc/redhat-release',
        distribution_file_variety: 'RedHat',
        os_family: 'RedHat',
      },
    },
    {
      name: 'Debian 12',
      files: {
        '/etc/os-release':
          'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian',
        '/etc/debian_version': '12.11',
      },
      facts: {
        distribution: 'Debian',
        distribution_version: '12.11',
        distribution_major_version: '12',
        distribution_minor_version: '11',
        distribution_release: 'bookworm',
        os_family: 'Debian',
      },
    },
    {
      name: 'Ubuntu 22.04',
      files: {
        '/etc/os-release':
          'PRETTY_NAME="Ubuntu 22.04.3 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian',
        '/etc/debian_version': 'bookworm/sid',
      },
      facts: {
        distribution: 'Ubuntu',
        distribution_version: '22.04',
        distribution_major_version: '22',
        distribution_release: 'jammy',
        distribution_file_variety: 'Debian',
        os_family: 'Debian',
      },
    },
    {
      name: 'Alpine',
      files: {
        '/etc/os-release': 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.18.4\nPRETTY_NAME="Alpine Linux v3.18"',
        '/etc/alpine-release': '3.18.4',
      },
      facts: {
        distribution: 'Alpine',
        distribution_version: '3.18.4',
        distribution_release: 'NA',
        os_family: 'Alpine',
      },
    },
    {
      name: 'Rocky',
      files: {
        '/etc/os-release': 'NAME="Rocky Linux"\nVERSION="9.2 (Blue Onyx)"\nID="rocky"\nVERSION_ID="9.2"',
        '/etc/redhat-release': 'Rocky Linux release 9.2 (Blue Onyx)',
      },
      facts: {
        distribution: 'Rocky',
        distribution_version: '9.2',
        distribution_release: 'Blue Onyx',
        os_family: 'RedHat',
      },
    },
    {
      name: 'openSUSE Leap',
      files: { '/etc/os-release': 'NAME="openSUSE Leap"\nVERSION="15.5"\nID="opensuse-leap"\nVERSION_ID="15.5"' },
      facts: {
        distribution: 'openSUSE Leap',
        distribution_version: '15.5',
        distribution_major_version: '15',
        distribution_release: '5',
        os_family: 'Suse',
      },
    },
    {
      name: 'no files at all',
      files: {},
      facts: {
        distribution: 'OtherLinux',
        distribution_version: 'NA',
        distribution_major_version: 'NA',
        os_family: 'OtherLinux',
      },
    },
  ])('$name', ({ files, facts }) => expect(distributionFacts(told({ files }))).toMatchObject(facts));
});

describe('managers of services and packages', () => {
  test.each([
    { what: { files: { '/proc/1/comm': 'systemd' } }, name: 'systemd' },
    { what: { files: { '/proc/1/comm': 'init' }, paths: ['/sbin/openrc', '/etc/init.d/'] }, name: 'openrc' },
    {
      what: { files: { '/proc/1/comm': 'init' }, paths: ['/run/systemd/system/'], said: { systemctl: 'yes' } },
      name: 'systemd',
    },
    { what: { files: { '/proc/1/comm': 'bash' }, paths: ['/etc/init.d/'] }, name: 'sysvinit' },
    { what: {}, name: 'service' },
  ])('$name starts services', ({ what, name }) => expect(serviceManager(told(what), {})).toBe(name));

  test.each([
    {
      paths: ['/usr/bin/yum'],
      about: { os_family: 'RedHat', distribution: 'CentOS', distribution_major_version: '7' },
      name: 'yum',
    },
    {
      paths: ['/usr/bin/yum', '/usr/bin/dnf'],
      about: { os_family: 'RedHat', distribution: 'Rocky', distribution_major_version: '9' },
      name: 'dnf',
    },
    { paths: ['/usr/bin/apt-get', '/usr/bin/zypper'], about: { os_family: 'Debian' }, name: 'apt' },
    { paths: ['/sbin/apk'], about: { os_family: 'Alpine' }, name: 'apk' },
    { paths: [], about: {}, name: 'unknown' },
  ])('$name installs packages', ({ paths, about, name }) => expect(packageManager(told({ paths }), about)).toBe(name));
});

describe('platform', () => {
  const files = { '/proc/sys/kernel/hostname': 'node1', '/proc/sys/kernel/osrelease': '3.10.0-957.el7.x86_64' };

  test('the full name is the first with a dot that its address has', () => {
    const said = { machine: 'x86_64', bits: '64', names: '10.0.0.111      node1 node1.example.org alias' };
    expect(platformFacts(told({ files, said }))).toMatchObject({
      hostname: 'node1',
      fqdn: 'node1.example.org',
      domain: 'example.org',
      kernel: '3.10.0-957.el7.x86_64',
      userspace_architecture: 'x86_64',
    });
  });

  test('a host that nothing resolves is called what it calls itself', () => {
    expect(platformFacts(told({ files, said: { machine: 'aarch64' } }))).toMatchObject({
      fqdn: 'node1',
      domain: '',
      architecture: 'aarch64',
      userspace_bits: '64',
    });
  });

  test('lsb from the file, where there is no program', () => {
    const text =
      'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=18.04\nDISTRIB_CODENAME=bionic\nDISTRIB_DESCRIPTION="Ubuntu 18.04.1 LTS"';
    expect(lsbFacts(told({ files: { '/etc/lsb-release': text } }))).toEqual({
      lsb: {
        id: 'Ubuntu',
        release: '18.04',
        major_release: '18',
        codename: 'bionic',
        description: 'Ubuntu 18.04.1 LTS',
      },
    });
  });
});

describe('hardware', () => {
  const core = (n: number, socket: number, id: number) =>
    `processor\t: ${n}\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Xeon(R)\nphysical id\t: ${socket}\nsiblings\t: 4\ncore id\t\t: ${id}\ncpu cores\t: 2\nflags\t\t: fpu vme\n`;

  test('two sockets of two cores of two threads', () => {
    const cpuinfo = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => core(n, n % 2, Math.floor(n / 4))).join('\n');
    const files = {
      '/proc/cpuinfo': cpuinfo,
      '/proc/self/status': 'Name:\tgrep\nCpus_allowed:\tf3\nCpus_allowed_list:\t0-7',
    };
    expect(processorFacts(told({ files }), 'x86_64')).toMatchObject({
      processor_count: 2,
      processor_cores: 2,
      processor_threads_per_core: 2,
      processor_vcpus: 8,
      processor_nproc: 6,
    });
  });

  test('an ARM board tells little', () => {
    const cpuinfo = 'processor\t: 0\nBogoMIPS\t: 38.40\n\nprocessor\t: 1\nBogoMIPS\t: 38.40\n';
    expect(processorFacts(told({ files: { '/proc/cpuinfo': cpuinfo } }), 'aarch64')).toEqual({
      processor: ['0', '1'],
      processor_count: 2,
      processor_cores: 1,
      processor_threads_per_core: 1,
      processor_vcpus: 2,
      processor_nproc: 2,
    });
  });

  test('memory', () => {
    const text =
      'MemTotal:        1014972 kB\nMemFree:          512000 kB\nBuffers:            2048 kB\nCached:           102400 kB\nSwapCached:            0 kB\nSwapTotal:       2097148 kB\nSwapFree:        2097148 kB';
    expect(memoryFacts(told({ files: { '/proc/meminfo': text } }))).toEqual({
      memtotal_mb: 991,
      memfree_mb: 500,
      swaptotal_mb: 2047,
      swapfree_mb: 2047,
      memory_mb: {
        real: { total: 991, used: 491, free: 500 },
        nocache: { free: 602, used: 389 },
        swap: { total: 2047, free: 2047, used: 0, cached: 0 },
      },
    });
  });

  test('a form that the standard does not know', () => {
    const dmi = (type: string) => dmiFacts(told({ files: { '/sys/devices/virtual/dmi/id/chassis_type': type } }));
    expect(dmi('1')).toMatchObject({ form_factor: 'Other', product_name: 'NA' });
    expect(dmi('99')).toMatchObject({ form_factor: 'unknown (99)' });
  });

  test('a disk with a partition that a volume is on', () => {
    const facts = deviceFacts(
      told({
        files: {
          '/sys/block/sda/size': '83886080',
          '/sys/block/sda/queue/scheduler': 'noop [deadline] cfq',
          '/sys/block/sda/device/model': 'VBOX HARDDISK   ',
          '/sys/block/sda/sda2/partition': '2',
          '/sys/block/sda/sda2/start': '2099200',
          '/sys/block/sda/sda2/size': '81786880',
          '/sys/block/dm-0/size': '2048',
          '/sys/block/dm-0/dm/name': 'centos-root',
        },
        links: {
          '/sys/block/sda': '../devices/pci0000:00/0000:00:01.1/ata1/block/sda',
          '/sys/block/dm-0': '../devices/virtual/block/dm-0',
          '/sys/block/dm-0/slaves/sda2': '../../../../sda2',
          '/dev/disk/by-uuid/1a2b': '../../sda2',
          '/dev/disk/by-id/wwn-0x5000': '../../sda',
        },
      }),
    );
    expect(facts).toMatchObject({
      device_links: { masters: { sda2: ['dm-0'] }, uuids: { sda2: ['1a2b'] } },
      devices: {
        sda: {
          model: 'VBOX HARDDISK',
          scheduler_mode: 'deadline',
          size: '40.00 GB',
          wwn: '0x5000',
          partitions: { sda2: { start: '2099200', size: '39.00 GB', uuid: '1a2b', links: { masters: ['dm-0'] } } },
        },
        'dm-0': { size: '1.00 MB' },
      },
    });
  });

  test.each([
    [0, '0.00 Bytes'],
    [1023, '1023.00 Bytes'],
    [1536, '1.50 KB'],
    [2 ** 41, '2.00 TB'],
  ])('%s bytes are %s', (bytes, shown) => expect(humanBytes(bytes)).toBe(shown));

  test('mounts of devices and servers, with escapes; a folder of another is a bind', () => {
    const facts = mountFacts(
      told({
        files: {
          '/proc/self/mounts':
            'proc /proc proc rw 0 0\n/dev/sda2 / xfs rw,relatime 0 0\n/dev/sda2 /my\\040disk xfs rw 0 0\nnas:/export /mnt nfs rw 0 0',
          '/proc/self/mountinfo':
            '21 1 8:2 / / rw - xfs /dev/sda2 rw\n22 1 8:2 /srv /my\\040disk rw - xfs /dev/sda2 rw',
        },
        links: { '/dev/disk/by-uuid/1a2b': '../../sda2' },
        said: { sizes: '4096 4096 100 40 1000 900 /\n4096 4096 100 40 1000 900 /my disk' },
      }),
    );
    expect(facts).toMatchObject({
      mounts: [
        { mount: '/', uuid: '1a2b', size_total: 409600, size_available: 163840, block_used: 60, inode_used: 100 },
        { mount: '/my disk', options: 'rw,bind', size_total: 409600 },
        { mount: '/mnt', device: 'nas:/export', uuid: 'N/A' },
      ],
    });
  });
});

describe('network', () => {
  const files = {
    '/sys/class/net/lo/address': '00:00:00:00:00:00',
    '/sys/class/net/lo/mtu': '65536',
    '/sys/class/net/lo/type': '772',
    '/sys/class/net/lo/operstate': 'unknown',
    '/sys/class/net/lo/flags': '0x9',
    '/sys/class/net/eth0/address': '52:54:00:8a:fe:e6',
    '/sys/class/net/eth0/mtu': '1500',
    '/sys/class/net/eth0/type': '1',
    '/sys/class/net/eth0/operstate': 'up',
    '/sys/class/net/eth0/flags': '0x1103',
    '/sys/class/net/eth0/speed': '1000',
    '/sys/class/net/docker0/address': '02:42:10:15:5c:73',
    '/sys/class/net/docker0/mtu': '1500',
    '/sys/class/net/docker0/type': '1',
    '/sys/class/net/docker0/operstate': 'down',
    '/sys/class/net/docker0/bridge/bridge_id': '8000.024210155c73',
    '/sys/class/net/docker0/bridge/stp_state': '0',
  };
  const links = {
    '/sys/class/net/docker0': '../../devices/virtual/net/docker0',
    '/sys/class/net/docker0/bridge': null,
    '/sys/class/net/docker0/brif/veth1': '../../veth1/brport',
    '/sys/class/net/eth0': '../../devices/pci0000:00/0000:00:03.0/net/eth0',
    '/sys/class/net/eth0/device': '../../../0000:00:03.0',
    '/sys/class/net/eth0/device/driver/module': '../../../../module/e1000',
    '/sys/class/net/lo': '../../devices/virtual/net/lo',
  };
  const addresses = `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever
2: eth0    inet 10.0.2.15/24 brd 10.0.2.255 scope global noprefixroute dynamic eth0\\       valid_lft 86180sec
2: eth0    inet 10.0.2.16/24 brd 10.0.2.255 scope global secondary eth0:1\\       valid_lft forever
2: eth0    inet6 fe80::5054:ff:fe8a:fee6/64 scope link \\       valid_lft forever preferred_lft forever
3: docker0    inet 172.17.0.1/16 scope global docker0\\       valid_lft forever preferred_lft forever`;
  const route = '8.8.8.8 via 10.0.2.2 dev eth0 src 10.0.2.15 \n    cache ';

  test('addresses, aliases, a bridge, and the way out', () => {
    const { facts, interfaces } = networkFacts(told({ files, links, said: { addresses, route } }));
    expect(facts).toEqual({
      interfaces: ['docker0', 'eth0', 'eth0_1', 'lo'],
      default_ipv4: {
        address: '10.0.2.15',
        alias: 'eth0',
        broadcast: '10.0.2.255',
        gateway: '10.0.2.2',
        interface: 'eth0',
        macaddress: '52:54:00:8a:fe:e6',
        mtu: 1500,
        netmask: '255.255.255.0',
        network: '10.0.2.0',
        prefix: '24',
        type: 'ether',
      },
      default_ipv6: {},
      all_ipv4_addresses: ['10.0.2.15', '10.0.2.16', '172.17.0.1'],
      all_ipv6_addresses: ['fe80::5054:ff:fe8a:fee6'],
    });
    expect(interfaces.get('eth0')).toMatchObject({
      active: true,
      module: 'e1000',
      pciid: '0000:00:03.0',
      promisc: true,
      speed: 1000,
      ipv4: { address: '10.0.2.15', network: '10.0.2.0' },
      ipv4_secondaries: [{ address: '10.0.2.16' }],
      ipv6: [{ address: 'fe80::5054:ff:fe8a:fee6', prefix: '64', scope: 'link' }],
    });
    expect(interfaces.get('docker0')).toMatchObject({
      active: false,
      type: 'bridge',
      interfaces: ['veth1'],
      id: '8000.024210155c73',
      stp: false,
      ipv4: { netmask: '255.255.0.0', broadcast: '' },
    });
    expect(interfaces.get('lo')).not.toHaveProperty('macaddress');
  });

  test('a host without ip tells nothing of its network', () => {
    expect(networkFacts(told({ files, links })).facts).toEqual({});
  });

  test('a point-to-point address has the whole prefix', () => {
    const said = { addresses: '9: eth0    inet 10.8.0.1 peer 10.8.0.2/32 scope global eth0\\  valid_lft forever' };
    const { interfaces } = networkFacts(told({ files, links, said }));
    expect(interfaces.get('eth0')?.ipv4).toMatchObject({
      address: '10.8.0.1',
      prefix: '32',
      netmask: '255.255.255.255',
    });
  });
});

describe('the rest', () => {
  test.each([
    { what: {}, type: 'NA', role: 'NA', guest: [], host: [] },
    {
      what: { files: { '/sys/devices/virtual/dmi/id/bios_vendor': 'innotek GmbH' } },
      type: 'virtualbox',
      role: 'guest',
      guest: ['virtualbox'],
      host: [],
    },
    {
      what: { files: { '/proc/modules': 'virtio 14959 4 - Live 0x0' } },
      type: 'kvm',
      role: 'guest',
      guest: [],
      host: ['kvm'],
    },
    {
      what: { files: { '/proc/modules': 'kvm 586948 1 - Live 0x0' }, paths: ['/dev/kvm'] },
      type: 'kvm',
      role: 'host',
      guest: [],
      host: ['kvm'],
    },
    {
      what: { files: { '/proc/1/cgroup': '1:name=systemd:/docker/0a1b' } },
      type: 'docker',
      role: 'guest',
      guest: ['container', 'docker'],
      host: [],
    },
    {
      what: { said: { container: 'container=lxc' } },
      type: 'lxc',
      role: 'guest',
      guest: ['container', 'lxc'],
      host: [],
    },
  ])('$type, $role', ({ what, type, role, guest, host }) =>
    expect(virtualFacts(told(what))).toEqual({
      virtualization_type: type,
      virtualization_role: role,
      virtualization_tech_guest: guest,
      virtualization_tech_host: host,
    }),
  );

  test('the command line of the kernel: the last of a name, and all of them', () => {
    const facts = cmdlineFacts(
      told({ files: { '/proc/cmdline': 'quiet console=tty0 console=ttyS0 root=UUID=a=b x="a b"' } }),
    );
    expect(facts.cmdline).toEqual({ quiet: true, console: 'ttyS0', root: 'UUID=a=b', x: '"a b"' });
    expect(facts.proc_cmdline).toMatchObject({ console: ['tty0', 'ttyS0'] });
  });

  test('resolv.conf', () => {
    const text =
      '# made by hand\nsearch a.example b.example\nnameserver 10.0.0.1\nnameserver 10.0.0.2\noptions ndots:2 rotate';
    expect(dnsFacts(told({ files: { '/etc/resolv.conf': text } }))).toEqual({
      dns: {
        nameservers: ['10.0.0.1', '10.0.0.2'],
        search: ['a.example', 'b.example'],
        options: { ndots: '2', rotate: true },
      },
    });
  });

  test('SELinux, where the kernel has it', () => {
    const files = {
      '/sys/fs/selinux/enforce': '1',
      '/sys/fs/selinux/policyvers': '31',
      '/etc/selinux/config': '# x\nSELINUX=permissive\nSELINUXTYPE=targeted',
    };
    expect(selinuxFacts(told({ files, paths: ['/sys/fs/selinux/enforce'] }))).toEqual({
      selinux: { status: 'enabled', policyvers: 31, config_mode: 'permissive', mode: 'enforcing', type: 'targeted' },
      selinux_python_present: false,
    });
  });

  test('the user, whom another directory than /etc/passwd may know', () => {
    const said = {
      id: 'uid=1500(ada) gid=100(users) groups=100(users)',
      id_real: '1500 100',
      user: 'ada',
      passwd: 'ada:x:1500:100:Ada L.:/home/ada:/bin/sh',
    };
    expect(userFacts(told({ said }))).toMatchObject({
      user_id: 'ada',
      user_uid: 1500,
      user_gecos: 'Ada L.',
      user_dir: '/home/ada',
      effective_user_id: 1500,
      real_group_id: 100,
    });
  });

  test('a clock east of UTC, on a date without parts of a second', () => {
    const said = {
      date: '1700000000 N|2023|11|Tuesday|2|46|14|23|13|20|CET|+0100',
      zones: '+0100 CET\n+0200 CEST',
    };
    expect(dateFacts(told({ said })).date_time).toMatchObject({
      iso8601: '2023-11-14T22:13:20Z',
      iso8601_micro: '2023-11-14T22:13:20.000000Z',
      iso8601_basic_short: '20231114T231320',
      tz: 'CET',
      tz_dst: 'CEST',
    });
  });

  test.each([
    ['{"a": [1]}', { a: [1] }],
    ['[General]\nName = x %(other)s\nother: 1\n  more\n# no\n', { General: { name: 'x 1\nmore', other: '1\nmore' } }],
    ['[DEFAULT]\na=1\n[s]\nb=2', { s: { a: '1', b: '2' } }],
    ['just text', 'error loading facts as JSON or ini - please check content: /f'],
    ['[s]\na=1\n[s]\n', 'error loading facts as JSON or ini - please check content: /f'],
  ])('a local fact %j', (text, fact) => expect(localFact(text, '/f')).toEqual(fact));

  test.each([
    [['all'], ['network', 'hardware', 'env'], []],
    [['!all'], ['env', 'distribution'], ['network', 'hardware', 'virtual']],
    [['!all', '!min'], [], ['env', 'network']],
    [
      ['!all', '!min', 'network'],
      ['network', 'platform', 'distribution'],
      ['env', 'hardware'],
    ],
    [['!hardware'], ['env'], ['hardware', 'network']],
    [['all', '!hardware', 'mounts'], ['hardware'], []],
  ])('the subset %j', (subset, has, hasNot) => {
    const chosen = chosenCollectors(subset);
    if ('unknown' in chosen) throw new Error(chosen.unknown);
    expect(has.filter((name) => !chosen.has(name as never))).toEqual([]);
    expect(hasNot.filter((name) => chosen.has(name as never))).toEqual([]);
  });

  test.each([
    ['ansible_eth0', 'ansible_*', true],
    ['ansible_eth0', 'ansible_eth[0-2]', true],
    ['ansible_eth0', 'ansible_eth[!0]', false],
    ['ansible_eth0', 'eth0', false],
    ['a.b', 'a?b', true],
    ['axb', 'a.b', false],
    ['a[b', 'a[b', true],
    [']', '[]]', true],
    ['a', '[z-a]', false],
  ])('%s matches %s: %s', (name, pattern, matches) => expect(matchesPattern(name, pattern)).toBe(matches));
});

type Shape = string | readonly Shape[] | { readonly [name: string]: Shape };
const RECORDED = JSON.parse(readFileSync(join(import.meta.dirname, 'setup-of-ansible.json'), 'utf8')) as Record<
  string,
  Shape
>;

/** Where a value is not of the shape that Ansible's answer had. What one of the two does not know is no difference. */
function unlike(value: unknown, shape: Shape, at: string): string[] {
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return [`${at} is no list`];
    return shape.length === 0 ? [] : value.flatMap((item, index) => unlike(item, shape[0] as Shape, `${at}[${index}]`));
  }
  if (typeof shape === 'object') {
    if (typeof value !== 'object' || value === null) return [`${at} is no dict`];
    const given = value as Record<string, unknown>;
    const fields = shape as Record<string, Shape>;
    return Object.keys(fields).flatMap((name) =>
      name in given ? unlike(given[name], fields[name] as Shape, `${at}.${name}`) : [],
    );
  }
  const kind = value === null ? 'null' : typeof value;
  // A disk tells a text or nothing.
  return kind === shape || (at.startsWith('each_device') && kind !== 'number')
    ? []
    : [`${at} is ${kind}, not ${shape}`];
}

/** Facts that not every machine has. */
const NOT_EVERYWHERE = /^ansible_(ssh_host_key_|machine_id|distribution_minor_version|userspace_architecture)|^each_/;

describe.each(SHELLS_IN_TURN)('on this machine, under $shell', ({ argv, env, turn }) => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'setup-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test('every fact that Ansible told is told, and of the same type', () => {
    const facts = runModule('setup', {}, { argv, env }).result.ansible_facts as Record<string, unknown>;
    expect(Object.keys(RECORDED).filter((name) => !(name in facts) && !NOT_EVERYWHERE.test(name))).toEqual([]);
    const interfaces = facts.ansible_interfaces as string[];
    const devices = Object.values(facts.ansible_devices as Record<string, unknown>);
    const differences = [
      ...Object.keys(facts).flatMap((name) =>
        RECORDED[name] === undefined ? [] : unlike(facts[name], RECORDED[name], name),
      ),
      ...interfaces.flatMap((name) => unlike(facts[`ansible_${name}`], RECORDED.each_interface as Shape, name)),
      ...devices.flatMap((device) => unlike(device, RECORDED.each_device as Shape, 'each_device')),
    ];
    expect(differences).toEqual([]);
  });

  turn('what the machine says of itself elsewhere', () => {
    const how = { argv, env: { ...env, GREETING: 'two\nlines' } };
    const { gathered } = runModule('setup', { gather_subset: ['!all', 'network'] }, how).outcome as never;
    const facts = (gathered as { ansible_facts: Record<string, unknown> }).ansible_facts;
    expect(facts).toMatchObject({ env: { GREETING: 'two\nlines' }, user_uid: process.getuid?.(), system: 'Linux' });
    expect(facts).not.toHaveProperty('memtotal_mb');
    expect(gathered).toMatchObject({ ansible_lo: { ipv4: { address: '127.0.0.1' } }, ansible_kernel: facts.kernel });
  });

  turn('local facts: JSON, ini, a program, one that fails', () => {
    writeFileSync(join(dir, 'j.fact'), '{"a": 1}');
    writeFileSync(join(dir, 'i i.fact'), '[s]\na = b\n');
    writeFileSync(join(dir, 'p.fact'), '#!/bin/sh\necho "[true]"');
    writeFileSync(join(dir, 'f.fact'), '#!/bin/sh\nexit 3');
    for (const name of ['p', 'f']) chmodSync(join(dir, `${name}.fact`), 0o755);
    const { result, outcome } = runModule('setup', { filter: 'ansible_local', fact_path: dir }, { argv, env });
    const local = { j: { a: 1 }, 'i i': { s: { a: 'b' } }, p: [true], f: expect.stringContaining('rc: 3') };
    expect(result.ansible_facts).toEqual({ ansible_local: local });
    expect(outcome).toMatchObject({ gathered: { ansible_local: local, ansible_facts: { ansible_local: local } } });
  });
});
