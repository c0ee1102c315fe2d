import type { IPv4, IPv4CidrRange } from 'ip-num';
import type { Fields } from '../core/module.js';
import { type Reading, valueIfPresent } from '../core/reading.js';
import { type Dependent, type FlanneldProcess, type FlannelVersion, isAtLeast } from './flanneld-process.js';
import { settingsOf } from './flanneld-settings.js';
import type { FlannelDevice, HostIdentity, InterfaceAddress, Link, Peers, Route } from './host-network.js';
import { type Published, publishedBy } from './published-address.js';
import type { Store } from './registry.js';
import type { RunState } from './run-state.js';
import type { SubnetEnv } from './subnet-env.js';
import { networkOf } from './subnet-key.js';
import type { FlanneldSettings, FlanneldUnit } from './unit.js';
import { commandOf } from './unit-command.js';

/** Everything that is read of a host in the first exchange. */
export interface NodeReadings {
  readonly identity: Reading<HostIdentity>;
  readonly addresses: Reading<readonly InterfaceAddress[]>;
  readonly links: Reading<readonly Link[]>;
  readonly routes: Reading<readonly Route[]>;
  readonly unit: Reading<FlanneldUnit>;
  readonly process: Reading<FlanneldProcess>;
  readonly version: Reading<FlannelVersion>;
  readonly subnetEnv: Reading<SubnetEnv>;
  readonly runState: Reading<RunState>;
  readonly devices: Reading<readonly FlannelDevice[]>;
  readonly peers: Reading<Peers>;
  readonly bridges: Reading<readonly InterfaceAddress[]>;
  readonly dependents: Reading<readonly Dependent[]>;
}

/** The subnet that a host serves to its containers, and what says so. */
export interface HeldSubnet {
  readonly subnet: IPv4CidrRange;
  readonly from: 'subnet.env' | 'docker options' | 'flannel device';
}

/** One host, as far as flannel is concerned. */
export interface FlannelNode {
  readonly host: string;
  readonly status: 'flannel' | 'no-flanneld' | 'unreadable';
  /** Why it is no flannel node, or cannot be judged. */
  readonly why: string | undefined;
  readonly readings: NodeReadings;
  readonly unit: FlanneldUnit | undefined;
  readonly process: FlanneldProcess | undefined;
  readonly version: FlannelVersion | undefined;
  /** What the unit says; `undefined` where there is none, or it cannot be understood. */
  readonly configured: FlanneldSettings | undefined;
  /** What the running process was told. */
  readonly running: FlanneldSettings | undefined;
  /** The running ones, else the configured ones. */
  readonly settings: FlanneldSettings | undefined;
  readonly store: Store | 'kubernetes' | undefined;
  readonly held: HeldSubnet | undefined;
  readonly device: FlannelDevice | undefined;
  /** The address under which the running flanneld has its lease. */
  readonly published: Published | undefined;
  /** The address that it would publish if it were started now, as its unit stands. */
  readonly next: Published | undefined;
  /** The operator's `flannel_iface`: a name, an address or a CIDR. */
  readonly wish: string | undefined;
}

/**
 * All that is known of a host, put together from what was read of it. Decides nothing that needs other hosts.
 *
 * @param vars the host's variables; `flannel_iface`, `flannel_config_file` and `flannel_public_ip` are looked at
 */
export function assembleNode(host: string, readings: NodeReadings, vars: Fields): FlannelNode {
  const unit = foundUnit(valueIfPresent(readings.unit));
  const process = valueIfPresent(readings.process);
  const version = valueIfPresent(readings.version);
  const command = unit === undefined ? undefined : commandOf(unit);
  const configured = command === undefined ? undefined : settingsOf(command);
  const running = process === undefined ? undefined : settingsOf(process);
  const device = deviceOf(readings);
  const network = { ...readings, version };
  return {
    host,
    ...statusOf(readings, unit, vars),
    readings,
    unit,
    process,
    version,
    configured,
    running,
    settings: running ?? configured,
    store: storeOf(running ?? configured, version),
    held: heldSubnet(readings, device),
    device,
    published: running === undefined ? undefined : inForce(publishedBy(running, network), device),
    next: configured === undefined ? undefined : publishedBy(configured, network),
    wish: textOf(vars.flannel_iface),
  };
}

/** A unit that nobody wrote is none. */
function foundUnit(unit: FlanneldUnit | undefined): FlanneldUnit | undefined {
  return unit?.loadState === 'not-found' && unit.activeState !== 'active' ? undefined : unit;
}

function statusOf(
  readings: NodeReadings,
  unit: FlanneldUnit | undefined,
  vars: Fields,
): Pick<FlannelNode, 'status' | 'why'> {
  const { addresses, process } = readings;
  const there = unit !== undefined || process.state === 'present' || textOf(vars.flannel_config_file) !== undefined;
  if (!there) {
    for (const [what, reading] of [
      ['unit', readings.unit],
      ['process', process],
    ] as const) {
      if (reading.state === 'unreadable') return { status: 'unreadable', why: `flanneld's ${what}: ${reading.why}` };
    }
    return { status: 'no-flanneld', why: 'no unit of flanneld, and no flanneld runs' };
  }
  if (addresses.state !== 'present') {
    return { status: 'unreadable', why: `its addresses: ${addresses.state === 'absent' ? 'none' : addresses.why}` };
  }
  if (readings.unit.state === 'unreadable')
    return { status: 'unreadable', why: `flanneld's unit: ${readings.unit.why}` };
  return { status: 'flannel', why: undefined };
}

function storeOf(settings: FlanneldSettings | undefined, version: FlannelVersion | undefined): FlannelNode['store'] {
  if (settings?.kubeSubnetMgr) return 'kubernetes';
  if (version === undefined) return undefined;
  return isAtLeast(version, 0, 18) ? 'v3' : 'v2';
}

/** The device of the held subnet where there are several (a VNI that was changed leaves the old one). */
function deviceOf({ devices, subnetEnv }: NodeReadings): FlannelDevice | undefined {
  const found = valueIfPresent(devices) ?? [];
  const base = valueIfPresent(subnetEnv)?.subnet.getFirst().toString();
  return found.find(({ address }) => address?.toString() === base) ?? found.find(({ up }) => up) ?? found[0];
}

function heldSubnet({ subnetEnv }: NodeReadings, device: FlannelDevice | undefined): HeldSubnet | undefined {
  const env = valueIfPresent(subnetEnv);
  if (env !== undefined) return { subnet: env.subnet, from: env.form === 'flannel' ? 'subnet.env' : 'docker options' };
  if (device?.address === undefined) return undefined;
  const guess = subnetAt(device.address, 24);
  return guess === undefined ? undefined : { subnet: guess, from: 'flannel device' };
}

/**
 * What a flanneld without an explicit interface took at its start shows in its device: routes may have changed since.
 */
function inForce(computed: Published | undefined, device: FlannelDevice | undefined): Published | undefined {
  const local = device?.vxlan?.local;
  if (local === undefined || computed?.how === '-public-ip' || computed?.how === '-iface') return computed;
  return { address: local, iface: device?.vxlan?.dev ?? computed?.iface, how: computed?.how ?? 'flannel device' };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** The address of the device alone does not tell how long its subnet's prefix is. */
function subnetAt(address: IPv4, bits: number): IPv4CidrRange | undefined {
  return networkOf(address.toString(), bits);
}
