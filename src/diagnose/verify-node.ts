import { type Reading, valueIfPresent } from '../core/reading.js';
import { cidrText, lies } from '../flannel/address.js';
import type { LeaseTable } from '../flannel/lease.js';
import type { NetworkConfig } from '../flannel/network-config.js';
import type { FlannelNode } from '../flannel/node.js';
import { viewOf } from './cluster.js';
import { deviceFaults } from './flannel-device.js';

/** What a mended host must show. */
export interface Expected {
  /** What stands behind `-iface=`; `undefined` where the command line was left alone. */
  readonly argument: string | undefined;
  /** The address of its lease, as text. */
  readonly address: string;
  /** The subnet that it must no longer hold, as CIDR text: it was somebody else's too. */
  readonly notSubnet?: string | undefined;
  /** Its run state was cleared and it was restarted: the subnet file must be younger than the process. */
  readonly restarted: boolean;
}

/** Seconds by which the clocks of the process table and of the files may differ. */
const CLOCK_SLACK_SECONDS = 2;

/**
 * Holds a mended host against what it must show.
 *
 * @param leases as read after the host was restarted
 * @returns what is not proven, in words; empty: the host is in order
 */
export function verifyNode(
  node: FlannelNode,
  expected: Expected,
  leases: Reading<LeaseTable>,
  config: Reading<NetworkConfig>,
): string[] {
  if (node.status !== 'flannel') return [node.why ?? 'it is no flannel node'];
  return [
    ...serviceFaults(node),
    ...ifaceFaults(node, expected),
    ...subnetFaults(node, expected),
    ...leaseFaults(node, expected, leases),
    ...deviceFaults(viewOf({ nodes: [node], leases, config, now: 0 }), node),
    ...localFaults(node, expected),
  ];
}

function serviceFaults({ unit, readings }: FlannelNode): string[] {
  const faults: string[] = [];
  if (unit !== undefined && unit.activeState !== 'active')
    faults.push(`${unit.name} is ${unit.activeState} (${unit.subState})`);
  if (unit?.needDaemonReload) faults.push(`systemd has not read ${unit.name} again`);
  if (readings.process.state === 'absent') faults.push('no flanneld runs');
  if (readings.process.state === 'unreadable') faults.push(`the processes cannot be read: ${readings.process.why}`);
  return faults;
}

function ifaceFaults({ running }: FlannelNode, { argument }: Expected): string[] {
  if (running === undefined || argument === undefined) return [];
  if (running.iface.length === 1 && running.iface[0] === argument) return [];
  const has = running.iface.length === 0 ? 'no -iface' : `-iface=${running.iface.join(',')}`;
  return [`the running flanneld has ${has}, not -iface=${argument}`];
}

function subnetFaults(node: FlannelNode, { notSubnet, restarted }: Expected): string[] {
  const { subnetEnv, runState } = node.readings;
  if (subnetEnv.state !== 'present') {
    return [
      subnetEnv.state === 'absent' ? 'flanneld has not written its subnet yet' : `the subnet file: ${subnetEnv.why}`,
    ];
  }
  const cidr = cidrText(subnetEnv.value.subnet);
  if (cidr === notSubnet) return [`it still holds ${cidr}`];
  const age = valueIfPresent(runState)?.files.find(({ kind }) => kind === 'subnet file')?.ageSeconds;
  const running = node.process?.ageSeconds;
  if (restarted && age !== undefined && running !== undefined && age > running + CLOCK_SLACK_SECONDS) {
    return [
      `the subnet file is ${Math.round(age)} s old, and flanneld runs for ${Math.round(running)} s: it did not write it`,
    ];
  }
  return [];
}

function leaseFaults(node: FlannelNode, { address }: Expected, leases: Reading<LeaseTable>): string[] {
  if (leases.state !== 'present')
    return [`the leases cannot be read${leases.state === 'unreadable' ? `: ${leases.why}` : ''}`];
  const { held } = node;
  if (held === undefined) return [];
  const cidr = cidrText(held.subnet);
  const found = leases.value.leases.filter(({ subnet }) => cidrText(subnet) === cidr);
  if (found.length === 0) return [`etcd has no lease for ${cidr}`];
  const others = found.filter(({ publicIp }) => publicIp.toString() !== address);
  if (others.length > 0) return [`etcd leases ${cidr} to ${others[0]?.publicIp}, not to ${address}`];
  const overlapping = leases.value.leases.find(
    ({ subnet }) => cidrText(subnet) !== cidr && lies(held.subnet.getFirst(), subnet),
  );
  return overlapping === undefined ? [] : [`the lease ${cidrText(overlapping.subnet)} overlaps ${cidr}`];
}

function localFaults({ device }: FlannelNode, { address, argument }: Expected): string[] {
  const local = device?.vxlan?.local?.toString();
  if (argument === undefined || local === undefined || local === address) return [];
  return [`${device?.name} sends from ${local}, not from ${address}`];
}
