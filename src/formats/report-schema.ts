import { z } from 'zod';

// The fields say what they are in `describe`, as the published schema is what other programs' authors read.

const severity = z.enum(['error', 'warn']);
const checkId = z.string().describe('A check of the catalogue, FF101');
const texts = z.array(z.string());
const wholeNumber = z.int().nonnegative();
const isoTime = z.iso.datetime().describe('ISO 8601, UTC');

const verdict = z.object({
  kind: z.enum(['sound', 'warnings', 'findings', 'not-evaluated', 'mended', 'failed']),
  exitStatus: z.int().describe('The exit status of the program'),
  line: z.string().describe('One sentence for people'),
});

const counts = z.object({
  hosts: wholeNumber,
  evaluated: wholeNumber,
  errors: wholeNumber.describe('Findings that are not waived'),
  warnings: wholeNumber.describe('Findings that are not waived'),
  waived: wholeNumber.describe('Findings that waivers cover on all of their hosts'),
  passed: wholeNumber.describe('Checks'),
  notEvaluated: wholeNumber.describe('Checks'),
});

const checkLine = z.object({
  id: checkId,
  title: z.string(),
  severity,
  status: z.enum(['passed', 'failed', 'warned', 'not-evaluated', 'waived', 'skipped']),
  why: z.string().nullable().describe('Why it was skipped, or not evaluated'),
});

const finding = z.object({
  id: checkId,
  fingerprint: z.string().describe('The same fault on the same hosts has the same one in every report'),
  title: z.string(),
  severity,
  cluster: z.string().describe('The name of its picture in clusters'),
  cause: z.string(),
  hosts: texts,
  summary: z.string(),
  evidence: texts,
  mend: z.string(),
  task: z.string().nullable().describe('The task of the shipped playbook that mends it'),
  because: z.string().nullable().describe('The id of the finding that this one follows from'),
  waivedHosts: texts.describe('The hosts that a waiver covers; with all of them the finding counts for nothing'),
});

const notEvaluated = z.object({ id: checkId, hosts: texts, why: z.string() });

const waiver = z.object({
  id: checkId,
  hosts: texts.describe('As written: hosts and groups'),
  reason: z.string(),
  owner: z.string(),
  expires: z.string().describe('The last day on which it holds, 2026-12-31'),
  state: z.enum(['used', 'unused', 'expired']),
  at: z.string().describe('Where it is written: file, line, column'),
});

const host = z.object({
  name: z.string(),
  at: z.string().describe('Where it is written: file, line, column'),
  status: z.enum(['evaluated', 'no flannel', 'not evaluated', 'failed']),
  why: z.string().nullable(),
  hint: z.string().nullable(),
});

const node = z.object({
  host: z.string(),
  status: z.enum(['flannel', 'no-flanneld', 'unreadable']),
  why: z.string().nullable(),
  version: z.string().nullable(),
  running: z.boolean(),
  published: z.string().nullable().describe('The address that flanneld publishes'),
  iface: z.string().nullable(),
  how: z.string().nullable(),
  subnet: z.string().nullable().describe('The subnet that its containers are given, 10.1.31.0/24'),
  unit: z.string().nullable(),
});

const lease = z.object({
  subnet: z.string(),
  publicIp: z.string(),
  ttlSeconds: z.number().nullable().describe('null: it has no end'),
  holders: texts.describe('Nodes that hold its subnet'),
});

const picture = z.object({
  name: z.string(),
  store: z.string().nullable(),
  network: z.string().nullable(),
  nodes: z.array(node),
  leases: z.array(lease).describe('The first ones, in the order of their addresses'),
  leasesInAll: wholeNumber.nullable(),
});

const change = z.object({
  host: z.string(),
  task: z.string(),
  why: z.string(),
  diffs: z.array(z.object({ path: z.string(), before: z.string(), after: z.string() })),
});

/** What a report is, for whoever reads one back: fields that are not known here are left out. */
export const reportSchema = z.object({
  schema: z.literal('fix-flannel/report/1'),
  kind: z.enum(['check', 'run']),
  id: z.string().describe('Of this check or run'),
  tool: z.object({ name: z.literal('fix-flannel'), version: z.string() }),
  inventory: z.object({ name: z.string(), path: z.string().nullable() }),
  recorded: z
    .object({ folder: z.string(), gatheredAt: z.string() })
    .nullable()
    .describe('Where facts were read from a folder instead of hosts'),
  startedAt: isoTime,
  seconds: z.number().nonnegative(),
  profile: z.string().nullable(),
  verdict,
  counts,
  checks: z.array(checkLine).describe('Every check of the catalogue, in its order'),
  findings: z.array(finding).describe('Roots first, then what follows from them; waived ones too'),
  notEvaluated: z.array(notEvaluated),
  waivers: z.array(waiver),
  hosts: z.array(host),
  clusters: z.array(picture),
  before: z.array(picture).nullable().describe('Of a run: the clusters as it found them'),
  changes: z.array(change).describe('Of a run: what it changed'),
});

/**
 * The published JSON Schema (2020-12) as text: `docs/schema/report.schema.json`. It allows fields that it does not
 * name, as a later report of the same version may have some.
 */
export function reportSchemaText(): string {
  const schema = z.toJSONSchema(reportSchema, { io: 'input', reused: 'inline' });
  const head = { $id: 'urn:fix-flannel:report:1', title: 'A report of fix-flannel, version 1' };
  return `${JSON.stringify({ $schema: schema.$schema, ...head, ...schema }, null, 2)}\n`;
}
