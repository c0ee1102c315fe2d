import { valueIfPresent } from '../core/reading.js';
import type { PathTarget } from '../facts/flannel-paths.js';
import type { FirewallQuery } from '../facts/host-firewall.js';
import type { FlannelNode } from '../flannel/node.js';
import { overlayPort } from '../flannel/overlay-port.js';
import type { Site } from './flannel-sites.js';

/** Which packets a node's packet filter has to let through; `undefined` where its backend sends none by UDP. */
export function firewallQuery(
  { config }: Pick<Site, 'config'>,
  { device, published }: FlannelNode,
  targets: readonly PathTarget[],
): FirewallQuery | undefined {
  const overlay = overlayPort(valueIfPresent(config), device);
  if (overlay === undefined) return undefined;
  return {
    ...overlay,
    iface: published?.iface,
    own: published?.address.toString(),
    peers: targets.map(({ underlay }) => underlay).filter((address) => address !== undefined),
  };
}
