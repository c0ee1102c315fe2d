/** An IPv4 network as two numbers: the address (host bits cleared) and the prefix length. */
export interface Subnet {
  readonly address: number;
  readonly bits: number;
}

export interface NetworkConfig {
  readonly network: Subnet;
  readonly subnetBits: number;
  readonly min: number;
  readonly max: number;
  readonly backendType: string;
  readonly vni: number;
  readonly port: number;
}

/** `10.1.2.3/24` with its host bits cleared; `undefined` for anything else. */
export function parseSubnet(text: string): Subnet | undefined {
  const found = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text);
  const address = found && parseAddress(found[1]!);
  const bits = Number(found?.[2]);
  if (address === undefined || address === null || bits > 32) return undefined;
  return { address: maskOff(address, bits), bits };
}

/** `10.1.2.0-24`, the last part of a lease's key; `undefined` for anything else, dual-stack keys included. */
export function parseSubnetKey(key: string): Subnet | undefined {
  return /^[^/]*$/.test(key) ? parseSubnet(key.replace('-', '/')) : undefined;
}

export function parseAddress(text: string): number | undefined {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

export function subnetText({ address, bits }: Subnet): string {
  return `${addressText(address)}/${bits}`;
}

export function subnetKey({ address, bits }: Subnet): string {
  return `${addressText(address)}-${bits}`;
}

export function sameSubnet(one: Subnet, other: Subnet): boolean {
  return one.address === other.address && one.bits === other.bits;
}

export function overlaps(one: Subnet, other: Subnet): boolean {
  return one.address < other.address + sizeOf(other) && other.address < one.address + sizeOf(one);
}

/**
 * The network that `<prefix>/config` describes, with flannel's defaults filled in.
 * @throws Error in words
 * @see flannel v0.11.0 `subnet/config.go`, `ParseConfig`
 */
export function parseConfig(text: string): NetworkConfig {
  const json = asRecord(JSON.parse(text));
  const network = parseSubnet(String(json.Network));
  if (!network) throw new Error(`invalid CIDR address: ${String(json.Network)}`);
  const subnetBits = subnetBitsOf(json.SubnetLen, network);
  const size = 2 ** (32 - subnetBits);
  const backend = asRecord(json.Backend ?? {});
  return {
    network,
    subnetBits,
    min: boundOf(json.SubnetMin) ?? network.address + size,
    max: boundOf(json.SubnetMax) ?? network.address + sizeOf(network) - size,
    backendType: typeof backend.Type === 'string' ? backend.Type : 'udp',
    vni: typeof backend.VNI === 'number' ? backend.VNI : 1,
    port: typeof backend.Port === 'number' ? backend.Port : 0,
  };
}

/** Whether a subnet may still be leased under this configuration. */
export function fits(config: NetworkConfig, subnet: Subnet): boolean {
  return subnet.address >= config.min && subnet.address <= config.max && subnet.bits === config.subnetBits;
}

/** The first hundred subnets that no lease touches; flannel takes one of them at random. */
export function freeSubnets(config: NetworkConfig, leased: readonly Subnet[]): readonly Subnet[] {
  const free: Subnet[] = [];
  const step = 2 ** (32 - config.subnetBits);
  for (let address = config.min; address <= config.max && free.length < 100; address += step) {
    const subnet = { address, bits: config.subnetBits };
    if (!leased.some((one) => overlaps(one, subnet))) free.push(subnet);
  }
  return free;
}

function subnetBitsOf(given: unknown, network: Subnet): number {
  const bits = typeof given === 'number' && given > 0 ? given : network.bits < 23 ? 24 : network.bits + 2;
  if (bits > 30 || bits < network.bits + 2) throw new Error('network too small or SubnetLen out of range');
  return bits;
}

function boundOf(given: unknown): number | undefined {
  return typeof given === 'string' ? parseAddress(given) : undefined;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error('unexpected end of JSON input');
  return value as Readonly<Record<string, unknown>>;
}

function maskOff(address: number, bits: number): number {
  const size = 2 ** (32 - bits);
  return address - (address % size);
}

function sizeOf({ bits }: Subnet): number {
  return 2 ** (32 - bits);
}
