import { type Facts, known } from './setup-facts.js';
import { assignments, type SetupSource } from './setup-source.js';

const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  RedHat: [
    'RedHat',
    'RHEL',
    'Fedora',
    'CentOS',
    'Scientific',
    'SLC',
    'Ascendos',
    'CloudLinux',
    'PSBM',
    'OracleLinux',
    'OVS',
    'OEL',
    'Amazon',
    'Virtuozzo',
    'XenServer',
    'Alibaba',
    'EulerOS',
    'openEuler',
    'AlmaLinux',
    'Rocky',
    'TencentOS',
    'EuroLinux',
    'Kylin Linux Advanced Server',
  ],
  Debian: [
    'Debian',
    'Ubuntu',
    'Raspbian',
    'Neon',
    'KDE neon',
    'Linux Mint',
    'SteamOS',
    'Devuan',
    'Kali',
    'Cumulus Linux',
    'Pop!_OS',
    'Parrot',
    'Pardus GNU/Linux',
    'Uos',
    'Deepin',
    'OSMC',
  ],
  Suse: ['SuSE', 'SLES', 'SLED', 'openSUSE', 'openSUSE Tumbleweed', 'SLES_SAP', 'SUSE_LINUX', 'openSUSE Leap'],
  Archlinux: ['Archlinux', 'Antergos', 'Manjaro'],
};

const FAMILY_OF = new Map(Object.entries(FAMILIES).flatMap(([family, names]) => names.map((name) => [name, family])));

/** Which distribution the host has, told by the same files and in the same order as Ansible looks at them. */
export function distributionFacts(source: SetupSource): Facts {
  const guess = guessed(source);
  const facts = { ...guess, ...(foundIn(source, guess) ?? {}) };
  const name = String(facts.distribution);
  return { ...facts, os_family: FAMILY_OF.get(name) ?? name };
}

interface Guess extends Facts {
  readonly distribution: string;
  readonly distribution_version: string;
  readonly distribution_release: string;
  readonly distribution_major_version: string;
}

const NAMES_OF_IDS: Readonly<Record<string, string>> = { amzn: 'Amazon', rhel: 'Redhat', '': 'OtherLinux' };

/** What os-release says by itself. */
function guessed(source: SetupSource): Guess {
  const release = osRelease(source);
  const id = (release.get('ID') ?? '').toLowerCase().replaceAll(' ', '_');
  const version = versionOf(source, id, release) || 'NA';
  return {
    distribution: NAMES_OF_IDS[id] ?? `${id.charAt(0).toUpperCase()}${id.slice(1)}`,
    distribution_version: version,
    distribution_release: codename(release) || 'NA',
    distribution_major_version: version.split('.')[0] || 'NA',
  };
}

function osRelease(source: SetupSource): ReadonlyMap<string, string> {
  const lines = source.lines('/etc/os-release');
  return assignments(lines.length > 0 ? lines : source.lines('/usr/lib/os-release'));
}

/** CentOS and Debian tell their minor version elsewhere. */
function versionOf(source: SetupSource, id: string, release: ReadonlyMap<string, string>): string {
  const short = release.get('VERSION_ID') ?? '';
  if (id === 'debian') return mostDots(short, source.file('/etc/debian_version') ?? '');
  if (id !== 'centos') return short;
  const longer = /(\d[\d.]*)/.exec(source.file('/etc/centos-release') ?? source.file('/etc/redhat-release') ?? '')?.[1];
  return mostDots(short, longer ?? '')
    .split('.')
    .slice(0, 2)
    .join('.');
}

function mostDots(...versions: readonly string[]): string {
  const dots = (text: string) => text.split('.').length;
  return versions.reduce((best, one) => (best === '' || dots(one) > dots(best) ? one : best), '');
}

function codename(release: ReadonlyMap<string, string>): string | undefined {
  const inVersion = /\((\D+)\)|,\s*(\D+)$/.exec(release.get('VERSION') ?? '');
  return release.get('VERSION_CODENAME') ?? release.get('UBUNTU_CODENAME') ?? inVersion?.[1] ?? inVersion?.[2]?.trim();
}

type Look = (text: string, source: SetupSource, guess: Guess) => Facts | undefined;

/** A file that names a distribution; the first that does so counts. */
interface Place {
  readonly path: string;
  readonly variety: string;
  readonly look: Look;
}

const firstWord = (text: string) => text.split(/\s+/)[0] ?? '';

/** Red Hat's own file names its kin by their first word. */
const named =
  (words: string, name: string): Look =>
  (text) =>
    text.includes(words)
      ? { distribution: name, distribution_file_search_string: words }
      : { distribution: firstWord(text) };

const PLACES: readonly Place[] = [
  { path: '/etc/oracle-release', variety: 'OracleLinux', look: named('Oracle Linux', 'OracleLinux') },
  { path: '/etc/centos-release', variety: 'CentOS', look: centos },
  { path: '/etc/redhat-release', variety: 'RedHat', look: named('Red Hat', 'RedHat') },
  { path: '/etc/openwrt_release', variety: 'OpenWrt', look: openWrt },
  { path: '/etc/os-release', variety: 'Amazon', look: amazon },
  { path: '/etc/system-release', variety: 'Amazon', look: amazonRelease },
  {
    path: '/etc/alpine-release',
    variety: 'Alpine',
    look: (text) => ({ distribution: 'Alpine', distribution_version: text }),
  },
  {
    path: '/etc/os-release',
    variety: 'Archlinux',
    look: (text) => (text.includes('Arch Linux') ? { distribution: 'Archlinux' } : undefined),
  },
  { path: '/etc/os-release', variety: 'SUSE', look: suse },
  { path: '/etc/os-release', variety: 'Debian', look: debian },
  { path: '/etc/lsb-release', variety: 'Debian', look: debian },
  { path: '/etc/os-release', variety: 'Flatcar', look: flatcar },
  { path: '/etc/os-release', variety: 'NA', look: other },
];

function foundIn(source: SetupSource, guess: Guess): Facts | undefined {
  for (const { path, variety, look } of PLACES) {
    const text = source.file(path);
    const found = text === undefined ? undefined : look(text, source, guess);
    if (found === undefined) continue;
    return {
      distribution: variety,
      distribution_file_path: path,
      distribution_file_variety: variety,
      distribution_file_parsed: true,
      ...found,
    };
  }
  return undefined;
}

function centos(text: string): Facts | undefined {
  if (text.includes('CentOS Stream')) return { distribution_release: 'Stream' };
  return text.includes('TencentOS Server') ? { distribution: 'TencentOS' } : undefined;
}

function openWrt(text: string): Facts | undefined {
  if (!text.includes('OpenWrt')) return undefined;
  const values = assignments(text.split('\n'));
  return {
    distribution: 'OpenWrt',
    ...known('distribution_version', values.get('DISTRIB_RELEASE')),
    ...known('distribution_release', values.get('DISTRIB_CODENAME')),
  };
}

function amazon(text: string): Facts | undefined {
  if (!text.includes('Amazon')) return undefined;
  const version = assignments(text.split('\n')).get('VERSION_ID');
  if (version === undefined) return { distribution: 'Amazon' };
  const [major, minor = 'NA'] = version.split('.');
  return {
    distribution: 'Amazon',
    distribution_version: version,
    distribution_major_version: major,
    distribution_minor_version: minor,
  };
}

function amazonRelease(text: string): Facts | undefined {
  if (!text.includes('Amazon')) return undefined;
  const version = text.split(/\s+/).find((word) => /^\d+$/.test(word)) ?? 'NA';
  return { distribution: 'Amazon', distribution_version: version };
}

function suse(text: string): Facts | undefined {
  const lower = text.toLowerCase();
  if (!lower.includes('suse')) return undefined;
  const values = assignments(text.split('\n'));
  const [, version, major, minor] = /^((\d+)\.?(\d*))/.exec(values.get('VERSION_ID') ?? '') ?? [];
  const release = lower.includes('open') ? minor : lower.includes('enterprise') && version ? minor || '0' : undefined;
  return {
    ...known('distribution', values.get('NAME')),
    ...known('distribution_version', version),
    ...known('distribution_major_version', major),
    ...known('distribution_release', release),
  };
}

/** Kin of Debian, by a word in the file; the first that is found. */
const DEBIAN_KIN: readonly (readonly [words: RegExp, name: string])[] = [
  [/Ubuntu/, 'Ubuntu'],
  [/SteamOS/, 'SteamOS'],
  [/Kali/, 'Kali'],
  [/Parrot/, 'Parrot'],
  [/Devuan/, 'Devuan'],
  [/Mint/, 'Linux Mint'],
  [/UOS|Uos|uos/, 'Uos'],
  [/Deepin|deepin/, 'Deepin'],
];

/** Kin that tell their version themselves. */
const OWN_VERSION = new Set(['Devuan', 'Linux Mint', 'Uos', 'Deepin']);

function debian(text: string, source: SetupSource): Facts | undefined {
  const values = assignments(text.split('\n'));
  if (/Debian|Raspbian/.test(text)) {
    const minor = /\d+\.(\d+)/.exec(source.file('/etc/debian_version') ?? '')?.[1];
    return {
      distribution: 'Debian',
      ...known('distribution_release', /\(([^)]+)\)/.exec(values.get('PRETTY_NAME') ?? '')?.[1]),
      ...known('distribution_minor_version', minor),
    };
  }
  const name = DEBIAN_KIN.find(([words]) => words.test(text))?.[1];
  if (name === undefined) return undefined;
  const version = OWN_VERSION.has(name) ? values.get('VERSION_ID') : undefined;
  const release = name === 'Uos' || name === 'Deepin' ? values.get('VERSION_CODENAME') : values.get('DISTRIB_RELEASE');
  return {
    distribution: name,
    ...(name === 'Ubuntu' || name === 'SteamOS' ? {} : known('distribution_release', release)),
    ...known('distribution_version', version),
    ...known('distribution_major_version', name === 'Devuan' ? version : version?.split('.')[0]),
  };
}

function flatcar(text: string): Facts | undefined {
  const values = assignments(text.split('\n'));
  const version = values.get('VERSION');
  if (values.get('ID') !== 'flatcar' || version === undefined) return undefined;
  return { distribution_version: version, distribution_major_version: version.split('.')[0] };
}

function other(text: string, _: SetupSource, guess: Guess): Facts {
  const values = assignments(text.split('\n'));
  return {
    ...known('distribution', values.get('NAME')),
    ...(guess.distribution_version === 'NA' ? known('distribution_version', values.get('VERSION')) : {}),
  };
}
