import type { FlannelNode } from '../flannel/node.js';
import { blind, defineCheck, found, rootOf } from './check.js';
import type { ClusterView } from './cluster.js';
import { CAUSE, namedHosts } from './finding.js';

/** FF303: flannel's device is missing, or has another address than the host's subnet and interface give. */
export const flannelDevice = defineCheck({
  id: 'FF303',
  title: 'flannel device wrong',
  severity: 'error',
  about: 'Packets leave with an address that peers do not know, or do not leave at all.',
  page: {
    reads: [
      'flannel.1 or flannel0: up or down, address, local address, VNI',
      'the subnet that the host holds',
      'the address that flanneld publishes',
      'the network configuration in etcd',
    ],
    why: 'Packets for other nodes leave through the flannel device. Without it, or while it is down, none leave. With an address of another subnet, another local address or another VNI, peers drop what it sends. It comes about when the device of an earlier flanneld is still there, when somebody changed it by hand, or when NetworkManager took it over.',
    byHand: [
      'ip -d link show flannel.1',
      'ip -o -4 addr show dev flannel.1',
      'cat /run/flannel/subnet.env',
      'etcdctl get /coreos.com/network/config',
    ],
    mend: 'Restart flanneld on the host: it makes the device anew. Where the device stays wrong, `ip link delete flannel.1` before the restart.',
    task: 'Restart flanneld',
    causes: [CAUSE.deviceWrong],
  },
  look(view, earlier) {
    const running = view.nodes.filter(({ running }) => running !== undefined);
    const wrong = running.flatMap((node) => {
      const faults = deviceFaults(view, node);
      return faults.length === 0 ? [] : [{ host: node.host, faults }];
    });
    const hosts = wrong.map(({ host }) => host);
    const unread = running.filter(({ readings }) => readings.devices.state === 'unreadable').map(({ host }) => host);
    const roots = hosts.map((host) => rootOf(host, earlier, ['FF101', 'FF102', 'FF301']));
    const finding = () =>
      found(flannelDevice, {
        cause: CAUSE.deviceWrong,
        hosts,
        summary: `${namedHosts(hosts)}: ${hosts.length === 1 ? wrong[0]?.faults[0] : 'the flannel device is not as the lease says'}`,
        evidence: wrong.slice(0, 10).map(({ host, faults }) => `${host}: ${faults.join('; ')}`),
        mend: 'restart flanneld: it makes its device anew',
        because: roots.every((root) => root !== undefined) ? roots[0] : undefined,
      });
    return {
      findings: hosts.length === 0 ? [] : [finding()],
      notEvaluated: blind('FF303', unread, 'the devices could not be read'),
    };
  },
});

/** What is wrong with a running node's device, in words; nothing where it has none and needs none. */
export function deviceFaults(view: Pick<ClusterView, 'config' | 'heldBy'>, node: FlannelNode): string[] {
  const { device, readings, published } = node;
  const needed = ['vxlan', 'udp'].includes(view.config?.backendType ?? '');
  if (device === undefined) return needed && readings.devices.state === 'absent' ? ['there is no flannel device'] : [];
  const held = view.heldBy(node);
  const base = held?.subnet.getFirst().toString();
  const faults: string[] = [];
  if (!device.up) faults.push(`${device.name} is down`);
  if (device.address === undefined) faults.push(`${device.name} has no address`);
  else if (base !== undefined && device.address.toString() !== base && !isUdp(device.name)) {
    faults.push(`${device.name} has ${device.address}, and the host holds ${held?.cidr}`);
  }
  const local = device.vxlan?.local?.toString();
  if (local !== undefined && published?.how === '-iface' && local !== published.address.toString()) {
    faults.push(`${device.name} sends from ${local}, and flanneld publishes ${published.address}`);
  }
  if (view.config?.backendType === 'vxlan' && device.vxlan !== undefined && device.vxlan.vni !== view.config.vni) {
    faults.push(`${device.name} has VNI ${device.vxlan.vni}, and the network ${view.config.vni}`);
  }
  return faults;
}

/** udp's tun device has the subnet's address with the network's prefix. */
function isUdp(name: string): boolean {
  return name === 'flannel0';
}
