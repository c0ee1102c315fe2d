import type { IPv4, IPv4CidrRange } from 'ip-num';
import { addressWithPrefix } from './address.js';

/** What flanneld last wrote down for this host's containers. */
export interface SubnetEnv {
  /** `undefined` in the form that `mk-docker-opts.sh` leaves. */
  readonly network: IPv4CidrRange | undefined;
  readonly subnet: IPv4CidrRange;
  /** The bridge's address: the first usable one of the subnet. */
  readonly address: IPv4;
  readonly mtuBytes: number | undefined;
  readonly ipMasq: boolean | undefined;
  /** `mk-docker-opts.sh -d` may overwrite flanneld's file with docker's options. */
  readonly form: 'flannel' | 'docker options';
}

/**
 * Reads `subnet.env`, also where `mk-docker-opts.sh` has put docker's options in its place.
 *
 * @throws Error where the file is cut short, or holds neither form
 * @see flannel `main.go`, `WriteSubnetFile`, and `dist/mk-docker-opts.sh`
 */
export function parseSubnetEnv(text: string): SubnetEnv {
  const values = assignments(text);
  const subnet = values.get('FLANNEL_SUBNET');
  if (subnet === undefined) return dockerOptions(text, values);
  const network = values.get('FLANNEL_NETWORK');
  const mtu = values.get('FLANNEL_MTU');
  if (network === undefined) throw new Error('FLANNEL_NETWORK is missing');
  if (mtu === undefined || !/^\d{2,6}$/.test(mtu)) throw new Error('the file is cut short: no FLANNEL_MTU');
  const { address, network: held } = addressWithPrefix(subnet);
  return {
    network: addressWithPrefix(network).network,
    subnet: held,
    address,
    mtuBytes: Number(mtu),
    ipMasq: masquerading(values.get('FLANNEL_IPMASQ')),
    form: 'flannel',
  };
}

function dockerOptions(text: string, values: ReadonlyMap<string, string>): SubnetEnv {
  const bip = /--bip=([\d./]+)/.exec(text)?.[1];
  if (bip === undefined) {
    throw new Error(
      values.has('FLANNEL_IPV6_SUBNET') ? 'it names an IPv6 subnet only' : 'no FLANNEL_SUBNET and no --bip',
    );
  }
  if (!bip.includes('/')) throw new Error('the file is cut short: --bip without a prefix length');
  const { address, network } = addressWithPrefix(bip);
  const mtu = /--mtu=(\d{2,6})\b/.exec(text)?.[1];
  return {
    network: undefined,
    subnet: network,
    address,
    mtuBytes: mtu === undefined ? undefined : Number(mtu),
    ipMasq: masquerading(/--ip-masq=(true|false)/.exec(text)?.[1]),
    form: 'docker options',
  };
}

function masquerading(text: string | undefined): boolean | undefined {
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/** `NAME=value` lines, as a shell or systemd reads them: the last one counts, one pair of quotes goes. */
function assignments(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const parts = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line);
    if (parts === null) continue;
    const value = (parts[2] as string).trim();
    found.set(parts[1] as string, /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value);
  }
  return found;
}
