import { type Facts, known, whole, wordsOf } from './setup-facts.js';
import { assignments, baseName, type SetupSource } from './setup-source.js';

const KERNEL = '/proc/sys/kernel';

/** The kernel, the machine, and what the host is called. */
export function platformFacts(source: SetupSource): Facts {
  const machine = source.said('machine') ?? '';
  const bits = source.said('bits') ?? (machine.includes('64') ? '64' : '32');
  const nodename = source.file(`${KERNEL}/hostname`) ?? '';
  const fqdn = fullName(source, nodename);
  return {
    system: source.file(`${KERNEL}/ostype`) ?? 'Linux',
    kernel: source.file(`${KERNEL}/osrelease`) ?? '',
    kernel_version: source.file(`${KERNEL}/version`) ?? '',
    machine,
    ...architecture(machine, bits),
    userspace_bits: bits,
    hostname: nodename.split('.')[0],
    nodename,
    fqdn,
    domain: fqdn.split('.').slice(1).join('.'),
    ...known('machine_id', source.lines('/var/lib/dbus/machine-id')[0] || source.lines('/etc/machine-id')[0]),
  };
}

function architecture(machine: string, bits: string): Facts {
  const intel = machine === 'x86_64' || /^i([3456]86|86pc)$/.test(machine);
  if (!intel) return { architecture: machine };
  return {
    architecture: machine === 'x86_64' ? machine : 'i386',
    userspace_architecture: bits === '64' ? 'x86_64' : 'i386',
  };
}

/** The first of the host's names with a dot in it, as its own address resolves to them; else the first of them. */
function fullName(source: SetupSource, nodename: string): string {
  const asked = source.said('fqdn');
  if (asked !== undefined) return asked.split('\n')[0] as string;
  const names = wordsOf(source.said('names')?.split('\n')[0] ?? '').slice(1);
  return names.find((name) => name.includes('.')) ?? names[0] ?? nodename;
}

/** What the Linux Standard Base's program says, or its file. */
export function lsbFacts(source: SetupSource): Facts {
  const said = source.said('lsb_release');
  const values = said === undefined ? lsbOfFile(source) : lsbOfProgram(said);
  const release = values.release;
  const stripped = Object.entries(values).map(([name, value]) => [name, value.replace(/^['"\\]+|['"\\]+$/g, '')]);
  return { lsb: { ...Object.fromEntries(stripped), ...known('major_release', release?.split('.')[0]) } };
}

const LSB_LINES: readonly (readonly [start: string, name: string])[] = [
  ['LSB Version:', 'release'],
  ['Distributor ID:', 'id'],
  ['Description:', 'description'],
  ['Release:', 'release'],
  ['Codename:', 'codename'],
];

function lsbOfProgram(text: string): Record<string, string> {
  const pairs = text.split('\n').flatMap((line) => {
    const name = LSB_LINES.find(([start]) => line.startsWith(start))?.[1];
    return name === undefined ? [] : [[name, line.slice(line.indexOf(':') + 1).trim()]];
  });
  return Object.fromEntries(pairs);
}

function lsbOfFile(source: SetupSource): Record<string, string> {
  const names = { ID: 'id', RELEASE: 'release', DESCRIPTION: 'description', CODENAME: 'codename' };
  const values = assignments(source.lines('/etc/lsb-release'));
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) => {
      const value = values.get(`DISTRIB_${key}`);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const FIRST_PROCESSES: Readonly<Record<string, string>> = {
  procd: 'openwrt_init',
  'runit-init': 'runit',
  svscan: 'svc',
  'openrc-init': 'openrc',
};

/** What starts services: the first process, or the signs of one that only calls itself `init`. */
export function serviceManager(source: SetupSource, distribution: Facts): string {
  const init = source.links.find(({ path }) => path === '/sbin/init')?.target;
  const first = baseName(source.file('/proc/1/comm') ?? init ?? '').trim();
  if (first !== '' && first !== 'init' && !first.endsWith('sh')) {
    return Object.hasOwn(FIRST_PROCESSES, first) ? (FIRST_PROCESSES[first] as string) : first;
  }
  if (distribution.distribution === 'OpenWrt') return 'openwrt_init';
  const systemctl = source.said('systemctl') !== undefined;
  const booted = ['/run/systemd/system/', '/dev/.run/systemd/', '/dev/.systemd/'].some((path) => source.has(path));
  if (systemctl && booted) return 'systemd';
  if (source.said('initctl') !== undefined && source.has('/etc/init/')) return 'upstart';
  if (source.has('/sbin/openrc')) return 'openrc';
  if (systemctl && init !== undefined && baseName(init) === 'systemd') return 'systemd';
  return source.has('/etc/init.d/') ? 'sysvinit' : 'service';
}

/** Programs that install packages; of several the last. */
const PACKAGE_MANAGERS: readonly (readonly [path: string, name: string])[] = [
  ['/usr/bin/rpm-ostree', 'atomic_container'],
  ['/usr/bin/yum', 'yum'],
  ['/usr/bin/dnf', 'dnf'],
  ['/usr/bin/apt-get', 'apt'],
  ['/usr/bin/zypper', 'zypper'],
  ['/usr/sbin/urpmi', 'urpmi'],
  ['/usr/bin/pacman', 'pacman'],
  ['/bin/opkg', 'opkg'],
  ['/sbin/apk', 'apk'],
  ['/usr/bin/emerge', 'portage'],
  ['/usr/bin/xbps-install', 'xbps'],
  ['/usr/bin/swupd', 'swupd'],
];

/** The distribution's own package manager, whatever else is installed. */
export function packageManager(source: SetupSource, distribution: Facts): string {
  const there = PACKAGE_MANAGERS.filter(([path]) => source.has(path)).map(([, name]) => name);
  const last = there.at(-1) ?? 'unknown';
  if (distribution.os_family === 'RedHat') return redHatManager(source, distribution, last);
  const name = distribution.os_family === 'Debian' ? 'apt' : last;
  return name === 'apt' && source.said('apt_rpm') !== undefined ? 'apt_rpm' : name;
}

function redHatManager(source: SetupSource, { distribution, distribution_major_version }: Facts, last: string): string {
  if (source.has('/run/ostree-booted')) return 'atomic_container';
  const major = whole(String(distribution_major_version));
  if (distribution !== 'Fedora' && distribution !== 'Amazon') return major !== undefined && major < 8 ? 'yum' : 'dnf';
  if (major === undefined) return 'dnf';
  const name = major < (distribution === 'Fedora' ? 23 : 2022) ? 'yum' : 'dnf';
  return source.has(`/usr/bin/${name}`) ? name : last;
}
