import { IPv4, type IPv4CidrRange } from 'ip-num';
import { FixError, messageOf } from '../core/error.js';
import { foldedNames, isObject, jsonObject } from './lease-value.js';
import type { NetworkConfig } from './network-config.js';
import { networkOf } from './subnet-key.js';

/**
 * Reads `<prefix>/config`, with the defaults and the checks that flannel applies.
 *
 * `subnetMin` and `subnetMax` are always set: without them in the text, the second and the last subnet of the network.
 *
 * @throws FixError `flannel/bad-config` where flanneld would refuse to start with it, or where it is for IPv6 only
 * @see flannel `pkg/subnet/config.go`, `ParseConfig` and `CheckNetworkConfig`, at 0f89b8d
 */
export function parseNetworkConfig(text: string): NetworkConfig {
  try {
    return networkConfig(text);
  } catch (thrown) {
    throw new FixError('flannel/bad-config', `flannel's network configuration is wrong: ${messageOf(thrown)}`, {
      hint: 'correct the JSON under <prefix>/config; flanneld refuses it too when it next starts',
      cause: thrown,
    });
  }
}

function networkConfig(text: string): NetworkConfig {
  const config = jsonObject(text, 'it');
  if (config.enableipv4 === false) throw new Error('EnableIPv4 is false, and IPv6-only networks are not supported');
  const network = networkField(config.network);
  const subnetBits = subnetBitsOf(config.subnetlen, Number(network.getPrefix().getValue()));
  const sizeInAddresses = 1n << BigInt(32 - subnetBits);
  const first = network.getFirst().getValue() + sizeInAddresses;
  const last = network.getLast().getValue() + 1n - sizeInAddresses;
  return {
    network,
    subnetBits,
    subnetMin: boundary('SubnetMin', config.subnetmin, { network, sizeInAddresses, otherwise: first }),
    subnetMax: boundary('SubnetMax', config.subnetmax, { network, sizeInAddresses, otherwise: last }),
    ...backendOf(config.backend),
  };
}

function networkField(value: unknown): IPv4CidrRange {
  if (typeof value !== 'string') throw new Error('it has no Network');
  const parts = /^([\d.]+)\/(\d{1,2})$/.exec(value);
  const network = parts === null ? undefined : networkOf(parts[1] as string, Number(parts[2]));
  if (network === undefined) throw new Error('Network is not an IPv4 network in CIDR form');
  return network;
}

function subnetBitsOf(value: unknown, networkBits: number): number {
  const bits = integer('SubnetLen', value, 0, Number.MAX_SAFE_INTEGER);
  if (bits > 30) throw new Error('SubnetLen must be less than /31');
  if (bits > 0 && bits < networkBits + 2) throw new Error('Network must hold at least four subnets of SubnetLen');
  if (bits > 0) return bits;
  if (networkBits > 28) throw new Error('Network is too small: /28 is the smallest that flannel can use');
  return networkBits <= 22 ? 24 : networkBits + 2;
}

function boundary(
  name: string,
  value: unknown,
  pool: { network: IPv4CidrRange; sizeInAddresses: bigint; otherwise: bigint },
): IPv4 {
  if (value === undefined || value === null || value === '0.0.0.0') return new IPv4(pool.otherwise);
  const address = typeof value === 'string' ? networkOf(value, 32)?.getFirst() : undefined;
  if (address === undefined) throw new Error(`${name} is not an IPv4 address`);
  const { network } = pool;
  if (address.isLessThan(network.getFirst()) || address.isGreaterThan(network.getLast())) {
    throw new Error(`${name} is not in Network`);
  }
  if (address.getValue() % pool.sizeInAddresses !== 0n) throw new Error(`${name} is not where a subnet begins`);
  return address;
}

function backendOf(value: unknown): Pick<NetworkConfig, 'backendType' | 'vni' | 'port'> {
  if (value === undefined) return { backendType: 'udp', vni: DEFAULT_VNI, port: UDP_PORT };
  if (!isObject(value)) throw new Error('Backend is not a JSON object');
  const backend = foldedNames(value);
  if (typeof backend.type !== 'string' || backend.type === '') throw new Error('Backend has no Type');
  const backendType = backend.type.toLowerCase();
  const port = integer('Backend.Port', backend.port, 0, 65535);
  return {
    backendType,
    vni: backend.vni === undefined ? DEFAULT_VNI : integer('Backend.VNI', backend.vni, 0, 0xffffff),
    port: backend.port === undefined && backendType === 'udp' ? UDP_PORT : port,
  };
}

const DEFAULT_VNI = 1;
const UDP_PORT = 8285;

function integer(name: string, value: unknown, least: number, most: number): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw new Error(`${name} is not a whole number from ${least} to ${most}`);
  }
  return value;
}
