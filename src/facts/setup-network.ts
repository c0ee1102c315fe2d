import { type Facts, known, whole, wordsOf } from './setup-facts.js';
import { baseName, type SetupSource } from './setup-source.js';

const TYPES: Readonly<Record<string, string>> = {
  '1': 'ether',
  '32': 'infiniband',
  '512': 'ppp',
  '772': 'loopback',
  '65534': 'tunnel',
};

const NET = '/sys/class/net';

/** Facts about the network, and each interface by its name. Nothing where the host has no `ip`. */
export interface NetworkFacts {
  readonly facts: Facts;
  readonly interfaces: ReadonlyMap<string, Facts>;
}

export function networkFacts(source: SetupSource): NetworkFacts {
  const addresses = source.said('addresses');
  if (addresses === undefined) return { facts: {}, interfaces: new Map() };
  const all = addresses.split('\n').flatMap(addressOf);
  const devices = source.links.flatMap(({ path }) => /^\/sys\/class\/net\/([^/]+)$/.exec(path)?.[1] ?? []);
  const interfaces = new Map<string, Facts>();
  for (const device of devices.filter((name) => source.file(`${NET}/${name}/mtu`) !== undefined)) {
    for (const [name, facts] of interfaceFacts(source, device, all)) interfaces.set(name.replaceAll(':', '_'), facts);
  }
  return {
    interfaces,
    facts: {
      interfaces: [...interfaces.keys()],
      default_ipv4: defaultAddress(source, 'route', '8.8.8.8', all),
      default_ipv6: defaultAddress(source, 'route_six', '2404:6800:400a:800::1012', all),
      all_ipv4_addresses: all.filter((one) => one.six === undefined && !one.address.startsWith('127.')).map(plain),
      all_ipv6_addresses: all.filter((one) => one.six !== undefined && one.address !== '::1').map(plain),
    },
  };
}

const plain = ({ address }: Address) => address;

interface Address {
  readonly device: string;
  /** What `ip` calls the address, which for an alias is not the device. */
  readonly label: string;
  readonly address: string;
  readonly secondary: boolean;
  readonly four: Facts;
  readonly six: Facts | undefined;
}

/** Reads a line of `ip -o addr show`; a line about something else is none. */
function addressOf(line: string): Address[] {
  const [, device = '', family, rest = ''] = /^\d+:\s+(\S+)\s+(inet6?)\s+(.*)$/.exec(line) ?? [];
  if (family === undefined) return [];
  const words = wordsOf(rest.split('\\')[0] as string);
  const [address = '', prefix = family === 'inet' ? '32' : ''] = (words[0] ?? '').split('/');
  const after = (word: string) => words[words.indexOf(word) + 1] ?? '';
  const common = { device: device.split('@')[0] as string, label: device.split('@')[0] as string, address };
  if (family === 'inet6') {
    const length = words[1] === 'peer' ? (words[2]?.split('/')[1] ?? prefix) : prefix;
    return [{ ...common, secondary: false, four: {}, six: { address, prefix: length, scope: after('scope') } }];
  }
  const bits = whole(prefix);
  const number = numberOf(address);
  if (bits === undefined || bits > 32 || number === undefined) return [];
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  const four = {
    address,
    broadcast: words[1] === 'brd' ? (words[2] as string) : '',
    netmask: dotted(mask),
    network: dotted((number & mask) >>> 0),
    prefix,
  };
  return [{ ...common, label: words.at(-1) as string, secondary: words.includes('secondary'), four, six: undefined }];
}

function numberOf(address: string): number | undefined {
  const parts = address.split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : 256));
  if (parts.length !== 4 || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((number, part) => number * 256 + part, 0);
}

function dotted(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
}

/** The address from which the host would call far away. */
function defaultAddress(source: SetupSource, record: string, to: string, all: readonly Address[]): Facts {
  const words = wordsOf(source.said(record)?.split('\n')[0] ?? '');
  if (words[0] !== to) return {};
  const after = (word: string) => (words.includes(word) ? words[words.indexOf(word) + 1] : undefined);
  const address = after('src');
  const gateway = after('via');
  const own = all.find((one) => one.address === address);
  const route = {
    ...known('gateway', gateway === to ? undefined : gateway),
    ...known('interface', after('dev')),
    ...known('address', address),
  };
  if (own === undefined) return route;
  const link = {
    macaddress: source.file(`${NET}/${own.device}/address`) ?? '',
    mtu: whole(source.file(`${NET}/${own.device}/mtu`)),
    type: typeOf(source, own.device) ?? 'unknown',
  };
  if (own.six !== undefined) return { ...route, ...own.six, ...link };
  return { ...route, ...own.four, ...link, alias: own.label };
}

function typeOf(source: SetupSource, device: string): string | undefined {
  if (isThere(source, device, 'bridge')) return 'bridge';
  if (isThere(source, device, 'bonding')) return 'bonding';
  const type = source.file(`${NET}/${device}/type`);
  return type === undefined ? undefined : (TYPES[type] ?? 'unknown');
}

function isThere(source: SetupSource, device: string, name: string): boolean {
  return source.links.some(({ path }) => path === `${NET}/${device}/${name}`);
}

/** The interface itself, and one more for each of its aliases. */
function interfaceFacts(source: SetupSource, device: string, all: readonly Address[]): [string, Facts][] {
  const own = all.filter((one) => one.device === device);
  const four = own.filter(({ six }) => six === undefined);
  const primaries = four.filter(({ label, secondary }) => label === device && !secondary);
  // An alias' address counts for the device too where it is a secondary one.
  const others = [...primaries.slice(1), ...four.filter(({ secondary }) => secondary)].map((one) => one.four);
  const six = own.flatMap((one) => one.six ?? []);
  const facts = {
    ...linkFacts(source, device),
    ...known('ipv4', primaries[0]?.four),
    ...(others.length > 0 ? { ipv4_secondaries: others } : {}),
    ...(six.length > 0 ? { ipv6: six } : {}),
  };
  const aliases = four
    .filter(({ label }) => label !== device)
    .map(({ label, four: address, secondary }): [string, Facts] => [
      label,
      secondary ? { ipv4_secondaries: [address] } : { ipv4: address },
    ]);
  return [[device, facts], ...aliases];
}

function linkFacts(source: SetupSource, device: string): Facts {
  const at = `${NET}/${device}`;
  const text = (name: string) => source.file(`${at}/${name}`);
  const link = (name: string) => source.links.find(({ path }) => path === `${at}/${name}`)?.target;
  const mac = text('address');
  const module = link('device/driver/module');
  const pci = link('device');
  const flags = text('flags');
  return {
    device,
    ...known('macaddress', mac === '00:00:00:00:00:00' ? undefined : mac),
    ...known('mtu', whole(text('mtu'))),
    ...known('active', text('operstate') === undefined ? undefined : text('operstate') !== 'down'),
    ...known('module', module && baseName(module)),
    ...known('type', typeOf(source, device)),
    ...(isThere(source, device, 'bridge') ? bridgeFacts(source, device) : {}),
    ...(isThere(source, device, 'bonding') ? bondFacts(source, device) : {}),
    ...(isThere(source, device, 'bonding_slave') ? { perm_macaddress: text('bonding_slave/perm_hwaddr') ?? '' } : {}),
    ...known('pciid', pci && baseName(pci)),
    ...known('speed', whole(text('speed'))),
    ...known('promisc', flags === undefined ? undefined : (Number.parseInt(flags, 16) & 0x100) > 0),
  };
}

function bridgeFacts(source: SetupSource, device: string): Facts {
  const ports = `${NET}/${device}/brif/`;
  return {
    interfaces: source.links.filter(({ path }) => path.startsWith(ports)).map(({ path }) => baseName(path)),
    id: source.file(`${NET}/${device}/bridge/bridge_id`) ?? '',
    stp: source.file(`${NET}/${device}/bridge/stp_state`) === '1',
  };
}

function bondFacts(source: SetupSource, device: string): Facts {
  const words = (name: string) => wordsOf(source.file(`${NET}/${device}/bonding/${name}`) ?? '');
  const primary = words('primary')[0];
  return {
    slaves: words('slaves'),
    mode: words('mode')[0] ?? '',
    miimon: words('miimon')[0] ?? '',
    lacp_rate: words('lacp_rate')[0] ?? '',
    ...(primary === undefined ? {} : { primary, all_slaves_active: words('all_slaves_active')[0] === '1' }),
  };
}
