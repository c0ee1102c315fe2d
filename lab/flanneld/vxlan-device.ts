import type { ExternalInterface } from './external-interface.js';
import { run } from './ip-command.js';
import type { StoredLease } from './lease-store.js';
import { addressText, type NetworkConfig, type Subnet, subnetText } from './subnet.js';

export interface VxlanDevice {
  readonly name: string;
  readonly mac: string;
  readonly mtuBytes: number;
}

interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: {
      readonly id?: number;
      readonly local?: string;
      readonly link?: string;
      readonly port?: number;
    };
  };
}

/** What VXLAN adds to each packet. */
const OVERHEAD_BYTES = 50;
const KERNEL_PORT = 8472;

/**
 * Makes the vxlan device, or takes the one that is there if it is as it should be.
 * @param onRecreate hears why a device that is there had to go
 * @see flannel v0.11.0 `backend/vxlan/device.go`, `ensureLink`
 */
export async function ensureDevice(
  external: ExternalInterface,
  config: NetworkConfig,
  onRecreate: (name: string, why: string) => void,
): Promise<VxlanDevice> {
  const name = `flannel.${config.vni}`;
  const there = await linkOf(name);
  const why = there && (await incompatibility(there, external, config));
  if (there && why === undefined) return { name, mac: there.address, mtuBytes: there.mtu };
  if (there && why !== undefined) {
    onRecreate(name, why);
    await run('ip', ['link', 'del', name]);
  }
  await run('ip', addArguments(name, external, config));
  const made = await linkOf(name);
  if (!made) throw new Error(`created vxlan device with index but no link ${name}`);
  return { name, mac: made.address, mtuBytes: made.mtu };
}

/** Gives the device its subnet's first address as a /32 and brings it up. @throws Error if it has several addresses */
export async function configureDevice({ name }: VxlanDevice, subnet: Subnet): Promise<void> {
  const wanted = addressText(subnet.address);
  const shown = JSON.parse(await run('ip', ['-4', '-j', 'addr', 'show', 'dev', name])) as readonly {
    addr_info?: readonly { local?: string; prefixlen?: number }[];
  }[];
  const there = shown.flatMap(({ addr_info }) => addr_info ?? []).filter(({ local }) => local !== undefined);
  if (there.length > 1) throw new Error('link has incompatible addresses. Remove additional addresses and try again.');
  const kept = there[0]?.local === wanted && there[0].prefixlen === 32;
  if (there[0] && !kept) await run('ip', ['addr', 'del', `${there[0].local}/${there[0].prefixlen}`, 'dev', name]);
  if (!kept) await run('ip', ['addr', 'add', `${wanted}/32`, 'dev', name]);
  await run('ip', ['link', 'set', name, 'up']);
}

/** Lets the kernel know peers: of each its ARP entry, its fdb entry, its route. */
export async function addPeers({ name }: VxlanDevice, leases: readonly StoredLease[]): Promise<void> {
  if (leases.length === 0) return;
  const [neighbours, fdb, routes] = [
    leases.map(
      ({ subnet, value }) =>
        `neigh replace ${addressText(subnet.address)} lladdr ${value.vtepMac} dev ${name} nud permanent`,
    ),
    leases.map(({ value }) => `fdb replace ${value.vtepMac} dev ${name} dst ${value.publicIp} self permanent`),
    leases.map(
      ({ subnet }) => `route replace ${subnetText(subnet)} via ${addressText(subnet.address)} dev ${name} onlink`,
    ),
  ];
  await run('ip', ['-force', '-batch', '-'], `${neighbours.join('\n')}\n`);
  await run('bridge', ['-force', '-batch', '-'], `${fdb.join('\n')}\n`);
  await run('ip', ['-force', '-batch', '-'], `${routes.join('\n')}\n`);
}

/** Takes a peer away again; what is gone already is no error. */
export async function removePeer({ name }: VxlanDevice, { subnet, value }: StoredLease): Promise<void> {
  const gateway = addressText(subnet.address);
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ['ip', ['neigh', 'del', gateway, 'dev', name]],
    ['bridge', ['fdb', 'del', value.vtepMac, 'dev', name, 'dst', value.publicIp, 'self']],
    ['ip', ['route', 'del', subnetText(subnet), 'via', gateway, 'dev', name]],
  ];
  for (const [program, args] of steps) await run(program, args).catch(() => undefined);
}

function addArguments(name: string, external: ExternalInterface, config: NetworkConfig): readonly string[] {
  const mtu = String(external.iface.mtuBytes - OVERHEAD_BYTES);
  const port = String(config.port === 0 ? KERNEL_PORT : config.port);
  const how = ['id', String(config.vni), 'dev', external.iface.name, 'local', external.address, 'dstport', port];
  return ['link', 'add', name, 'mtu', mtu, 'txqueuelen', '0', 'type', 'vxlan', ...how, 'nolearning'];
}

async function linkOf(name: string): Promise<IpLink | undefined> {
  try {
    return (JSON.parse(await run('ip', ['-d', '-j', 'link', 'show', 'dev', name])) as readonly IpLink[])[0];
  } catch {
    return undefined;
  }
}

async function incompatibility(
  there: IpLink,
  external: ExternalInterface,
  config: NetworkConfig,
): Promise<string | undefined> {
  const { info_kind: kind, info_data: info } = there.linkinfo ?? {};
  if (kind !== 'vxlan') return `link type: ${kind ?? 'device'} vs vxlan`;
  if (info?.id !== config.vni) return `vni: ${config.vni} vs ${info?.id}`;
  const { index, name } = external.iface;
  if (info.link !== name) return `vtep (external) interface: ${index} vs ${await indexOf(info.link)}`;
  if (info.local !== external.address) return `vtep (external) IP: ${external.address} vs ${info.local}`;
  const port = config.port === 0 ? KERNEL_PORT : config.port;
  return info.port === port ? undefined : `port: ${port} vs ${info.port}`;
}

async function indexOf(name: string | undefined): Promise<number> {
  return name === undefined ? 0 : ((await linkOf(name))?.ifindex ?? 0);
}
