import { valueIfPresent } from '../core/reading.js';
import type { FlannelNode } from '../flannel/node.js';
import { defineCheck, found } from './check.js';
import { grouped } from './cluster.js';
import { CAUSE, type Finding, namedHosts } from './finding.js';

/** FF107: two nodes with one VTEP MAC, or one machine id. */
export const duplicateIdentity = defineCheck({
  id: 'FF107',
  title: 'duplicate VTEP MAC or machine id',
  severity: 'error',
  about: 'Frames for one node are taken by another; hosts copied from one image share more than a name.',
  page: {
    reads: ["the MAC of flannel's vxlan device", '/etc/machine-id'],
    why:
      'A frame in the overlay is addressed by the MAC of the vxlan device. systemd can derive such a MAC from the ' +
      'machine id (MACAddressPolicy=persistent), so machines copied from one image may have one MAC for all. ' +
      'The same machine id alone is a warning: it also breaks DHCP leases and logs.',
    byHand: [
      '# on each node; the same value twice is the fault',
      'cat /sys/class/net/flannel.1/address',
      'cat /etc/machine-id',
    ],
    mend:
      'On all but one: rm /etc/machine-id, systemd-machine-id-setup, reboot. Where only the MAC is the same: ip link ' +
      'delete flannel.1, then restart flanneld, which makes the device anew.',
    causes: [CAUSE.duplicateMac, CAUSE.copiedImage],
  },
  look(view) {
    const macs = grouped(view.nodes, ({ device }) => (device?.vxlan === undefined ? undefined : device.mac));
    const machines = grouped(view.nodes, ({ readings }) => valueIfPresent(readings.identity)?.machineId);
    return {
      findings: [
        ...several(macs).map(([mac, nodes]) => duplicateMac(mac, nodes)),
        ...several(machines).map(([id, nodes]) => copiedImage(id, nodes)),
      ],
      notEvaluated: [],
    };
  },
});

function several(groups: ReadonlyMap<string, readonly FlannelNode[]>): [string, readonly FlannelNode[]][] {
  return [...groups].filter(([, nodes]) => nodes.length > 1);
}

function duplicateMac(mac: string, nodes: readonly FlannelNode[]): Finding {
  const hosts = nodes.map(({ host }) => host);
  return found(duplicateIdentity, {
    cause: CAUSE.duplicateMac,
    hosts,
    summary: `${namedHosts(hosts)}: the flannel device has one MAC, ${mac}`,
    evidence: nodes.slice(0, 10).map(({ host, device }) => `${host}: ${device?.name} has ${mac}`),
    mend: 'delete the flannel device on all but one of them and restart flanneld; give each host a machine id of its own',
  });
}

function copiedImage(id: string, nodes: readonly FlannelNode[]): Finding {
  const hosts = nodes.map(({ host }) => host);
  return found(duplicateIdentity, {
    severity: 'warn',
    cause: CAUSE.copiedImage,
    hosts,
    summary: `${namedHosts(hosts)}: one machine id, ${id}`,
    evidence: nodes.slice(0, 10).map(({ host }) => `${host}: /etc/machine-id is ${id}`),
    mend: 'give each host a machine id of its own: empty /etc/machine-id, systemd-machine-id-setup, reboot',
  });
}
