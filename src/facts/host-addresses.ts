import { defineFact } from '../core/fact.js';
import { sh } from '../core/script.js';
import { addressWithPrefix } from '../flannel/address.js';
import type { InterfaceAddress } from '../flannel/host-network.js';
import { needsProgram } from './host-path.js';

/** The host's IPv4 addresses, in the kernel's order; unreadable where there is no `ip`. */
export const hostAddresses = defineFact({
  name: 'host.addresses',
  about: 'the IPv4 addresses of the host, by interface',
  mostBytes: 8 * 1024 * 1024,
  script: (_query: Record<string, never>) => sh`${needsProgram('ip')}
ip -o -4 addr show`,
  parse: (stdout): readonly InterfaceAddress[] => parseAddresses(stdout),
});

/**
 * Reads `ip -o -4 addr show`.
 * @throws Error on a line that is not one of its whole lines
 */
export function parseAddresses(text: string): InterfaceAddress[] {
  return text.split('\n').filter(Boolean).map(interfaceAddress);
}

const LINE = /^\d+:\s+(\S+)\s+inet\s+([\d./]+)(?:\s+peer\s+([\d./]+))?(\s.*?)?\sscope\s+(\S+)(.*)$/;

function interfaceAddress(line: string): InterfaceAddress {
  const parts = LINE.exec(line);
  if (parts === null) throw new Error(`unexpected line from ip addr: ${JSON.stringify(line.slice(0, 120))}`);
  const [, iface = '', own = '', peer, , scope = '', rest = ''] = parts;
  const { address, network } = addressWithPrefix(own);
  return {
    iface: iface.split('@')[0] as string,
    address,
    // On a point-to-point link the prefix belongs to the other end.
    network: peer === undefined ? network : addressWithPrefix(peer).network,
    scope,
    secondary: /(^|\s)secondary(\s|$)/.test(rest),
  };
}
