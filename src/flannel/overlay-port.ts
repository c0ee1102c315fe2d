import type { FlannelDevice } from './host-network.js';
import type { NetworkConfig } from './network-config.js';

/** How flannel's packets travel between hosts. */
export interface OverlayPort {
  readonly backend: 'vxlan' | 'udp';
  /** The UDP port that nodes listen on. */
  readonly port: number;
}

/** The kernel's own, which flannel leaves as it is; that is not 4789, the registered one. */
const VXLAN_PORT = 8472;
const UDP_PORT = 8285;

/**
 * The UDP port of the overlay, from the network's configuration, or else from a node's device.
 *
 * @returns `undefined` for a backend that sends nothing by UDP, or that is not known
 */
export function overlayPort(
  config: NetworkConfig | undefined,
  device: FlannelDevice | undefined,
): OverlayPort | undefined {
  if (config !== undefined) {
    const { backendType, port } = config;
    if (backendType === 'vxlan') return { backend: 'vxlan', port: port || VXLAN_PORT };
    return backendType === 'udp' ? { backend: 'udp', port: port || UDP_PORT } : undefined;
  }
  if (device === undefined) return undefined;
  if (device.name === 'flannel0') return { backend: 'udp', port: UDP_PORT };
  return { backend: 'vxlan', port: device.vxlan?.port ?? VXLAN_PORT };
}
