import { ABSENT, defineFact } from '../core/fact.js';
import { joinScripts, scriptAsWritten, sh } from '../core/script.js';
import type { FlannelDevice } from '../flannel/host-network.js';
import { parseAddresses } from './host-addresses.js';
import { linkOfIproute2 } from './host-links.js';
import { needsProgram } from './host-path.js';

/** flannel's devices: `flannel.1` for vxlan (the number is the VNI), `flannel0` for udp. Absent where there is none. */
export const flannelDevices = defineFact({
  name: 'flannel.device',
  about: "flannel's own network devices: address, local address, VNI, MTU",
  script: (_query: Record<string, never>) =>
    joinScripts([needsProgram('ip'), SHOW_DEVICES, sh`[ -n "$found" ] || exit ${ABSENT}`]),
  parse: (stdout): readonly FlannelDevice[] => parseDevices(stdout),
});

const SHOW_DEVICES = scriptAsWritten(`
found=
for name in $(ip -o link show | sed -n 's/^[0-9]*: \\(flannel[.0-9][0-9]*\\)[:@].*/\\1/p'); do
  found=yes
  ip -o -d link show dev "$name" 2>/dev/null || ip -o link show "$name"
  ip -o -4 addr show dev "$name"
done`);

/** @throws Error on a line that is neither a link nor an address of one */
function parseDevices(text: string): FlannelDevice[] {
  const lines = text.split('\n').filter(Boolean);
  const addresses = parseAddresses(lines.filter((line) => !/^\d+:\s+\S+:\s/.test(line)).join('\n'));
  const links = lines.filter((line) => /^\d+:\s+\S+:\s/.test(line)).map(linkOfIproute2);
  return links.map(({ iface, up, mtuBytes, mac, vxlan }) => ({
    name: iface,
    up,
    mtuBytes,
    mac,
    address: addresses.find((address) => address.iface === iface)?.address,
    vxlan,
  }));
}
