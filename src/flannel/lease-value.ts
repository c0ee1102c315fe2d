import type { IPv4 } from 'ip-num';
import { printableLine } from '../core/text.js';
import { address4 } from './address.js';

/** The JSON that flannel keeps under a lease's key. */
export interface LeaseValue {
  readonly publicIp: IPv4;
  /** As it is written, fit to print; `undefined` where there is none. */
  readonly publicIp6: string | undefined;
  /** `undefined` for udp, which names none. */
  readonly backendType: string | undefined;
  /** Lower case, colons. */
  readonly vtepMac: string | undefined;
  readonly vni: number | undefined;
}

/**
 * Reads a lease's value. Names are matched as Go matches them, in any case.
 *
 * @throws Error in words, where it is not JSON or has no IPv4 `PublicIP`: flannel could not use it as a lease
 * @see flannel `pkg/lease/lease.go`, `LeaseAttrs`, at 0f89b8d
 */
export function parseLeaseValue(text: string): LeaseValue {
  const value = jsonObject(text, 'the value');
  const backendData = isObject(value.backenddata) ? foldedNames(value.backenddata) : {};
  return {
    publicIp: publicIpOf(value.publicip),
    publicIp6: textOf(value.publicipv6),
    backendType: textOf(value.backendtype),
    vtepMac: macOf(backendData.vtepmac),
    vni: Number.isSafeInteger(backendData.vni) ? (backendData.vni as number) : undefined,
  };
}

/**
 * A JSON object with its names in lower case: Go matches field names in any case, and the last one counts.
 * @throws Error naming `what`, where the text is not JSON or no object
 */
export function jsonObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${what} is not JSON`);
  }
  if (!isObject(value)) throw new Error(`${what} is not a JSON object`);
  return foldedNames(value);
}

/** The same for an object inside another. */
export function foldedNames(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]));
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function publicIpOf(value: unknown): IPv4 {
  if (typeof value !== 'string') throw new Error('the value has no PublicIP');
  try {
    return address4(value);
  } catch {
    throw new Error('PublicIP is not an IPv4 address');
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? printableLine(value, 60) : undefined;
}

function macOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(value)) return undefined;
  return value.toLowerCase().replaceAll('-', ':');
}
