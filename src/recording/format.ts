import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { type ErrorCode, EXIT_STATUS } from '../core/error.js';
import {
  EtcdHealthJson,
  etcdHealthJson,
  LeaseTableJson,
  leaseTableJson,
  NetworkConfigReading,
  networkConfigJson,
} from './domain-json.js';
import type { AnswerOutcome, Kept, KeptAnswer, KeptEtcd, Recording } from './recording.js';

/** What a manifest says it is; a folder whose manifest says another thing is no recording. */
export const FORMAT = 'fix-flannel-recording';
/** Grows where an older program would misunderstand a recording. */
export const FORMAT_VERSION = 1;
/** Hosts of one recording. */
export const MOST_HOSTS = 10_000;
export const MOST_ETCDS = 1000;

const name = z.string().min(1).max(1000);
const names = z.array(name).max(MOST_HOSTS);

/** What every manifest starts with, of whatever version. */
export const ManifestHead = z.object({ format: z.literal(FORMAT), version: z.int().min(1) });

export const Manifest = z.object({
  format: z.literal(FORMAT),
  version: z.literal(FORMAT_VERSION),
  toolVersion: z.string().max(100),
  gatheredAt: z.iso.datetime(),
  inventory: z.object({
    name: z.string().max(10_000),
    groups: z.array(z.object({ name, hosts: names, ownHosts: names, children: names })).max(MOST_HOSTS),
    hosts: z
      .array(
        z.object({
          name,
          groups: names,
          vars: z.record(z.string().regex(/^flannel_\w{1,100}$/), z.json()),
          at: z.string().max(10_000),
        }),
      )
      .max(MOST_HOSTS),
  }),
});

const KeptErrorJson = z.object({
  code: z.enum(Object.keys(EXIT_STATUS) as [ErrorCode, ...ErrorCode[]]).catch('host/unreadable'),
  message: z.string(),
  hint: z.string(),
});

const AnswerJson = z.object({ fact: z.string().max(100), query: z.json() }).and(
  z.union([
    z.object({ error: KeptErrorJson }),
    z.object({ cutOff: z.literal(true) }),
    z.object({
      status: z.int().nullable(),
      stdout: z.string().optional(),
      stdoutBase64: z.base64().optional(),
      stderr: z.string(),
    }),
  ]),
);

export const HostFileJson = z.object({ host: name, answers: z.array(AnswerJson).max(1000) });

const kept = <T>(value: z.ZodType<T, unknown>): z.ZodType<Kept<T> | undefined, unknown> =>
  z.union([z.object({ error: KeptErrorJson }), z.object({ value })]).optional() as never;

export const EtcdFileJson = z.object({
  store: z.enum(['v2', 'v3', 'kubernetes']),
  endpoints: z.array(z.string()).max(1000),
  prefix: z.string(),
  config: kept(NetworkConfigReading),
  leases: kept(LeaseTableJson),
  health: kept(EtcdHealthJson),
  whereIsConfig: kept(z.string()),
});

export function manifestJson({ toolVersion, gatheredAt, inventory }: Recording): z.input<typeof Manifest> {
  return {
    format: FORMAT,
    version: FORMAT_VERSION,
    toolVersion,
    gatheredAt: new Date(gatheredAt).toISOString(),
    inventory: inventory as z.input<typeof Manifest>['inventory'],
  };
}

export function hostJson(host: string, answers: readonly KeptAnswer[]): unknown {
  return { host, answers: answers.map(({ fact, query, outcome }) => ({ fact, query, ...outcomeJson(outcome) })) };
}

function outcomeJson(outcome: AnswerOutcome): object {
  switch (outcome.kind) {
    case 'error':
      return { error: outcome.error };
    case 'cut off':
      return { cutOff: true };
    case 'answer': {
      const { status, stdout, stderr } = outcome;
      const output = isUtf8(stdout) ? { stdout: stdout.toString('utf8') } : { stdoutBase64: stdout.toString('base64') };
      return { status: Number.isNaN(status) ? null : status, ...output, stderr };
    }
    default:
      return outcome satisfies never;
  }
}

export function answersOf({ answers }: z.output<typeof HostFileJson>): KeptAnswer[] {
  return answers.map((answer) => ({ fact: answer.fact, query: answer.query, outcome: outcomeOf(answer) }));
}

function outcomeOf(answer: z.output<typeof AnswerJson>): AnswerOutcome {
  if ('error' in answer) return { kind: 'error', error: answer.error };
  if ('cutOff' in answer) return { kind: 'cut off' };
  const { status, stdout = '', stdoutBase64, stderr } = answer;
  const bytes = stdoutBase64 === undefined ? Buffer.from(stdout, 'utf8') : Buffer.from(stdoutBase64, 'base64');
  return { kind: 'answer', status: status ?? Number.NaN, stdout: bytes, stderr };
}

export function etcdJson({ store, endpoints, prefix, config, leases, health, whereIsConfig }: KeptEtcd): unknown {
  return {
    store,
    endpoints,
    prefix,
    config: keptJson(config, networkConfigJson),
    leases: keptJson(leases, leaseTableJson),
    health: keptJson(health, etcdHealthJson),
    whereIsConfig,
  };
}

function keptJson<T>(part: Kept<T> | undefined, json: (value: T) => unknown): unknown {
  return part === undefined || 'error' in part ? part : { value: json(part.value) };
}

export function etcdOf(file: z.output<typeof EtcdFileJson>): KeptEtcd {
  const { store, endpoints, prefix, config, leases, health, whereIsConfig } = file;
  return { store, endpoints, prefix, config, leases, health, whereIsConfig };
}
