import { z } from 'zod';
import type { CheckReport } from '../compliance/report.js';

/** Fields that a later version has added are kept as they are. */
const part = z.looseObject;
const text = z.string();
const maybe = text.nullable();
const texts = z.array(text);
const severity = z.enum(['error', 'warn']);

const node = part({
  host: text,
  status: z.enum(['flannel', 'no-flanneld', 'unreadable']),
  why: maybe,
  version: maybe,
  running: z.boolean(),
  published: maybe,
  iface: maybe,
  how: maybe,
  subnet: maybe,
  unit: maybe,
});

const picture = part({
  name: text,
  store: maybe,
  network: maybe,
  nodes: z.array(node),
  leases: z.array(part({ subnet: text, publicIp: text, ttlSeconds: z.number().nullable(), holders: texts })),
  leasesInAll: z.number().nullable(),
});

const finding = part({
  id: text,
  fingerprint: text,
  title: text,
  severity,
  cluster: text,
  cause: text,
  hosts: texts,
  summary: text,
  evidence: texts,
  mend: text,
  task: maybe,
  because: maybe,
  waivedHosts: texts,
});

export const StoredReport = part({
  schema: z.literal('fix-flannel/report/1'),
  kind: z.enum(['check', 'run']),
  id: text,
  tool: part({ name: z.literal('fix-flannel'), version: text }),
  inventory: part({ name: text, path: maybe }),
  recorded: part({ folder: text, gatheredAt: text }).nullable(),
  startedAt: text.refine((time) => !Number.isNaN(Date.parse(time)), 'is no time'),
  seconds: z.number(),
  profile: maybe,
  verdict: part({
    kind: z.enum(['sound', 'warnings', 'findings', 'not-evaluated', 'mended', 'failed']),
    exitStatus: z.number().int(),
    line: text,
  }),
  counts: part({
    hosts: z.number(),
    evaluated: z.number(),
    errors: z.number(),
    warnings: z.number(),
    waived: z.number(),
    passed: z.number(),
    notEvaluated: z.number(),
  }),
  checks: z.array(
    part({
      id: text,
      title: text,
      severity,
      status: z.enum(['passed', 'failed', 'warned', 'not-evaluated', 'waived', 'skipped']),
      why: maybe,
    }),
  ),
  findings: z.array(finding),
  notEvaluated: z.array(part({ id: text, hosts: texts, why: text })),
  waivers: z.array(
    part({
      id: text,
      hosts: texts,
      reason: text,
      owner: text,
      expires: text,
      state: z.enum(['used', 'unused', 'expired']),
      at: text,
    }),
  ),
  hosts: z.array(
    part({
      name: text,
      at: text,
      status: z.enum(['evaluated', 'no flannel', 'not evaluated', 'failed']),
      why: maybe,
      hint: maybe,
    }),
  ),
  clusters: z.array(picture),
  before: z.array(picture).nullable(),
  changes: z.array(
    part({
      host: text,
      task: text,
      why: text,
      diffs: z.array(part({ path: text, before: text, after: text })),
    }),
  ),
});

/**
 * A report that was kept, checked down to its last field.
 *
 * @throws Error in words for a person, for a text that is no report of this version
 */
export function storedReport(stored: string): CheckReport {
  let value: unknown;
  try {
    value = JSON.parse(stored);
  } catch {
    throw new Error(stored === '' ? 'it is empty' : 'it is no JSON');
  }
  const read = StoredReport.safeParse(value);
  if (read.success) return read.data satisfies CheckReport;
  const [issue] = read.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new Error(where === '' || where === 'schema' ? 'it is no report of this version' : `${where} does not fit`);
}
