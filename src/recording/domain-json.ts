import { z } from 'zod';
import { messageOf } from '../core/error.js';
import type { Reading } from '../core/reading.js';
import { address4, addressWithPrefix, cidrText } from '../flannel/address.js';
import type { Lease, LeaseTable } from '../flannel/lease.js';
import type { NetworkConfig } from '../flannel/network-config.js';
import type { EtcdHealth } from '../flannel/probes.js';
import { keptText } from './kept-text.js';

/** A text that a parser of the domain reads; what it throws is the reason why it does not fit. */
function read<T>(parse: (text: string) => T) {
  return z.string().transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
      return z.NEVER;
    }
  });
}

const address = read(address4);
const network = read((text) => addressWithPrefix(text).network);
/** JSON has no `undefined`: what is not known is left out, or null. */
const unknownOr = <T extends z.ZodType>(type: T) =>
  type
    .nullish()
    .transform((value) => value ?? undefined)
    .default(undefined as never);

export const NetworkConfigReading: z.ZodType<Reading<NetworkConfig>, unknown> = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('present'),
    value: z.object({
      network,
      subnetBits: z.int().min(0).max(32),
      subnetMin: unknownOr(address),
      subnetMax: unknownOr(address),
      backendType: z.string(),
      vni: z.int(),
      port: z.int(),
    }),
  }),
  z.object({ state: z.literal('absent') }),
  z.object({ state: z.literal('unreadable'), why: z.string() }),
]);

export function networkConfigJson(reading: Reading<NetworkConfig>): unknown {
  if (reading.state === 'unreadable') return { ...reading, why: keptText(reading.why) };
  if (reading.state === 'absent') return reading;
  const { network: all, subnetMin, subnetMax, ...rest } = reading.value;
  const value = {
    ...rest,
    network: cidrText(all),
    subnetMin: subnetMin?.toString(),
    subnetMax: subnetMax?.toString(),
    backendType: keptText(rest.backendType),
  };
  return { state: 'present', value };
}

const LeaseJson: z.ZodType<Lease, unknown> = z.object({
  key: z.string(),
  subnet: network,
  publicIp: address,
  backendType: unknownOr(z.string()),
  vtepMac: unknownOr(z.string()),
  ttlSeconds: unknownOr(z.number()),
  revision: z.string(),
  orderedIp: unknownOr(address),
});

export const LeaseTableJson: z.ZodType<LeaseTable, unknown> = z.object({
  leases: z.array(LeaseJson).max(100_000),
  malformed: z.array(z.object({ key: z.string(), why: z.string() })).max(100_000),
});

export function leaseTableJson({ leases, malformed }: LeaseTable): unknown {
  return {
    leases: leases.map(({ subnet, publicIp, orderedIp, ...rest }) => ({
      ...rest,
      key: keptText(rest.key),
      backendType: rest.backendType === undefined ? undefined : keptText(rest.backendType),
      subnet: cidrText(subnet),
      publicIp: publicIp.toString(),
      orderedIp: orderedIp?.toString(),
    })),
    malformed: malformed.map(({ key, why }) => ({ key: keptText(key), why: keptText(why) })),
  };
}

export const EtcdHealthJson: z.ZodType<EtcdHealth, unknown> = z.object({
  members: z
    .array(
      z.object({
        endpoint: z.string(),
        state: z.enum(['healthy', 'unhealthy', 'unreachable']),
        why: unknownOr(z.string()),
        version: unknownOr(z.string()),
        certificateEnds: unknownOr(z.number()),
      }),
    )
    .max(1000),
  quorum: z.boolean(),
  clientCertificateEnds: unknownOr(z.number()),
  v2: z.enum(['on', 'off', 'unknown']),
});

export function etcdHealthJson({ members, ...rest }: EtcdHealth): unknown {
  const shown = (text: string | undefined) => (text === undefined ? undefined : keptText(text));
  return {
    ...rest,
    members: members.map((member) => ({
      ...member,
      endpoint: keptText(member.endpoint),
      why: shown(member.why),
      version: shown(member.version),
    })),
  };
}
